"""What nobody took stands in the journal until it is gone, and its ward is owed the word that the shop was given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.kiosk.host.journal import Journal, VisitRow
from konbini.kiosk.host.left_rows import LeftRows
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.kinds import LeftThings, Outcome
from konbini.protocol.receipts import LeftPaper, Receipt
from konbini.protocol.shape import from_bytes, to_bytes

VISIT = b"v" * 16
SINCE = 1_800_000_000


def sign(_visit: VisitRow, message: Receipt | LeftPaper) -> bytes:
    """Stand for the device key: the journal keeps the bytes, whatever they are."""
    return to_bytes(message)


async def order(journal: Journal, ordinal: int, outcome: Outcome) -> None:
    """Conclude one order."""
    await journal.step(
        OrderStep(
            step=Step.HANDED,
            visit_id=VISIT,
            ordinal=ordinal,
            fee=0,
            cash_key=b"k" * 16,
            number=f"N-{ordinal}",
            pages=1,
            counter_before=5,
        )
    )
    await journal.conclude(
        Concluded(
            visit_id=VISIT,
            ordinal=ordinal,
            outcome=outcome,
            after_page=0,
            counter_before=5,
            counter_after=6,
            taken=0,
            returned=0,
            owed=0,
        ),
        sign,
    )


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """A journal's rows."""
    opened = SqliteRows.open(tmp_path / "j.db", files("konbini.kiosk.host") / "migrations")
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def journal(rows: SqliteRows) -> Journal:
    """A visit with three orders: printed, void, printed; the ward has every receipt but the last."""
    kept = Journal(rows)
    await kept.opened(Opened(visit_id=VISIT, visit=b"h" * 32, t=b"t" * 32, ward="999990", ticketed=1))
    for ordinal, outcome in ((1, Outcome.PRINTED), (2, Outcome.VOID), (3, Outcome.PRINTED)):
        await order(kept, ordinal, outcome)
    for owed in await kept.owed():
        if owed.ordinal < 3:
            await kept.final(owed, owed.ordinal)
    return kept


async def words(left: LeftRows) -> list[LeftPaper]:
    """Give what is owed now."""
    return [from_bytes(LeftPaper, owed.signed) for owed in await left.owed()]


async def test_a_paper_is_told_once_and_once_more_when_it_is_gone(rows: SqliteRows, journal: Journal) -> None:
    """Of each order with paper; after its receipt; the word that it is gone takes the other's place."""
    left = LeftRows(rows)
    await left.found(LeftThings.PAPER, SINCE, visit_id=VISIT)
    await left.found(LeftThings.PAPER, SINCE + 5, visit_id=VISIT)
    (lying,) = await left.lying()
    assert (lying.thing, lying.since, lying.told) == (LeftThings.PAPER, SINCE, False)
    assert await words(left) == []
    await left.told(lying, sign)
    (word,) = await words(left)
    assert (word.ordinal, word.since, word.gone) == (1, SINCE, None), "order 3 waits for its FINAL, order 2 is void"
    (third,) = await journal.owed()
    await journal.final(third, 9)
    first, _ = owed = await left.owed()
    assert [word.ordinal for word in await words(left)] == [1, 3]
    (lying,) = await left.lying()
    await left.gone(lying, SINCE + 60, sign)
    await left.noted(first, 7)
    assert [(word.ordinal, word.gone) for word in await words(left)] == [(1, SINCE + 60), (3, SINCE + 60)]
    for one in await left.owed():
        await left.noted(one, 8)
    assert (await left.owed(), await left.lying(), len(owed)) == ((), (), 2)


async def test_what_was_taken_in_time_is_told_to_nobody(rows: SqliteRows, journal: Journal) -> None:
    """Nothing is owed, and the next thing of its kind has a row of its own."""
    left = LeftRows(rows)
    assert await journal.owed()
    await left.found(LeftThings.PAPER, SINCE, visit_id=VISIT, first=3)
    (lying,) = await left.lying()
    await left.gone(lying, SINCE + 1, sign)
    assert (await left.lying(), await left.owed()) == ((), ())
    await left.found(LeftThings.PAPER, SINCE + 2, visit_id=VISIT, first=3)
    (again,) = await left.lying()
    assert again.number != lying.number


async def test_a_card_and_coins_are_of_no_order(rows: SqliteRows, journal: Journal) -> None:
    """The shop is told; the ward knows them from STATE alone."""
    left = LeftRows(rows)
    assert await journal.owed()
    for thing in (LeftThings.CARD, LeftThings.COINS):
        await left.found(thing, SINCE)
    for lying in await left.lying():
        await left.told(lying, sign)
    assert [(one.thing, one.told) for one in await left.lying()] == [(LeftThings.CARD, True), (LeftThings.COINS, True)]
    assert await left.owed() == ()


async def test_a_clock_that_went_back_says_nothing_untrue(rows: SqliteRows, journal: Journal) -> None:
    """Gone is never before it was left."""
    left = LeftRows(rows)
    assert await journal.owed()
    await left.found(LeftThings.PAPER, SINCE, visit_id=VISIT)
    await left.told((await left.lying())[0], sign)
    await left.gone((await left.lying())[0], SINCE - 100, sign)
    assert [word.gone for word in await words(left)] == [SINCE]
