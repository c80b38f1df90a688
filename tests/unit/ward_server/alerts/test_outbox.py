"""What is owed: once for each receiver, through crashes, at several servers, until the receiver has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.process.rows import NotStored
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.ward_server.alerts.alert import AlertKind
from konbini.ward_server.alerts.outbox import Outbox, count_owed
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.ledger.asserting import hold_against
from konbini.ward_server.issuing.ledger.cases import CaseParty, opens_or_is_none
from tests.unit.ward_server.alerts.conftest import KIOSKS, NOON, WARD, open_rows, record

STOPPED, CONFLICT, SEALED = AuditEvent.ISSUING_STOPPED, AuditEvent.VISIT_CONFLICT, AuditEvent.ORDER_SEALED


def outbox(rows: SqliteRows, *receivers: str) -> Outbox:
    """Make one for these receivers."""
    return Outbox(rows, ward=WARD, kiosks=KIOSKS, receivers=receivers or ("watch", "office"), is_news=opens_or_is_none)


async def begun(rows: SqliteRows, *receivers: str) -> Outbox:
    """Make one and begin."""
    made = outbox(rows, *receivers)
    await made.begin()
    return made


async def owed(rows: SqliteRows) -> int:
    """Count."""
    return await rows.read(count_owed)


async def test_an_alert_is_owed_to_each_receiver(rows: SqliteRows) -> None:
    """Found among everyday entries, and looked for once."""
    box = await begun(rows)
    await record(rows, SEALED, STOPPED, SEALED, CONFLICT)
    assert await box.look() == 2
    assert await box.look() == 0
    assert await owed(rows) == 4
    first, second = await box.claim("watch", NOON)
    assert (first.alert.kind, first.alert.position, second.alert.kind) == (AlertKind.STOPPED, 1, AlertKind.CASE)
    await box.told("watch", first.alert)
    assert await owed(rows) == 3


async def test_history_wakes_nobody(rows: SqliteRows) -> None:
    """A ward that gets its first receiver is told of what happens from then on."""
    await record(rows, STOPPED)
    box = await begun(rows)
    assert await box.look() == 0
    await record(rows, CONFLICT)
    assert await box.look() == 1


async def test_what_happened_while_nobody_looked_is_found(rows: SqliteRows, file: Path) -> None:
    """A process that died between the stop and the look: the next one looks on from where it was."""
    await begun(rows)
    await record(rows, STOPPED)
    await rows.close()
    again = open_rows(file)
    try:
        box = await begun(again)
        assert await box.look() == 1
        assert await owed(again) == 2
    finally:
        await again.close()


async def test_what_was_told_is_not_owed_again_after_a_restart(rows: SqliteRows) -> None:
    """The place moved with the alert, so that nothing before it is read again."""
    box = await begun(rows, "watch")
    await record(rows, STOPPED, SEALED)
    await box.look()
    (one,) = await box.claim("watch", NOON)
    await box.told("watch", one.alert)
    again = await begun(rows, "watch")
    assert await again.look() == 0
    assert await owed(rows) == 0


async def test_two_servers_owe_it_once(rows: SqliteRows) -> None:
    """Both read the log; one of them finds that the other was there."""
    one, other = await begun(rows, "watch"), await begun(rows, "watch")
    await record(rows, STOPPED)
    await one.look()
    await other.look()
    assert await owed(rows) == 1
    assert len(await one.claim("watch", NOON)) == 1
    assert await other.claim("watch", NOON) == ()


async def test_what_a_server_claimed_and_did_not_tell_is_claimed_again(rows: SqliteRows) -> None:
    """After a minute, by any."""
    box = await begun(rows, "watch")
    await record(rows, STOPPED)
    await box.look()
    (first,) = await box.claim("watch", NOON)
    assert await box.claim("watch", NOON + 59_999) == ()
    (second,) = await box.claim("watch", NOON + 60_000)
    assert (first.attempts, second.attempts) == (1, 2)
    assert first.alert == second.alert


async def test_the_pause_doubles_and_never_ends(rows: SqliteRows) -> None:
    """5 seconds, 10, 20 ... to ten minutes; the hundredth attempt is made like the tenth."""
    box = await begun(rows, "watch")
    await record(rows, STOPPED)
    await box.look()
    now, pauses = NOON, []
    for _ in range(100):
        (one,) = await box.claim("watch", now)
        await box.failed("watch", one, now)
        due = await rows.read(lambda connection: connection.execute("SELECT due FROM alert").fetchone())
        assert due is not None
        pauses.append((due[0] - now) // 1000)
        now = due[0]
    assert pauses[:9] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert set(pauses[7:]) == {600}


async def test_a_receiver_that_is_gone_is_owed_nothing(rows: SqliteRows) -> None:
    """It left the configuration; the others are owed what they were."""
    box = await begun(rows)
    await record(rows, STOPPED)
    await box.look()
    await begun(rows, "office")
    assert await owed(rows) == 1


async def test_a_long_log_is_read_to_its_end(rows: SqliteRows) -> None:
    """Many entries and few alerts: all are found at one look, and a restart does not begin at the start."""
    box = await begun(rows, "watch")
    await record(rows, *[SEALED] * 1200, STOPPED, *[SEALED] * 700)
    assert await box.look() == 1
    place = await rows.read(lambda connection: connection.execute("SELECT position FROM alert_place").fetchone())
    assert place is not None
    assert place[0] > 1200


async def test_a_store_that_takes_nothing_loses_nothing(rows: SqliteRows, file: Path) -> None:
    """The look fails, and the same alert is found at the next."""
    box = await begun(rows, "watch")
    await record(rows, STOPPED)
    await rows.write(lambda connection: connection.execute("ALTER TABLE alert RENAME TO away").fetchone())
    with pytest.raises(Exception, match="no such table"):
        await box.look()
    await rows.write(lambda connection: connection.execute("ALTER TABLE away RENAME TO alert").fetchone())
    assert await box.look() == 1
    (one,) = await box.claim("watch", NOON)
    await rows.close()
    with pytest.raises(NotStored):
        await box.told("watch", one.alert)
    again = open_rows(file)
    try:
        assert await owed(again) == 1
    finally:
        await again.close()


async def test_a_kiosk_that_contradicts_itself_for_ever_is_told_once_and_a_stop_before_it(rows: SqliteRows) -> None:
    """A thousand messages that join one case are one alert; what stopped the ward meanwhile is told first."""
    box = await begun(rows, "watch")
    party = CaseParty(kiosk="K-0001", operator="a shop's")

    def change(connection: Connection) -> None:
        for number in range(1000):
            entry = AuditEntry(
                moment=NOON,
                event=AuditEvent.RECEIPT_CONTRADICTED,
                visit=bytes(32),
                ordinal=1,
                about="K-0001",
                digest=number.to_bytes(32),
            )
            hold_against(connection, entry, party)

    await rows.write(change)
    await record(rows, *[CONFLICT] * 40, STOPPED)
    assert await box.look() == 1 + 40 + 1
    told = await box.claim("watch", NOON)
    assert [one.alert.kind for one in told] == [AlertKind.STOPPED, *[AlertKind.CASE] * 15]
