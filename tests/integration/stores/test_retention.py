"""Retention on both engines: judged, shown, entered, approved, destroyed, and gone from every backup."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.rows import Rows
from konbini.process.stores import open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.keeping.backing_up import BackupTarget, back_up
from konbini.ward_server.keeping.destroying_again import destroy_again
from konbini.ward_server.keeping.disposal_list import Disposal, open_list
from konbini.ward_server.keeping.disposal_rows import Disposed
from konbini.ward_server.keeping.restoring import BackupSource, restore
from konbini.ward_server.keeping.retention import RetentionDesk
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.bodies import CardLinked, Removal, Restriction
from konbini.ward_server.residents.changes import Body, Change, ChangeKind, new_change
from konbini.ward_server.residents.entry import RegisterEntry, Removed
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.importing.takeover import Approval, import_rows
from konbini.ward_server.residents.kept import KEPT
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.retention import ENDS, registry_desk
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.statistics import Statistics
from konbini.ward_server.residents.town import TownRow
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import Kept, Retention, Term
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.places import Place, address, rows_of
from tests.unit.ward_server.residents.conftest import (
    MUNICIPALITY,
    NOW,
    TODAY,
    arrival_of,
    number_of,
    record_of,
    vault_of,
)

GONE, STAYS, PROTECTED = (f"{number:015d}" for number in (1, 2, 3))
TABLE = (
    Retention(period=Period(begins=dt.date(2020, 1, 1)), kept=Kept.REMOVED_RECORD, term=Term(years=150)),
    Retention(period=Period(begins=dt.date(2020, 1, 1)), kept=Kept.ACCESS_RECORD, term=Term(years=7)),
)
MEASURE = Restriction(name="2026-017", planned_end=None)


@dataclass(kw_only=True)
class Office:
    """A registry with its desk of retention, and a clock whose wall a test sets."""

    rows: Rows
    store: RowsRegistryStore
    registry: Registry
    desk: RetentionDesk
    clock: SettableClock
    key: SigningKey

    def on(self, year: int, month: int, day: int) -> None:
        """Let it be a day, at noon in Japan."""
        self.clock.set_wall(int(dt.datetime(year, month, day, 12, tzinfo=JAPAN).timestamp() * 1000))

    async def act(self, kind: ChangeKind, resident: str, body: Body, seen: int) -> None:
        """Put a change in force."""
        change = new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")
        await self.registry.approve("bando", await self.registry.enter("aoki", change))

    async def remove(self, resident: str) -> None:
        """Take a resident in and remove the record."""
        await self.registry.approve("bando", await self.registry.enter("aoki", arrival_of(record_of(resident))))
        await self.act(ChangeKind.REMOVAL, resident, Removal(reason=Presence.REMOVED_EX_OFFICIO), 1)

    async def dispose(self, kept: Kept = Kept.REMOVED_RECORD) -> Disposed:
        """Enter and approve what is due."""
        return await self.desk.approve("bando", await self.desk.enter("aoki", kept))

    async def due(self) -> dict[Kept, tuple[str, ...]]:
        """Judge, and give what is shown."""
        await self.desk.judge()
        return {one.kept: one.targets for one in (await self.desk.show("chiba")).due}

    async def disposals(self) -> tuple[Disposal, ...]:
        """Check the signed list and give it."""
        return open_list(await self.desk.signed_list(0, 100), self.key.verifying, MUNICIPALITY)

    async def events(self) -> list[AuditEvent]:
        """Verify the audit log and give its events."""

        def look(connection: object) -> list[AuditEvent]:
            count = log.verify(connection)  # type: ignore[arg-type] # a connection of the rows
            found = (log.entry_at(connection, at) for at in range(count))  # type: ignore[arg-type] # the same
            return [entry.event for entry in found if entry is not None]

        return await self.rows.read(look)


@pytest.fixture
async def office(place: Place) -> AsyncIterator[Office]:
    """Open a registry in which one was removed, one stays, one was removed and is protected."""
    rows = open_rows(address(place, "registry"), files("konbini.ward_server.residents") / "migrations")
    vault, clock, key = vault_of(), SettableClock(NOW), SigningKey.generate()
    store = RowsRegistryStore(rows, vault)
    await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
    pen = RecordPen(key, MUNICIPALITY, SeededEntropy(3))
    acknowledging = Acknowledging((), clock)
    desk = registry_desk(rows, vault=vault, pen=pen, retention=lambda: TABLE, acknowledging=acknowledging, clock=clock)
    registry = Registry(store, pen, acknowledging, clock)
    made = Office(rows=rows, store=store, registry=registry, desk=desk, clock=clock, key=key)
    await made.remove(GONE)
    await registry.approve("bando", await registry.enter("aoki", arrival_of(record_of(STAYS))))
    await made.remove(PROTECTED)
    await made.act(ChangeKind.MEASURE_SET, PROTECTED, MEASURE, 0)
    yield made
    await rows.close()


async def refused(asked: Awaitable[object]) -> Code:
    """Give the code of a refusal."""
    with pytest.raises(Refused) as refusal:
        await asked
    return refusal.value.code


async def test_nothing_is_due_before_its_time(office: Office) -> None:
    """150 years from 21 September 2026 end with that day in 2176; whoever stays, or is protected, is never due."""
    assert await office.due() == {}
    office.on(2176, 9, 21)
    assert await office.due() == {}
    office.on(2176, 9, 22)
    assert await office.due() == {Kept.REMOVED_RECORD: (GONE,)}
    assert await office.disposals() == ()


async def test_two_persons_dispose_of_a_record(office: Office) -> None:
    """One enters, another approves; the record is gone, everything else stands, and the list says what was done."""
    office.on(2177, 1, 1)
    await office.desk.judge()
    entered = await office.desk.enter("aoki", Kept.REMOVED_RECORD)
    assert await office.registry.look_up("chiba", GONE, "still there")
    assert await refused(office.desk.approve("aoki", entered)) is Code.SAME_PERSON
    assert await office.desk.approve("bando", entered) == Disposed(destroyed=1, left=0)
    for asked in (office.registry.look_up("chiba", GONE, "gone"), office.registry.enter("aoki", arrival_again())):
        assert await refused(asked) is Code.RECORD_DISPOSED
    assert await refused(office.desk.approve("bando", entered)) is Code.DISPOSAL_UNKNOWN
    assert await office.registry.look_up("chiba", STAYS, "there")
    assert await office.registry.look_up("chiba", PROTECTED, "there")
    figures = await Statistics(office.store, office.clock).figures("chiba", 202609)
    assert sum(one.count or 0 for one in figures.standing) >= 0
    (disposal,) = await office.disposals()
    assert (disposal.kept, disposal.years, disposal.operators) == (Kept.REMOVED_RECORD, 150, ("aoki", "bando"))
    assert (disposal.targets, len(disposal.wrapped_by)) == ((GONE,), 2)
    events = await office.events()
    for event in (AuditEvent.DISPOSAL_ENTERED, AuditEvent.DISPOSAL_APPROVED, AuditEvent.DISPOSED):
        assert events.count(event) == 1
    assert await office.due() == {}


def arrival_again() -> Change:
    """Give a change that names the resident again."""
    return arrival_of(record_of(GONE))


async def test_a_number_of_the_disposed_stays_given(office: Office, place: Place) -> None:
    """Nobody gets it again, and no row tells whose it was: what says so opened under the key that is gone."""
    before = rows_of(place, "registry", "SELECT number, whose FROM given_number ORDER BY number")
    office.on(2176, 9, 22)
    assert await office.due() == {Kept.REMOVED_RECORD: (GONE,)}
    await office.dispose()
    assert rows_of(place, "registry", "SELECT number, whose FROM given_number ORDER BY number") == before
    fresh = record_of("000000000000009")
    number = arrival_of(fresh, number_of(GONE))
    code = arrival_of(replace(fresh, resident_code=record_of(GONE).resident_code))
    assert await refused(office.registry.enter("aoki", number)) is Code.INDIVIDUAL_NUMBER_TAKEN
    assert await refused(office.registry.enter("aoki", code)) is Code.RESIDENT_CODE_TAKEN


async def test_a_removed_record_of_a_town_is_counted_from_its_day(office: Office, place: Place) -> None:
    """除票 that was taken over: from the day that it names, not from that of the import."""
    record = record_of("000000000000009", presence=Presence.MOVED_OUT)
    entry = RegisterEntry(removed=Removed(ceased=20240331))
    row = TownRow(record=record, individual_number=None, cards=(), measures=(), entry=entry)
    approval = Approval(entered_by="aoki", approved_by="bando", source="移行データ")
    pen = RecordPen(office.key, MUNICIPALITY, SeededEntropy(4))
    assert await import_rows(office.store, vault_of(), pen, office.clock, [row], approval=approval) == 1
    office.on(2174, 3, 31)
    assert await office.due() == {}
    office.on(2174, 4, 1)
    assert await office.due() == {Kept.REMOVED_RECORD: (record.resident,)}
    assert rows_of(place, "registry", "SELECT since FROM due") == [(21740401,)]


async def test_followers_keep_nothing_of_the_disposed(office: Office, place: Place) -> None:
    """One that follows along destroys its key and rows; one that is filled anew follows past the illegible entries."""
    card = CardSerial(issuer_key_id=bytes(20), serial=b"\x09")
    await office.act(ChangeKind.CARD_LINKED, STAYS, CardLinked(card=card, replaces=None), 0)
    feed = FeedRows(MUNICIPALITY, office.key.verifying, KeyedHash(bytes(32)))

    def copy_in(rows: Rows) -> ResidentCopy:
        sealer = Sealer(KeyEncryptionKeys((bytes(range(32)),)), MUNICIPALITY, SeededEntropy(5))
        return ResidentCopy(rows, feed, sealer=sealer, record_key=office.key.verifying, municipality=MUNICIPALITY)

    names = ("issuing", "anew")
    stores = [open_rows(address(place, name), files("konbini.ward_server.issuing") / "migrations") for name in names]
    clerk = open_rows(address(place, "clerk"), files("konbini.ward_server.clerk") / "migrations")
    along, anew, index = copy_in(stores[0]), copy_in(stores[1]), Index(clerk, feed)
    before = await office.store.read(lambda reading: reading.feed_after(0, 100))
    await along.apply(before)
    await index.apply(before)
    assert await along.household_of(GONE)
    office.on(2177, 1, 1)
    await office.desk.judge()
    await office.dispose()
    number = (await along.position()).number
    fresh = await office.store.read(lambda reading: reading.feed_after(number, 100))
    whole = await office.store.read(lambda reading: reading.feed_after(0, 100))
    await along.apply(fresh)
    await index.apply(fresh)
    await anew.apply(whole)
    assert await anew.position() == await along.position() == await index.position()
    for name in (*names, "clerk"):
        assert rows_of(place, name, f"SELECT 1 FROM person WHERE resident = '{GONE}'") == []  # noqa: S608 - a constant
        assert len(rows_of(place, name, "SELECT resident FROM person")) == 2
    for name in names:
        assert rows_of(place, name, f"SELECT 1 FROM data_key WHERE resident = '{GONE}'") == []  # noqa: S608 - the same
    for rows in (*stores, clerk):
        await rows.close()


@pytest.mark.parametrize("kind", [ChangeKind.MEASURE_SET, ChangeKind.HOLD_SET])
async def test_what_was_barred_since_is_left(office: Office, kind: ChangeKind) -> None:
    """A measure or a hold that was set after the list was entered: judged again at commit, it stays."""
    office.on(2177, 1, 1)
    await office.desk.judge()
    entered = await office.desk.enter("aoki", Kept.REMOVED_RECORD)
    await office.act(kind, GONE, Restriction(name="2177-001", planned_end=None), 0)
    assert await office.desk.approve("bando", entered) == Disposed(destroyed=0, left=1)
    assert await office.registry.look_up("chiba", GONE, "there")
    assert await office.disposals() == ()
    assert await office.due() == {}


async def test_a_change_that_waits_bars(office: Office) -> None:
    """Somebody is about to correct the record."""
    office.on(2177, 1, 1)
    change = new_change(
        ChangeKind.HOLD_SET, GONE, Restriction(name="x", planned_end=None), seen=0, effective=TODAY, source="届書"
    )
    waiting = await office.registry.enter("aoki", change)
    assert await office.due() == {}
    await office.registry.withdraw("bando", waiting)
    assert await office.due() == {Kept.REMOVED_RECORD: (GONE,)}


async def test_a_list_can_be_turned_down(office: Office) -> None:
    """Nothing is destroyed, and it cannot be approved any more; nothing due is nothing to enter."""
    assert await refused(office.desk.enter("aoki", Kept.REMOVED_RECORD)) is Code.NOT_DUE
    office.on(2177, 1, 1)
    await office.desk.judge()
    entered = await office.desk.enter("aoki", Kept.REMOVED_RECORD)
    await office.desk.withdraw("bando", entered)
    assert await refused(office.desk.approve("bando", entered)) is Code.DISPOSAL_UNKNOWN
    assert await office.registry.look_up("chiba", GONE, "there")


async def test_accesses_go_month_by_month(office: Office, place: Place) -> None:
    """Seven years from the end of the month; the audit log keeps that there was a look-up, not of whom."""
    await office.registry.look_up("chiba", STAYS, "窓口")
    office.on(2033, 9, 30)
    assert await office.due() == {}
    office.on(2033, 10, 1)
    assert await office.due() == {Kept.ACCESS_RECORD: ("/access/2026-09",)}
    await office.registry.look_up("chiba", STAYS, "窓口")
    assert await office.dispose(Kept.ACCESS_RECORD) == Disposed(destroyed=1, left=0)
    assert rows_of(place, "registry", "SELECT month FROM access") == [("/access/2033-10",)]
    assert (await office.events()).count(AuditEvent.RECORD_LOOKED_UP) == 2
    (disposal,) = await office.disposals()
    assert (disposal.kept, disposal.years) == (Kept.ACCESS_RECORD, 7)


@pytest.mark.parametrize("by_list", [True, False], ids=["keys of before and the list", "keys of after"])
async def test_a_feed_restored_from_before_a_disposal(
    office: Office,
    place: Place,
    tmp_path: Path,
    by_list: bool,  # noqa: FBT001 - a case
) -> None:
    """Its entries do not open, and it knows of no disposal: it signs its word on each at its start, and tells of it."""
    opening = {name: OpeningKey.generate() for name in ("rows", "keys")}

    def take(rows: str | None, keys: str) -> None:
        back_up(
            KEPT,
            address(place, "registry"),
            MUNICIPALITY,
            rows=None if rows is None else BackupTarget(path=tmp_path / rows, key=opening["rows"].sealing),
            keys=BackupTarget(path=tmp_path / keys, key=opening["keys"].sealing),
            moment=office.clock.now(),
            entropy=SeededEntropy(office.clock.now()),
        )

    take("rows", "before")
    office.on(2177, 1, 1)
    await office.desk.judge()
    await office.dispose()
    take(None, "after")
    listed, disposals = await office.desk.signed_list(0, 100), await office.disposals()
    await restore(
        KEPT,
        address(place, "restored"),
        MUNICIPALITY,
        rows=BackupSource(path=tmp_path / "rows", key=opening["rows"]),
        keys=BackupSource(path=tmp_path / ("before" if by_list else "after"), key=opening["keys"]),
        moment=office.clock.now(),
        expected=None,
        destroyed=lambda connection: destroy_again(connection, ENDS, listed, disposals) if by_list else 0,
    )
    rows = open_rows(address(place, "restored"), KEPT.migrations)
    store, acknowledging = RowsRegistryStore(rows, vault_of(9)), Acknowledging((), office.clock)
    pen = RecordPen(office.key, MUNICIPALITY, SeededEntropy(4))
    desk = registry_desk(
        rows, vault=vault_of(9), pen=pen, retention=lambda: TABLE, acknowledging=acknowledging, clock=office.clock
    )
    assert await refused(store.read(lambda reading: reading.feed_after(0, 100))) is Code.RECORD_DISPOSED
    told = await store.read(lambda reading: reading.position())
    for _ in range(2):  # a second start has nothing to add
        await desk.go_on()
        assert (await store.read(lambda reading: reading.position())).number == told.number + 1
    blocks = await store.read(lambda reading: reading.feed_after(0, 100))
    anew = open_rows(address(place, "clerk"), files("konbini.ward_server.clerk") / "migrations")
    follows = "INSERT INTO followed (only_one, incarnation) VALUES (1, ?)"
    await anew.write(lambda connection: connection.execute(follows, (told.incarnation,)).rowcount)
    await Index(anew, FeedRows(MUNICIPALITY, office.key.verifying, KeyedHash(bytes(32)))).apply(blocks)
    assert rows_of(place, "clerk", "SELECT resident FROM person ORDER BY resident") == [(STAYS,), (PROTECTED,)]
    for opened in (rows, anew):
        await opened.close()


@pytest.fixture
async def restored(office: Office, place: Place, tmp_path: Path) -> AsyncIterator[Office]:
    """Back up while a list waits for its second person, carry it out, and restore with the newest signed list."""
    opening = {name: OpeningKey.generate() for name in ("rows", "keys")}
    office.on(2177, 1, 1)
    await office.desk.judge()
    waiting = await office.desk.enter("aoki", Kept.REMOVED_RECORD)
    back_up(
        KEPT,
        address(place, "registry"),
        MUNICIPALITY,
        rows=BackupTarget(path=tmp_path / "rows", key=opening["rows"].sealing),
        keys=BackupTarget(path=tmp_path / "keys", key=opening["keys"].sealing),
        moment=office.clock.now(),
        entropy=SeededEntropy(8),
    )
    await office.desk.approve("bando", waiting)
    listed, disposals = await office.desk.signed_list(0, 100), await office.disposals()
    await restore(
        KEPT,
        address(place, "restored"),
        MUNICIPALITY,
        rows=BackupSource(path=tmp_path / "rows", key=opening["rows"]),
        keys=BackupSource(path=tmp_path / "keys", key=opening["keys"]),
        moment=office.clock.now(),
        expected=None,
        destroyed=lambda connection: destroy_again(connection, ENDS, listed, disposals),
    )
    rows = open_rows(address(place, "restored"), KEPT.migrations)
    store, acknowledging = RowsRegistryStore(rows, vault_of(9)), Acknowledging((), office.clock)
    pen = RecordPen(office.key, MUNICIPALITY, SeededEntropy(9))
    desk = registry_desk(
        rows, vault=vault_of(9), pen=pen, retention=lambda: TABLE, acknowledging=acknowledging, clock=office.clock
    )
    registry = Registry(store, pen, acknowledging, office.clock)
    yield Office(rows=rows, store=store, registry=registry, desk=desk, clock=office.clock, key=office.key)
    await rows.close()


async def test_the_published_list_goes_on_after_a_restoration(office: Office, restored: Office) -> None:
    """The next disposal follows the newest entry that was published, and not the backup's; none is listed twice."""
    published = await office.desk.signed_list(0, 100)
    assert await restored.desk.signed_list(0, 100) == published
    (waits,) = (await restored.desk.show("chiba")).waiting
    assert await restored.desk.approve("bando", waits.disposal_id) == Disposed(destroyed=1, left=0)
    assert await restored.desk.signed_list(0, 100) == published
    await restored.act(ChangeKind.MEASURE_RELEASED, PROTECTED, MEASURE, 1)
    await restored.desk.judge()
    assert (await restored.dispose()).destroyed == 1
    assert (await restored.desk.signed_list(0, 100))[:-1] == published
    assert [entry.targets for entry in await restored.disposals()] == [(GONE,), (PROTECTED,)]


