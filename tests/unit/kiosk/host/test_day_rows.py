"""A day's figures out of the journal: when nothing of it is owed, once, and anew where a doubt was concluded since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.day_reports import DayReports
from konbini.kiosk.host.day_rows import DayRows
from konbini.kiosk.host.journal import Journal, VisitRow
from konbini.kiosk.host.wards import Wards
from konbini.process.measures.ports import NoMeasures
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.traces.ports import NoTraces
from konbini.protocol.accounts import DayFigures, day_of
from konbini.protocol.cose import Context, SigningKey, unchecked_payload
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.trust import WardDirectory
from konbini.simulation.clock import SettableClock

NOON = 1_795_143_600
DAY = day_of(NOON)
TOMORROW = day_of(NOON + 86_400)
KEY = SigningKey.generate()


def sign(_visit: VisitRow, receipt: Receipt) -> bytes:
    """Sign as the device does; the context is of no matter here."""
    return KEY.sign(to_bytes(receipt), Context(kind=MessageKind.RECEIPT, sender="K-0001", receiver="131997"))


def sign_figures(figures: DayFigures) -> bytes:
    """Sign a day's figures."""
    return figures.sign(KEY)


async def order(journal: Journal, visit: bytes, outcome: Outcome, *, taken: int, returned: int = 0) -> None:
    """Conclude the first order of a visit."""
    await journal.step(
        OrderStep(
            step=Step.HANDED,
            visit_id=visit,
            ordinal=1,
            fee=300,
            cash_key=b"k" * 16,
            number="N-1",
            pages=1,
            counter_before=5,
        )
    )
    await conclude(journal, visit, outcome, taken=taken, returned=returned)


async def conclude(journal: Journal, visit: bytes, outcome: Outcome, *, taken: int, returned: int = 0) -> None:
    """Say how it ended."""
    await journal.conclude(
        Concluded(
            visit_id=visit,
            ordinal=1,
            outcome=outcome,
            after_page=0,
            counter_before=5,
            counter_after=6,
            taken=taken,
            returned=returned,
            owed=0,
        ),
        sign,
    )


async def settled(journal: Journal) -> None:
    """Let the ward have everything."""
    for number, owed in enumerate(await journal.owed()):
        await journal.final(owed, number)


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """A journal's rows with two visits of one day and one of the next."""
    kept = SqliteRows.open(tmp_path / "journal.db", files("konbini.kiosk.host") / "migrations")
    journal = Journal(kept)
    for name, ticketed in ((b"a", NOON), (b"b", NOON + 60), (b"c", NOON + 86_400)):
        await journal.opened(Opened(visit_id=name * 16, visit=name * 32, t=b"t" * 32, ward="131997", ticketed=ticketed))
    yield kept
    await kept.close()


async def published(_frame: Frame) -> None:
    """Take what nobody publishes here."""


def day_reports(rows: DayRows, clock: SettableClock) -> DayReports:
    """Make a kiosk's reports; no ward is there to be told."""
    return DayReports(
        kiosk="K-0001",
        signing=KEY,
        opening=OpeningKey.generate(),
        rows=rows,
        wards=Wards(WardDirectory(version=1, issued=0, wards=())),
        link=CenterLink("K-0001", published, lambda: None, measures=NoMeasures(), clock=clock, traces=NoTraces()),
        clock=clock,
    )


async def reckoned(rows: SqliteRows, today: int = TOMORROW) -> list[DayFigures]:
    """Reckon, and give what is owed."""
    days = DayRows(rows, "K-0001")
    await days.reckon(DAY, today, sign_figures)
    return [from_bytes(DayFigures, unchecked_payload(owed.signed)) for owed in await days.owed()]


async def test_a_day_is_told_when_nothing_of_it_is_owed(rows: SqliteRows) -> None:
    """Each visit closed, each order concluded, each receipt with the ward; today is never told."""
    journal = Journal(rows)
    assert await reckoned(rows) == []
    await order(journal, b"a" * 16, Outcome.PRINTED, taken=300)
    for name in (b"a", b"b"):
        await journal.close(name * 16, sign)
    assert await reckoned(rows) == []
    await settled(journal)
    assert await reckoned(rows, today=DAY) == []
    (figures,) = await reckoned(rows)
    assert (figures.day, figures.visits, figures.printed, figures.taken) == (DAY, 2, 1, 300)


async def test_a_doubt_that_is_concluded_later_is_told_anew(rows: SqliteRows) -> None:
    """What the ward noted is owed no more, until the journal holds something else."""
    journal, days = Journal(rows), DayRows(rows, "K-0001")
    await order(journal, b"a" * 16, Outcome.IN_DOUBT, taken=300)
    for name in (b"a", b"b"):
        await journal.close(name * 16, sign)
    await settled(journal)
    (figures,) = await reckoned(rows)
    assert (figures.in_doubt, figures.void) == (1, 0)
    (owed,) = await days.owed()
    await days.noted(owed, 7)
    assert await reckoned(rows) == []
    await conclude(journal, b"a" * 16, Outcome.VOID, taken=300, returned=300)
    assert await reckoned(rows) == []  # its receipt is owed first
    await settled(journal)
    (figures,) = await reckoned(rows)
    assert (figures.in_doubt, figures.void, figures.returned) == (0, 1, 300)
    await days.noted(owed, 8)  # the word on what was said before is no word on this
    assert len(await days.owed()) == 1


async def test_a_day_at_the_edge_of_what_is_looked_at_stays_whole(rows: SqliteRows) -> None:
    """A month later its earlier visits are as far back as its later ones: it is not told anew with fewer."""
    journal, clock = Journal(rows), SettableClock(1000 * (NOON + 2 * 86_400))
    for name in (b"a", b"b", b"c"):
        await journal.close(name * 16, sign)
    await settled(journal)
    days = DayRows(rows, "K-0001")
    reports = day_reports(days, clock)
    await reports.tell()
    for owed in await days.owed():
        await days.noted(owed, 7)
    clock.set_wall(1000 * (NOON + 30 + 30 * 86_400))
    await reports.tell()
    assert await days.owed() == ()
