"""The ward's stores under two writers at once, on both engines.

On PostgreSQL the two are two servers of one schema; a file has one owner, so there they are two callers of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

import pytest

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER, CertificateKind
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.store import ClerkStore
from konbini.ward_server.decisions.stop import Stop
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.outage import Outages
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.ledger.issuances import NewOrder
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.ledger.numbers import Ranges, ranges_used
from konbini.ward_server.issuing.ledger.visits import NewVisit
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import LEASE_SECONDS, CardSerial
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.store import RegistryReading, StoredRecord
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.places import ENGINE_FAULTS, Place, address
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, TODAY, arrival_of, record_of, vault_of

CARD = CardSerial(issuer_key_id=bytes(20), serial=b"\x01\x00\x00\x01")
VISIT = b"v" * 32


@asynccontextmanager
async def two(place: Place, process: str) -> AsyncIterator[tuple[Rows, Rows]]:
    """Open the rows of a process twice, or give the one owner's twice."""
    migrations = files(f"konbini.ward_server.{process}") / "migrations"
    one = open_rows(address(place, process), migrations)
    other = open_rows(address(place, process), migrations) if place.engine == "postgresql" else one
    try:
        yield one, other
    finally:
        for rows in {one, other}:
            await rows.close()


def feed_rows(key: SigningKey) -> FeedRows:
    """Return what applies the feed that `key` signs."""
    return FeedRows(MUNICIPALITY, key.verifying, KeyedHash(bytes(32)))


def ledger_on(rows: Rows, key: SigningKey) -> Ledger:
    """Return the ledger of `issuing`."""
    lease, clock = Lease(), SettableClock(NOW)
    lease.granted(asked_at=clock.monotonic(), seconds=LEASE_SECONDS, number=0)
    return Ledger(
        rows,
        feed_rows(key),
        ward=MUNICIPALITY,
        hash_card=lambda card: card.serial,
        stop=Stop(rows, AuditEvent.ISSUING_STOPPED),
        current=Current(rows, lease, Outages(rows, clock), clock),
    )


def order_of(visit: bytes, ordinal: int) -> NewOrder:
    """Write an order."""
    return NewOrder(
        link=CENTER,
        visit=visit,
        ordinal=ordinal,
        kiosk="K-0001",
        t=bytes(32),
        kind=CertificateKind.RESIDENT_RECORD,
        fee=300,
        order_hash=bytes(32),
        reserved=NOW // 1000,
    )


def entry_of(event: AuditEvent, visit: bytes, ordinal: int = 0, number: str = "") -> AuditEntry:
    """Write an audit entry."""
    return AuditEntry(moment=NOW, event=event, visit=visit, ordinal=ordinal, number=number, digest=bytes(32))


async def visited(rows: Rows, ledger: Ledger, visit: bytes) -> None:
    """Open a visit, and have heard the registry: its feed, and that no range of numbers is used."""

    def heard(connection: Connection) -> None:
        connection.execute("INSERT INTO feed_entry VALUES (1, 7, ?) ON CONFLICT DO NOTHING", (bytes(32),))
        if not ranges_used(connection):
            Ranges((7,)).take(connection, 0)

    await rows.write(heard)
    await ledger.visits.open(
        NewVisit(
            link=CENTER,
            ticketed=NOW // 1000,
            visit_id=visit[:16],
            visit=visit,
            kiosk=f"K-{visit[0]:04d}",
            body_hash=bytes(32),
            card=CardSerial(issuer_key_id=bytes(20), serial=visit),
            opened=NOW // 1000,
            ends=NOW // 1000 + 900,
            day_began=0,
            receipt_code="0" * 30,
            most_a_day=10,
        ),
        entry_of(AuditEvent.VISIT_OPENED, visit),
    )


def refusals(answers: Sequence[object]) -> list[Code]:
    """Give the codes of those that were refused; nothing else went wrong."""
    found = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(one, Refused) for one in found), found
    return [one.code for one in found if isinstance(one, Refused)]


async def test_two_writers_on_one_order(place: Place) -> None:
    """One of them gets a number, the other is told that the ordinal is taken; no number is lost."""
    key = SigningKey.generate()
    async with two(place, "issuing") as stores:
        ledgers = [ledger_on(rows, key) for rows in stores]
        await visited(stores[0], ledgers[0], VISIT)
        for ordinal in range(1, 6):
            entry = entry_of(AuditEvent.ORDER_SEALING, VISIT, ordinal)
            answers = await asyncio.gather(
                *(ledger.issuances.reserve(order_of(VISIT, ordinal), entry, TODAY) for ledger in ledgers),
                return_exceptions=True,
            )
            assert refusals(answers) == [Code.ORDER_CONFLICT]
        counters = await stores[1].read(lambda c: c.execute("SELECT number FROM issuance ORDER BY number").fetchall())
        assert [number[-9:-2] for (number,) in counters] == [f"{n:07d}" for n in range(1, 6)]


