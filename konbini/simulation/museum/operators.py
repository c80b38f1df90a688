"""What operators do in the museum's town beside what the world's office does: seals, names, old lists, cards.

Two persons do each thing, over the registry's own socket; what was acknowledged to them, and when, is kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.protocol.errors import Refused
from konbini.simulation.museum.mutant import Happening
from konbini.simulation.world.office import Act, ActKind
from konbini.ward_server.residents.bodies import CardKind, CardLinked, NameChanged
from konbini.ward_server.residents.changes import Body, Change, ChangeKind, Restriction, new_change
from konbini.ward_server.residents.dates import to_day, to_number
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.record import unchecked_record
from konbini.ward_server.residents.seal import SealCancelled, SealEnd

__all__ = ["MuseumOffice"]

_SOURCE = "届書"
_WAITING_SECONDS = 5.0
_SIGNS = ("甲", "乙")
_A_DAY = dt.timedelta(days=1)
_SPACE = "\N{IDEOGRAPHIC SPACE}"


@dataclass(eq=False, kw_only=True)
class MuseumOffice:
    """Operators who do what is asked for until told to stop.

    Attributes:
        besides: what is asked for; what is not of an office is done elsewhere.
        socket: the registry's, for operators.
        user: the id of the user at the other end.
        whom: gives somebody to do something about.
        today: yyyymmdd.
        chance: seeded.
        between: seconds from one act to the next, on the average.
        serials: of the residents' number cards.
        issuer: the key id of the ward's own issuer of cards.
        acts: of the ward's office, where what protects somebody is written down for the checker.
        cancelled: whose seal is known to be cancelled since when, in seconds of the world.
    """

    besides: Sequence[Happening]
    socket: Path
    user: int
    whom: Callable[[], str]
    today: int
    chance: random.Random
    between: float
    serials: Mapping[str, bytes]
    issuer: bytes
    acts: list[Act]
    cancelled: dict[str, float] = field(default_factory=dict)
    _stopping: bool = False
    _done: int = 0

    async def run(self) -> None:
        """Act until told to stop."""
        known = {
            Happening.SEALS_CANCELLED: self._cancel_seal,
            Happening.OLD_LISTS: self._old_list,
            Happening.RENAMED_TWICE: self._rename_twice,
            Happening.SERIALS_MEET: self._link_same_serial,
        }
        acting: list[asyncio.Future[None]] = []
        wanted = [known[one] for one in self.besides if one in known]
        while wanted and not self._stopping:
            await asyncio.sleep(self.chance.expovariate(1.0 / self.between))
            self._done += 1
            act = wanted[self._done % len(wanted)]
            if act == self._cancel_seal:  # several wait at a time for a copy that is behind
                acting.append(asyncio.ensure_future(self._try(act)))
            else:
                await self._try(act)
        await asyncio.gather(*acting)

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopping = True

    async def _try(self, act: Callable[[OperatorLine, OperatorLine, str], Awaitable[None]]) -> None:
        clients = [CallClient(self.socket, peers=frozenset({self.user})) for _ in range(2)]
        lines = [OperatorLine(client, name) for client, name in zip(clients, ("ota", "kida"), strict=True)]
        try:
            await act(lines[0], lines[1], self.whom())
        except (Refused, OSError, TimeoutError):
            pass  # not acknowledged: it may be in force or not, and no paper is blamed for it
        finally:
            for client in clients:
                await client.close()

    async def _cancel_seal(self, first: OperatorLine, second: OperatorLine, resident: str) -> None:
        """Cancel a first registration."""
        await self._change(first, second, ChangeKind.SEAL_CANCELLED, resident, SealCancelled(reason=SealEnd.LOST), 1)
        self.cancelled[resident] = asyncio.get_running_loop().time()

    async def _old_list(self, first: OperatorLine, second: OperatorLine, resident: str) -> None:
        """Protect somebody, enter a list that ends it, have it applied for anew, and approve the list."""
        old, new = f"M-{self._done:04d}", f"N-{self._done:04d}"
        await self._change(first, second, ChangeKind.MEASURE_SET, resident, _restriction(old), 0)
        release = self._new(ChangeKind.MEASURE_RELEASED, resident, _restriction(old), 1)
        entered = await first.bulk.enter(_SOURCE, (release,))
        act = Act(kind=ActKind.PROTECT, resident=resident, begun=_now(), name=new)
        self.acts.append(act)
        try:
            await self._change(first, second, ChangeKind.MEASURE_ANEW, resident, _restriction(new), 0)
        except Refused:
            act.refused = True
            raise
        act.acknowledged = _now()
        await second.bulk.approve(entered.change_id)
        await asyncio.sleep(_WAITING_SECONDS)
        end = Act(kind=ActKind.UNPROTECT, resident=resident, begun=_now(), name=new)
        self.acts.append(end)
        await self._change(first, second, ChangeKind.MEASURE_RELEASED, resident, _restriction(new), 1)
        end.acknowledged = _now()

    async def _rename_twice(self, first: OperatorLine, second: OperatorLine, resident: str) -> None:
        """Change a name, and change it again."""
        for sign in _SIGNS:
            record = unchecked_record((await first.look_up(resident, _SOURCE)).record)
            name, reading = f"{record.name.split(_SPACE)[0]}{_SPACE}{sign}{self._done}", record.reading
            act = Act(kind=ActKind.RENAME, resident=resident, begun=_now(), name=name)
            self.acts.append(act)
            try:
                body = NameChanged(name=name, reading=reading)
                await self._change(first, second, ChangeKind.NAME_CHANGED, resident, body, record.version)
            except Refused:
                act.refused = True
                raise
            act.acknowledged = _now()

    async def _link_same_serial(self, first: OperatorLine, second: OperatorLine, resident: str) -> None:
        """Link a card of the ward's own to somebody, with the serial of another resident's number card."""
        serial = self.chance.choice([serial for other, serial in self.serials.items() if other != resident])
        card = CardSerial(issuer_key_id=self.issuer, serial=serial)
        body = CardLinked(card=card, replaces=None, carrier=CardKind.WARD_CARD)
        handed_out = to_number(to_day(self.today) - _A_DAY)
        change = new_change(ChangeKind.CARD_LINKED, resident, body, seen=0, effective=handed_out, source=_SOURCE)
        await second.approve(await first.enter(change))

    async def _change(  # noqa: PLR0913, PLR0917 - the fields of a change
        self, first: OperatorLine, second: OperatorLine, kind: ChangeKind, resident: str, body: Body, seen: int
    ) -> None:
        await second.approve(await first.enter(self._new(kind, resident, body, seen)))

    def _new(self, kind: ChangeKind, resident: str, body: Body, seen: int) -> Change:
        return new_change(kind, resident, body, seen=seen, effective=self.today, source=_SOURCE)


def _restriction(name: str) -> Restriction:
    return Restriction(name=name, planned_end=None)


def _now() -> float:
    return asyncio.get_running_loop().time()
