"""A registry, an issuing and a clerk of one ward in one process, on real files, over a line that the test mangles.

The rooms are the services' own; left out are sockets, kiosks, cards and paper. Time stands still unless it is moved.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from konbini.pdf.paper_seal.signed_page import SIGNATURE_BYTES
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER, CertificateKind, Options
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.shape import to_value
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.evidence import Version
from konbini.ward_server.clerk.index import Index, held_of
from konbini.ward_server.clerk.store import ClerkStore, close_ranges, used_ranges
from konbini.ward_server.decisions.calls import DecisionMethod
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import CLERK, ISSUING
from konbini.ward_server.following.life import Numbers, is_unsaid
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, UpkeepConfig
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.desk import household
from konbini.ward_server.issuing.ledger.issuances import Completion, IssuanceLedger, NewOrder
from konbini.ward_server.issuing.ledger.numbers import Ranges, ranges_used
from konbini.ward_server.issuing.rules import check_visit
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.comparing import Comparing, RowsOf
from konbini.ward_server.residents.dates import to_day
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.restoring import RegistryRestored
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.witness import Told
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.municipality import SETTINGS
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, TODAY, vault_of

__all__ = ["House", "Issued", "Seat"]

FOLLOWERS = ("issuing", "clerk")


def as_it_came(entries: Sequence[bytes]) -> list[bytes]:
    """An honest line."""
    return list(entries)


class Line:
    """One follower's line to the registry: up or down, and what it makes of a batch."""

    def __init__(self, house: House, name: str) -> None:
        """Begin with a line that is up and honest."""
        self._house, self._name = house, name
        self.up = True
        self.mangle: Callable[[Sequence[bytes]], list[bytes]] = as_it_came

    async def feed_after(self, number: int, most: int, _wait_seconds: int) -> Sequence[bytes]:
        """Give what the line makes of the registry's answer."""
        return self.mangle(await self._publisher.feed_after(number, most, 0))

    async def heartbeat(self, nonce: bytes) -> bytes:
        """Hand on."""
        return await self._publisher.heartbeat(self._name, nonce)

    async def applied(self, told: Told) -> None:
        """Hand on."""
        await self._publisher.applied(self._name, told)

    async def told(self) -> tuple[Told | None, int]:
        """Hand on."""
        return await self._publisher.told(self._name)

    async def held_tree(self, nonce: bytes) -> bytes:
        """Hand on."""
        self._check()
        return await self._house.comparing.tree(self._name, nonce)

    async def held_children(self, place: bytes) -> tuple[bytes, ...]:
        """Hand on."""
        return self._house.comparing.children(self._name, place)

    async def held_bucket(self, place: bytes) -> tuple[tuple[str, bytes], ...]:
        """Hand on."""
        return self._house.comparing.bucket(self._name, place)

    async def held_rows(self, residents: Sequence[str]) -> RowsOf:
        """Hand on."""
        return await self._house.comparing.rows_of(residents)

    @property
    def _publisher(self) -> Publisher:
        self._check()
        return self._house.publisher

    def _check(self) -> None:
        if not self.up:
            raise ConnectionError