async def test_no_number_is_given_twice(place: Place) -> None:
    """Sixty orders of four visits through two servers: sixty numbers without a gap, and one audit chain."""
    key = SigningKey.generate()
    async with two(place, "issuing") as stores:
        ledgers = [ledger_on(rows, key) for rows in stores]
        visits = [bytes([1 + place]) * 32 for place in range(4)]
        for visit in visits:
            await visited(stores[0], ledgers[0], visit)
        numbers = await asyncio.gather(
            *(
                ledgers[ordinal % 2].issuances.reserve(
                    order_of(visit, ordinal), entry_of(AuditEvent.ORDER_SEALING, visit, ordinal), TODAY
                )
                for visit in visits
                for ordinal in range(1, 16)
            )
        )
        assert sorted(number[-9:-2] for number in numbers) == [f"{n:07d}" for n in range(1, 61)]
        assert [await rows.read(log.verify) for rows in stores] == [64, 64]


async def test_one_card_has_one_open_visit(place: Place) -> None:
    """The same card at two kiosks that two servers serve."""
    key = SigningKey.generate()
    async with two(place, "issuing") as stores:
        ledgers = [ledger_on(rows, key) for rows in stores]

        def new(at: int) -> NewVisit:
            visit = bytes([at]) * 32
            return NewVisit(
                link=CENTER,
                ticketed=NOW // 1000,
                visit_id=visit[:16],
                visit=visit,
                kiosk=f"K-000{at}",
                body_hash=bytes(32),
                card=CARD,
                opened=NOW // 1000,
                ends=NOW // 1000 + 900,
                day_began=0,
                receipt_code="0" * 30,
                most_a_day=10,
            )

        answers = await asyncio.gather(
            *(
                ledger.visits.open(new(at), entry_of(AuditEvent.VISIT_OPENED, bytes([at]) * 32))
                for at, ledger in enumerate(ledgers, start=1)
            ),
            return_exceptions=True,
        )
        assert refusals(answers) == [Code.VISIT_ELSEWHERE]


async def test_the_stop_reaches_both(place: Place) -> None:
    """Set at one, it refuses at the other from its next transaction on."""
    key = SigningKey.generate()
    async with two(place, "issuing") as stores:
        ledgers = [ledger_on(rows, key) for rows in stores]
        await visited(stores[0], ledgers[0], VISIT)
        stopped = AuditEntry(moment=NOW, event=AuditEvent.ISSUING_STOPPED, code=int(Code.SEAL_BROKEN))
        await ledgers[0].stop.set(stopped, "a test")
        with pytest.raises(Refused) as refusal:
            await ledgers[1].issuances.reserve(order_of(VISIT, 1), entry_of(AuditEvent.ORDER_SEALING, VISIT, 1), TODAY)
        assert refusal.value.code is Code.WARD_STOPPED
        assert await ledgers[1].stop.code() is Code.SEAL_BROKEN


