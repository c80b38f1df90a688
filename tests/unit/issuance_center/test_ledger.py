"""The ledger's rows: what passed, how far each visit came, and that nothing else can be in them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.issuance_center.ledger import Ledger, LedgerUnusable, TicketTime, ledger_file
from konbini.issuance_center.ledger.entries import LedgerEntry
from konbini.issuance_center.relay.standing import Standing
from konbini.issuance_center.relay.visits import LIFE_SECONDS, Visit
from konbini.process.sqlite.connection import SqliteConnection
from konbini.process.tree_rows import opened, verify_tree
from konbini.protocol.accounts import KioskCount
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes
from konbini.simulation.entropy import SeededEntropy

NOW = 1_795_000_000
VISIT = Visit(visit_id=bytes(16), kiosk="K-0001", ward="999999", ticket_expires=NOW + 60)
OTHER = replace(VISIT, visit_id=bytes([1]) * 16, kiosk="K-0002")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """A new ledger."""
    made = Ledger.open(ledger_file(tmp_path / "ledger.db"))
    yield made
    await made.close()


async def test_a_visit_is_written_step_by_step(ledger: Ledger) -> None:
    """Ticket, OPEN, ORDER twice (the same bytes again), and what it stands at."""
    await ledger.ticketed(VISIT, None, NOW)
    for kind in (MessageKind.OPEN, MessageKind.MENU, MessageKind.ORDER, MessageKind.ORDER):
        await ledger.passed(VISIT, kind, NOW + 5)
    row = await ledger.row(VISIT.visit_id, NOW + 10)
    assert row is not None
    assert row.visit == replace(VISIT, opened=True)
    assert row.standing is Standing.NOT_FINISHED
    assert dict(row.passages) == {MessageKind.OPEN: 1, MessageKind.MENU: 1, MessageKind.ORDER: 2}
    assert [found.visit.visit_id for found in await ledger.unsettled(NOW + 10)] == [VISIT.visit_id]
    late = await ledger.row(VISIT.visit_id, VISIT.ends)
    assert late is not None
    assert late.standing is Standing.IN_DOUBT
    await ledger.passed(VISIT, MessageKind.RECEIPT, NOW + 20)
    await ledger.passed(VISIT, MessageKind.FINAL, NOW + 21)
    assert await ledger.unsettled(NOW + 30) == ()


async def test_a_days_visits_are_counted_by_ward_and_kiosk(ledger: Ledger) -> None:
    """Those in which an ORDER passed, by the time of their tickets; how many of them are finished."""
    settled = (MessageKind.OPEN, MessageKind.ORDER, MessageKind.RECEIPT, MessageKind.FINAL)
    passed = {
        (0, "K-0001", "999999"): settled,
        (1, "K-0001", "999999"): settled[:3],
        (2, "K-0001", "999999"): settled[:1],
        (3, "K-0002", "999999"): settled,
        (4, "K-0001", "999991"): settled,
    }
    for (number, kiosk, ward), kinds in passed.items():
        visit = replace(VISIT, visit_id=bytes([number]) * 16, kiosk=kiosk, ward=ward)
        await ledger.ticketed(visit, None, NOW + number)
        for kind in kinds:
            await ledger.passed(visit, kind, NOW + 100)
    counted = await ledger.counts(NOW, NOW + 60)
    assert counted["999999"] == (
        KioskCount(kiosk="K-0001", ordered=2, finished=1),
        KioskCount(kiosk="K-0002", ordered=1, finished=1),
    )
    assert counted["999991"] == (KioskCount(kiosk="K-0001", ordered=1, finished=1),)
    assert (await ledger.counts(NOW + 1, NOW + 3))["999999"] == (KioskCount(kiosk="K-0001", ordered=1, finished=0),)
    assert await ledger.counts(NOW + 60, NOW + 120) == {}


async def test_a_visit_never_changes_hands(ledger: Ledger) -> None:
    """A frame of another kiosk or ward for a known visit leaves no row."""
    await ledger.ticketed(VISIT, None, NOW)
    for stranger in (replace(VISIT, kiosk="K-0002"), replace(VISIT, ward="999998")):
        with pytest.raises(Refused) as refused:
            await ledger.passed(stranger, MessageKind.RECEIPT, NOW)
        assert refused.value.code is Code.MISROUTED
    row = await ledger.row(VISIT.visit_id, NOW)
    assert row is not None
    assert (row.visit.kiosk, row.visit.ward, row.passages) == ("K-0001", "999999", ())


async def test_what_a_restart_needs_is_there(tmp_path: Path) -> None:
    """Living visits with what became of their tickets, the tickets of the hour, the notices."""
    ledger = Ledger.open(ledger_file(tmp_path / "ledger.db"))
    await ledger.ticketed(VISIT, None, NOW)
    await ledger.passed(VISIT, MessageKind.OPEN, NOW)
    second = replace(VISIT, visit_id=bytes([2]) * 16, ticket_expires=NOW + 70)
    third = replace(VISIT, visit_id=bytes([3]) * 16, ticket_expires=NOW + 80)
    await ledger.ticketed(second, None, NOW + 10)
    await ledger.ticketed(third, second, NOW + 20)
    await ledger.keep_notice("999999", 2, b"second", NOW)
    await ledger.keep_notice("999999", 1, b"first, late", NOW)
    await ledger.close()
    again = Ledger.open(ledger_file(tmp_path / "ledger.db"))
    living = await again.living(NOW + 30)
    assert [(visit.opened, visit.superseded) for visit in living] == [(True, False), (False, True), (False, False)]
    assert await again.living(NOW + LIFE_SECONDS + 60) == living[1:]
    assert await again.tickets_since(NOW + 5) == (
        TicketTime(kiosk="K-0001", moment=NOW + 10),
        TicketTime(kiosk="K-0001", moment=NOW + 20),
    )
    assert await again.notices() == (b"second",)
    await again.close()


async def test_a_receipt_of_before_this_file_is_counted_and_kept_out_of_the_living(ledger: Ledger) -> None:
    """A visit that no row remembers is entered with its time over; its FINAL settles it."""
    old = replace(OTHER, ticket_expires=NOW - LIFE_SECONDS, opened=True)
    await ledger.passed(old, MessageKind.RECEIPT, NOW)
    assert await ledger.living(NOW) == ()
    await ledger.passed(old, MessageKind.FINAL, NOW + 1)
    row = await ledger.row(OTHER.visit_id, NOW + 2)
    assert row is not None
    assert row.standing is Standing.FINISHED
    assert await ledger.row(bytes([9]) * 16, NOW) is None
    assert await ledger.find(bytes([9]) * 16) is None


async def test_no_column_can_hold_a_body(ledger: Ledger, tmp_path: Path) -> None:
    """Outside the notices, which wards publish, and the logs, what stands as bytes is ids of 16, hashes and salts."""
    await ledger.ticketed(VISIT, None, NOW)
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        blobs = connection.execute(
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c"
            " WHERE c.type = 'BLOB' AND t.schema = 'main' ORDER BY 1, 2"
        ).fetchall()
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE visit SET visit_id = zeroblob(17)")
    assert blobs == [
        ("applied_migration", "digest"),
        ("audit_entry", "commitment"),
        ("audit_entry", "entry"),
        ("audit_entry", "salt"),
        ("audit_tile", "hash"),
        ("notice", "signed"),
        ("passage", "visit_id"),
        ("refused_checkpoint", "digest"),
        ("refused_checkpoint", "request"),
        ("stamped_checkpoint", "stamp"),
        ("visit", "visit_id"),
    ]


async def test_what_is_written_is_an_entry_of_the_log(tmp_path: Path) -> None:
    """One for each ticket, frame and notice, of ids, kinds and times; the tree holds them, and nothing else of them."""
    ledger = Ledger.open(ledger_file(tmp_path / "ledger.db"), SeededEntropy(1))
    await ledger.ticketed(VISIT, None, NOW)
    await ledger.passed(VISIT, MessageKind.OPEN, NOW + 1)
    with pytest.raises(Refused):
        await ledger.passed(replace(VISIT, kiosk="K-0002"), MessageKind.ORDER, NOW + 2)
    await ledger.keep_notice("999999", 2, b"a notice", NOW + 3)
    await ledger.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db", factory=SqliteConnection)) as connection:
        size, _root = verify_tree(connection)
        entries = [from_bytes(LedgerEntry, one.entry) for one in opened(connection, 0, size)]
    assert entries == [
        LedgerEntry(moment=NOW, kind=MessageKind.TICKET, visit_id=bytes(16), kiosk="K-0001", ward="999999"),
        LedgerEntry(moment=NOW + 1, kind=MessageKind.OPEN, visit_id=bytes(16), kiosk="K-0001", ward="999999"),
        LedgerEntry(moment=NOW + 3, kind=MessageKind.NOTICE, ward="999999"),
    ]


async def test_a_file_that_is_open_elsewhere_or_no_ledger_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    """One owner; and rubbish is not a ledger."""
    assert await ledger.notices() == ()
    with pytest.raises(LedgerUnusable):
        Ledger.open(ledger_file(tmp_path / "ledger.db"))
    (tmp_path / "rubbish.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(LedgerUnusable):
        Ledger.open(ledger_file(tmp_path / "rubbish.db"))