class Seat:
    """One follower's process, opened on its file."""

    def __init__(self, house: House, name: str) -> None:
        """Open it, with a line of its own."""
        issuing = name == "issuing"
        self.name, self.line = name, Line(house, name)
        self.rows = SqliteRows.open(house.folder / f"{name}.db", files(f"konbini.ward_server.{name}") / "migrations")
        hashes = KeyedHash(bytes([len(name)]) * 32)
        self.feed = FeedRows(MUNICIPALITY, house.key.verifying, hashes)
        sealer = Sealer(KeyEncryptionKeys((bytes(32),)), MUNICIPALITY, house.entropy)
        self.copy = ResidentCopy(
            self.rows, self.feed, sealer=sealer, record_key=house.key.verifying, municipality=MUNICIPALITY
        )
        self.index = Index(self.rows, self.feed)
        ranges = Ranges(tuple(range(10)))
        numbers = (
            Numbers(used=ranges_used, begin=ranges.take, renew=ranges.take)
            if issuing
            else Numbers(used=used_ranges, begin=_nothing, renew=close_ranges)
        )
        own = Own(
            config=UpkeepConfig(name=name, reconcile_at=180, most_outage_hours=24, standby=False, published=None),
            events=ISSUING if issuing else CLERK,
            municipality=MUNICIPALITY,
            key=house.key.verifying,
            hashes=hashes,
            feed=self.feed,
            application=self.copy if issuing else self.index,
            signed_rows=self.copy.held_of if issuing else held_of,
            numbers=numbers,
            holdings=(),
            retention=tuple,
            disposals_key=house.key,
            operators=OperatorsConfig(path=Path("operators.sock"), users=frozenset(), origin=None),
            process=name,
        )
        self.upkeep = Upkeep(own, self.rows, self.line, house.clock, house.entropy)
        self.current = Current(self.rows, self.upkeep.lease, self.upkeep.outages, house.clock)
        self.ledger = IssuanceLedger(self.rows, self.feed, self.current, ward=MUNICIPALITY)

    async def unsaid(self) -> bool:
        """Say whether it was found to be restored, and nobody said so."""
        return await self.rows.read(is_unsaid)

    async def decide(self, kind: DecisionKind, content: bytes = b"") -> None:
        """Have two persons decide."""
        handlers = self.upkeep.operator_handlers()
        decision = to_value(Decision(kind=kind, reason="a test", content=content))
        decision_id = await handlers[DecisionMethod.ENTER](["aoki", decision])
        await handlers[DecisionMethod.AGREE](["bando", decision_id])


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A paper: whom it shows, its number, the newest entry of the copy that it was made from, and how."""

    resident: str
    number: str
    made_from: bytes
    in_outage: bool


@dataclass(slots=True)
class House:
    """The three processes; made by `open`."""

    folder: Path
    key: SigningKey
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW))
    entropy: SeededEntropy = field(default_factory=lambda: SeededEntropy(3))
    seats: dict[str, Seat] = field(default_factory=dict)
    issued: int = 0
    store: RowsRegistryStore = field(init=False)
    pen: RecordPen = field(init=False)
    registry: Registry = field(init=False)
    publisher: Publisher = field(init=False)
    comparing: Comparing = field(init=False)

    async def open(self) -> None:
        """Open everything."""
        await self.open_registry()
        for name in FOLLOWERS:
            self.seats[name] = Seat(self, name)

    async def open_registry(self) -> None:
        """Open the registry on its file."""
        self.store = RowsRegistryStore.open(SqliteAddress(path=self.folder / "registry.db"), vault_of())
        await self.store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
        self.pen = RecordPen(self.key, MUNICIPALITY, self.entropy)
        acknowledging = Acknowledging(FOLLOWERS, self.clock)
        self.registry = Registry(self.store, self.pen, acknowledging, self.clock)
        self.publisher = Publisher(
            store=self.store, pen=self.pen, identity=self.key, acknowledging=acknowledging, clock=self.clock
        )
        self.comparing = Comparing(self.store, self.pen)
        await self.publisher.begin()

    async def close(self, name: str) -> None:
        """End one process."""
        await (self.store.close() if name == "registry" else self.seats[name].rows.close())

    async def reopen(self, name: str) -> None:
        """Start one process on its file; its line stays as it was."""
        if name == "registry":
            await self.open_registry()
            return
        up = self.seats[name].line.up
        self.seats[name] = Seat(self, name)
        self.seats[name].line.up = up

    async def back_up(self, name: str) -> None:
        """Copy one process's file while the process is away."""
        await self.close(name)
        shutil.copy(self.folder / f"{name}.db", self.folder / f"{name}.backup")
        await self.reopen(name)

    async def restore(self, name: str) -> bool:
        """Put the last backup in the place of a file, if there is one."""
        backup = self.folder / f"{name}.backup"
        if not backup.exists():
            return False
        await self.close(name)
        for left in self.folder.glob(f"{name}.db-*"):
            left.unlink()
        shutil.copy(backup, self.folder / f"{name}.db")
        await self.reopen(name)
        return True

    async def say_registry_restored(self) -> None:
        """Have two persons say so."""
        decision = Decision(kind=DecisionKind.RESTORED, reason="a test")
        agreed = Agreed(decision_id="a", decision=decision, operators=("aoki", "bando"), moment=self.clock.now())
        await self.store.rows.write(lambda connection: RegistryRestored().apply(connection, agreed, b""))

    async def put_in_force(self, change: Change) -> int:
        """Enter and approve a change, and give its entry's number once it is acknowledged.

        Followers that can pull do; for the others time passes until their leases have run out.
        """
        change_id = await self.registry.enter("aoki", change)
        approving = asyncio.create_task(self.registry.approve("bando", change_id))
        await asyncio.wait((approving,), timeout=0.02)
        for name in FOLLOWERS:
            await self.turn(name)
        while not (await asyncio.wait((approving,), timeout=0.02))[0]:
            await self.clock.advance(61)
        return approving.result()

    async def turn(self, name: str) -> None:
        """Let one follower do both of its tasks once, where it does not only wait."""
        seat = self.seats[name]
        broken = await seat.upkeep.standing.broken()
        if (broken is not None and not broken.retaking) or await seat.unsaid():
            return
        for step in (seat.upkeep.follower.pull, seat.upkeep.follower.renew):
            try:
                await step()
            except Refused as refused:
                await seat.upkeep.follower._take(refused)
            except ConnectionError:
                return

    async def issue(self, card: CardSerial, between: Callable[[], Awaitable[object]]) -> Issued:
        """Issue a paper of a card's holder alone, through both processes, letting something happen in between.

        Raises:
            Refused: it was not issued.
        """
        issuing, clerk = self.seats["issuing"], self.seats["clerk"]
        now, self.issued = self.clock.now(), self.issued + 1
        outage = await issuing.current.check()
        if outage is not None:
            outage.check(CertificateKind.RESIDENT_RECORD, Options(0))
        holder = await issuing.copy.holder(card, TODAY)
        people = await issuing.copy.household_of(holder)
        check_visit(household(people, holder), SETTINGS.terms(to_day(TODAY)), to_day(TODAY))
        version = next(one.signed.record.version for one in people if one.signed.record.resident == holder)
        visit = self.issued.to_bytes(8, "big")
        await issuing.rows.write(lambda connection: _open_visit(connection, visit))
        number = await issuing.ledger.reserve(_order(visit), _entry(now), TODAY)
        await between()
        await self._certify(clerk, number, visit, Version(resident=holder, version=version), card)
        completion = Completion(
            link=CENTER,
            number=number,
            holder=holder,
            card=card,
            day=TODAY,
            versions=(Version(resident=holder, version=version),),
            whole=False,
            seal_registration=None,
            document=b"paper",
            pdf_hash=bytes(32),
            print_by=0,
            in_outage=outage is not None,
        )
        await issuing.ledger.complete(completion, _entry(now))
        position = await issuing.copy.position()
        return Issued(resident=holder, number=number, made_from=position.newest, in_outage=outage is not None)

    async def _certify(self, clerk: Seat, number: str, visit: bytes, subject: Version, card: CardSerial) -> None:
        """Do what the clerk does of it: its own judgement of its own copy, and one number for one order."""
        await clerk.current.check()
        holder, version = subject.resident, subject.version
        entry = replace(_entry(self.clock.now()), number=number, visit=visit, ordinal=1, digest=bytes(32))
        incarnation = IssuanceNumber.parse(number).incarnation
        await ClerkStore(clerk.rows).certify(visit, entry, incarnation, lambda _place: [bytes(SIGNATURE_BYTES)])
        found = {one.resident: one for one in await clerk.index.household_of(await clerk.index.holder(card, TODAY))}
        person = found.get(holder)
        if person is None or person.version != version or not person.present:
            raise Refused(Code.RECORD_STALE)
        if any(one.barred for one in found.values()):
            raise Refused(Code.ASK_AT_COUNTER)


def _nothing(_connection: Connection, _used: int) -> None:
    """A new clerk takes no range."""


def _open_visit(connection: Connection, visit: bytes) -> None:
    connection.execute(
        "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends) VALUES (?, ?, 'K', ?, ?, 0, 0)",
        (visit, visit, visit, visit),
    )


def _order(visit: bytes) -> NewOrder:
    return NewOrder(
        link=CENTER,
        visit=visit,
        ordinal=1,
        kiosk="K",
        t=visit,
        kind=CertificateKind.RESIDENT_RECORD,
        fee=0,
        order_hash=visit,
        reserved=0,
    )


def _entry(moment: int) -> AuditEntry:
    return AuditEntry(moment=moment, event=AuditEvent.ORDER_SEALED)