async def test_the_clerk_certifies_an_order_once(place: Place) -> None:
    """Two clerks on one store: the same order has one place, another order under its number is refused."""
    async with two(place, "clerk") as stores:
        clerks = [ClerkStore(rows) for rows in stores]
        signed: list[int] = []

        def sign(index: int) -> tuple[bytes, ...]:
            signed.append(index)
            return (bytes(64),)

        entry = entry_of(AuditEvent.CERTIFIED, VISIT, 1, "131997-260921-70000001-1")
        same = await asyncio.gather(*(clerk.certify(b"order one", entry, 7, sign) for clerk in clerks))
        assert same[0] == same[1]
        assert signed == [0]
        with pytest.raises(Refused) as refusal:
            await clerks[1].certify(b"order two", entry, 7, sign)
        assert refusal.value.code is Code.EVIDENCE_MISMATCH
        next_entry = entry_of(AuditEvent.CERTIFIED, VISIT, 2, "131997-260921-70000002-0")
        assert (await clerks[1].certify(b"order three", next_entry, 7, sign)).status_index == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The registry at one server."""

    store: RowsRegistryStore
    registry: Registry


@asynccontextmanager
async def offices(place: Place, key: SigningKey) -> AsyncIterator[tuple[Office, Office]]:
    """Open the registry on two servers of one store."""
    clock = SettableClock(NOW)
    pen = RecordPen(key, MUNICIPALITY, SeededEntropy(3))
    async with two(place, "residents") as stores:
        opened = [RowsRegistryStore(rows, vault_of(seed)) for seed, rows in enumerate(stores)]
        await opened[0].begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
        one, other = (
            Office(store=store, registry=Registry(store, pen, Acknowledging((), clock), clock)) for store in opened
        )
        yield one, other


async def test_two_writers_on_one_resident(place: Place) -> None:
    """Both approve a correction of the version that both saw: one is in force, the other has been overtaken."""
    async with offices(place, SigningKey.generate()) as (one, other):
        arrival = arrival_of(record_of(), kept=RegisterEntry(postcode="1390001"))
        await one.registry.approve("bando", await one.registry.enter("aoki", arrival))
        entered = [
            await office.registry.enter(
                "aoki",
                new_change(
                    ChangeKind.CORRECTION,
                    record_of().resident,
                    RecordWritten(
                        record=record_of(version=2, remarks=remarks), individual_number=None, postcode="1390002"
                    ),
                    seen=1,
                    effective=TODAY,
                    source="届書",
                ),
            )
            for office, remarks in ((one, "一"), (other, "二"))
        ]
        answers = await asyncio.gather(
            *(office.registry.approve("bando", change) for office, change in zip((one, other), entered, strict=True)),
            return_exceptions=True,
        )
        assert len(refusals(answers)) == 1
        versions = await other.store.read(lambda reading: reading.versions(record_of().resident))
        assert [version.version for version in versions] == [1, 2]
        kept = await other.store.read(
            lambda reading: [reading.entry_with(version.resident, version.change_id) for version in versions]
        )
        assert [None if one is None else one.entry.postcode for one in kept] == ["1390001", "1390002"]


@pytest.mark.parametrize(
    ("number", "code", "refusal"),
    [("123456789018", None, Code.INDIVIDUAL_NUMBER_TAKEN), (None, "00000000042", Code.RESIDENT_CODE_TAKEN)],
)
async def test_two_writers_on_one_number(place: Place, number: str | None, code: str | None, refusal: Code) -> None:
    """Two births entered with one number while it was free: one has it, the other is refused and still waits."""
    residents = ("000000000000008", "000000000000009")
    async with offices(place, SigningKey.generate()) as stores:
        entered = [
            await office.registry.enter("aoki", arrival_of(record_of(resident, resident_code=code), number))
            for office, resident in zip(stores, residents, strict=True)
        ]
        answers = await asyncio.gather(
            *(office.registry.approve("bando", change) for office, change in zip(stores, entered, strict=True)),
            return_exceptions=True,
        )
        assert refusals(answers) == [refusal]
        found = [await stores[0].store.read(partial(_record, resident=resident)) for resident in residents]
        assert found.count(None) == 1
        assert len(await stores[1].registry.pending("aoki")) == 1


async def test_a_number_has_one_row_that_stays(place: Place) -> None:
    """The engine itself takes no second row, no change of one and no removal."""
    async with two(place, "residents") as _stores:
        pass
    row = "INSERT INTO given_number SELECT digest, digest FROM applied_migration WHERE number = 1"
    place.write("residents", row)
    for statement in (row, "UPDATE given_number SET whose = number", "DELETE FROM given_number"):
        with pytest.raises(ENGINE_FAULTS):
            place.write("residents", statement)


def _record(reading: RegistryReading, resident: str) -> StoredRecord | None:
    return reading.record(resident)


async def test_two_servers_apply_a_feed_once(place: Place) -> None:
    """Whoever comes first applies an entry, and both see it."""
    key = SigningKey.generate()
    async with offices(place, key) as (office, _other):
        for number in range(1, 4):
            arrival = arrival_of(record_of(f"{number:015d}"))
            await office.registry.approve("bando", await office.registry.enter("aoki", arrival))
        feed = await office.store.read(lambda reading: reading.feed_after(0, 10))
    async with two(place, "issuing") as stores:
        sealer = Sealer(KeyEncryptionKeys((bytes(range(32)),)), MUNICIPALITY, SeededEntropy(5))
        copies = [
            ResidentCopy(rows, feed_rows(key), sealer=sealer, record_key=key.verifying, municipality=MUNICIPALITY)
            for rows in stores
        ]
        positions = await asyncio.gather(*(copy.apply(feed[:upto]) for upto in (2, 3) for copy in copies))
        assert {position.number for position in positions} <= {2, 3}
        assert [(await copy.position()).number for copy in copies] == [3, 3]
        for number in range(1, 4):
            (person,) = await copies[1].household_of(f"{number:015d}")
            assert person.signed.record.version == 1
