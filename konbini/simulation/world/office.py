"""The town office: operators who change the register and hold people back while residents are at the kiosks.

Two persons do each thing, over the registry's own socket. What was acknowledged to them, and when, is what papers are
held against: what was not acknowledged may be in force or not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.protocol.errors import Refused
from konbini.simulation.town.given_names import given_name
from konbini.ward_server.residents.bodies import NameChanged, Restriction
from konbini.ward_server.residents.changes import Body, ChangeKind, new_change
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.record import ResidentRecord, Sex, unchecked_record
from konbini.ward_server.residents.store import StoredRestriction

__all__ = ["Act", "ActKind", "Office"]

_SOURCE = "届書"
_BETWEEN_SECONDS = 4.0
_TAKEN_BACK = 0.5
"""How often an act takes a restriction back, where there is one."""
_SPACE = "\N{IDEOGRAPHIC SPACE}"


@unique
class ActKind(StrEnum):
    """What operators do."""

    RENAME = "rename"
    PROTECT = "protect"
    UNPROTECT = "unprotect"
    HOLD = "hold"
    RELEASE = "release"


_OPPOSITE = {ActKind.PROTECT: ActKind.UNPROTECT, ActKind.HOLD: ActKind.RELEASE}
_CHANGES = {
    ActKind.RENAME: ChangeKind.NAME_CHANGED,
    ActKind.PROTECT: ChangeKind.MEASURE_SET,
    ActKind.UNPROTECT: ChangeKind.MEASURE_RELEASED,
    ActKind.HOLD: ChangeKind.HOLD_SET,
    ActKind.RELEASE: ChangeKind.HOLD_RELEASED,
}


@dataclass(slots=True, kw_only=True, eq=False)
class Act:
    """One thing that two operators did, or tried to.

    Attributes:
        kind: what.
        resident: about whom.
        begun: loop seconds when the first of them began; from here on it may be in force.
        acknowledged: loop seconds when the second was told that it is in force everywhere; None while nobody was.
        name: of the resident as it reads afterwards, of the restriction otherwise.
        refused: whether the registry said that nothing was changed.
    """

    kind: ActKind
    resident: str
    begun: float
    name: str
    acknowledged: float | None = None
    refused: bool = False


@dataclass(eq=False, kw_only=True)
class Office:
    """Operators at work until told to stop.

    Attributes:
        socket: the registry's, for operators.
        user: the id of the user at the other end.
        whom: gives the residents that something may be done about now, those at the kiosks among them.
        today: yyyymmdd.
        chance: seeded.
        between: seconds from one act to the next, on the average.
        acts: all that was done, in order of their beginning.
        restricted: who is held back, and by what, as far as the operators were told.
    """

    socket: Path
    user: int
    whom: Callable[[], str]
    today: int
    chance: random.Random
    between: float = _BETWEEN_SECONDS
    acts: list[Act] = field(default_factory=list)
    restricted: dict[str, ActKind] = field(default_factory=dict)
    _stopping: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Act until told to stop."""
        while not self._stopping:
            await asyncio.sleep(self.chance.expovariate(1.0 / self.between))
            if self.restricted and self.chance.random() < _TAKEN_BACK:
                resident = self.chance.choice(list(self.restricted))
                await self.act(self.taking_back(resident), resident)
            else:
                kind = self.chance.choice((ActKind.RENAME, ActKind.PROTECT, ActKind.HOLD))
                await self.act(kind, self.whom())

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopping = True

    def taking_back(self, resident: str) -> ActKind:
        """Give what takes back the restriction that is on somebody.

        Raises:
            KeyError: none is.
        """
        return _OPPOSITE[self.restricted[resident]]

    async def act(self, kind: ActKind, resident: str) -> None:
        """Do one thing, after what was begun before; a registry that is down or slow leaves it unacknowledged."""
        async with self._turn:
            await self._try(kind, resident)

    async def _try(self, kind: ActKind, resident: str) -> None:
        act = Act(kind=kind, resident=resident, begun=asyncio.get_running_loop().time(), name="")
        self.acts.append(act)
        clients = [CallClient(self.socket, peers=frozenset({self.user})) for _ in range(2)]
        try:
            await self._do(act, OperatorLine(clients[0], "sato"), OperatorLine(clients[1], "mori"))
        except Refused:
            act.refused = True
        except (OSError, TimeoutError):
            pass  # nobody was told anything: it may be in force or not, which the checker knows
        finally:
            for client in clients:
                await client.close()

    async def _do(self, act: Act, first: OperatorLine, second: OperatorLine) -> None:
        found = await first.look_up(act.resident, "異動の受付")
        record = unchecked_record(found.record)
        seen = record.version
        if act.kind is ActKind.RENAME:
            act.name, reading = self._new_name(record)
            body: Body = NameChanged(name=act.name, reading=reading)
        else:
            act.name, seen = self._restriction(act, found.restrictions)
            body = Restriction(name=act.name, planned_end=None)
        change = new_change(_CHANGES[act.kind], act.resident, body, seen=seen, effective=self.today, source=_SOURCE)
        entered = await first.enter(change)
        await second.approve(entered)
        act.acknowledged = asyncio.get_running_loop().time()
        if act.kind in _OPPOSITE:
            self.restricted[act.resident] = act.kind
        elif act.kind is not ActKind.RENAME:
            self.restricted.pop(act.resident, None)

    def _new_name(self, record: ResidentRecord) -> tuple[str, str]:
        """Give a name that this resident never had, so that a paper tells which one was in force, and its reading."""
        had = {record.name, *(act.name for act in self.acts if act.resident == record.resident)}
        family, family_reading = record.name.split(_SPACE)[0], record.reading.split(_SPACE)[0]
        while True:
            given, reading = given_name(self.chance, record.birth // 10_000, woman=record.sex is Sex.FEMALE)
            if (name := f"{family}{_SPACE}{given}") not in had:
                return name, f"{family_reading}{_SPACE}{reading}"

    def _restriction(self, act: Act, standing: tuple[StoredRestriction, ...]) -> tuple[str, int]:
        """Give the restriction's name, and its version: of a new one, or of the one that stands."""
        if act.kind in _OPPOSITE:
            return f"S-{len(self.acts):06d}", 0
        for one in standing:
            if one.in_force:
                return one.name, one.version
        self.restricted.pop(act.resident, None)
        return f"S-{len(self.acts):06d}", 0