async def test_a_list_that_lacks_what_the_backup_holds(office: Office) -> None:
    """It is not the newest one, or another's: nothing of it is taken."""
    office.on(2177, 1, 1)
    await office.desk.judge()
    await office.dispose()
    (held,) = await office.desk.signed_list(0, 100)
    for listed in ((), (held + b"?",)):
        assert await refused(office.rows.write(partial(destroy_again, ends=ENDS, listed=listed, entries=()))) is (
            Code.EVIDENCE_MISMATCH
        )
    assert await office.desk.signed_list(0, 100) == (held,)


async def test_the_list_ends_what_an_old_backup_brings_back(office: Office) -> None:
    """A store from before the disposal, keys and all: with the signed list the person does not come back."""
    office.on(2177, 1, 1)
    await office.desk.judge()
    before = await office.rows.read(
        lambda connection: connection.execute("SELECT wrapped FROM data_key WHERE resident = ?", (GONE,)).fetchone()
    )
    await office.dispose()
    listed, disposals = await office.desk.signed_list(0, 100), await office.disposals()
    await office.rows.write(
        lambda connection: (
            connection.execute("UPDATE data_key SET wrapped = ? WHERE resident = ?", (before[0], GONE)).rowcount
        )
    )
    assert await office.registry.look_up("chiba", GONE, "it came back")
    assert await office.rows.write(lambda connection: destroy_again(connection, ENDS, listed, disposals)) == 1
    assert await refused(office.registry.look_up("chiba", GONE, "gone")) is Code.RECORD_DISPOSED
