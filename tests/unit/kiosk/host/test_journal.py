"""The journal: steps before they are taken, one receipt an order, owed until the FINAL of that very receipt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.kiosk.concluding import unknown
from konbini.kiosk.host.journal import Journal, VisitRow
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import from_bytes, to_bytes

VISIT = b"v" * 16


def sign(_visit: VisitRow, receipt: Receipt) -> bytes:
    """Stand for the device key: the journal keeps the bytes, whatever they are."""
    return to_bytes(receipt)


def step(what: Step, *, visit: bytes = VISIT, ordinal: int = 1) -> OrderStep:
    """Give a step of an order."""
    known = what in (Step.PRINTING, Step.HANDED)
    return OrderStep(
        step=what,
        visit_id=visit,
        ordinal=ordinal,
        fee=300,
        cash_key=b"k" * 16,
        number="N-1" if known else None,
        pages=1 if known else 0,
        counter_before=5 if known else 0,
    )


def ended(outcome: Outcome, *, ordinal: int = 1) -> Concluded:
    """Give an end of an order."""
    return Concluded(
        visit_id=VISIT,
        ordinal=ordinal,
        outcome=outcome,
        after_page=0,
        counter_before=5,
        counter_after=6,
        taken=300,
        returned=0 if outcome in (Outcome.PRINTED, Outcome.IN_DOUBT) else 300,
        owed=0,
    )


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """A journal with one visit that the ward opened."""
    rows = SqliteRows.open(tmp_path / "j.db", files("konbini.kiosk.host") / "migrations")
    try:
        kept = Journal(rows)
        await kept.opened(Opened(visit_id=VISIT, visit=b"h" * 32, t=b"t" * 32, ward="999990", ticketed=1))
        yield kept
    finally:
        await rows.close()


async def test_the_first_conclusion_stands(journal: Journal) -> None:
    """A final outcome never changes, and a concluded order takes no step more."""
    await journal.step(step(Step.PRINTING))
    await journal.conclude(ended(Outcome.PRINTED), sign)
    await journal.conclude(ended(Outcome.VOID), sign)
    (owed,) = await journal.owed()
    receipt = from_bytes(Receipt, owed.signed)
    assert (receipt.outcome, receipt.number) == (Outcome.PRINTED, "N-1")
    with pytest.raises(Refused) as refused:
        await journal.step(step(Step.HANDED))
    assert refused.value.code is Code.ORDER_OUT_OF_TURN
    assert await journal.unsettled() == ()


async def test_in_doubt_is_followed_by_a_final_outcome(journal: Journal) -> None:
    """In doubt may be concluded once more, and is owed anew, whatever FINAL the first one had."""
    await journal.step(step(Step.HANDED))
    await journal.conclude(ended(Outcome.IN_DOUBT), sign)
    (doubt,) = await journal.owed()
    await journal.final(doubt, 7)
    assert await journal.owed() == ()
    await journal.conclude(ended(Outcome.PRINTED), sign)
    await journal.conclude(ended(Outcome.VOID), sign)
    (owed,) = await journal.owed()
    assert from_bytes(Receipt, owed.signed).outcome is Outcome.PRINTED


async def test_a_final_of_the_receipt_before(journal: Journal) -> None:
    """A FINAL that was under way for the receipt in doubt does not stand for the one that followed it."""
    await journal.step(step(Step.HANDED))
    await journal.conclude(ended(Outcome.IN_DOUBT), sign)
    (doubt,) = await journal.owed()
    await journal.conclude(ended(Outcome.PRINTED), sign)
    await journal.final(doubt, 7)
    assert len(await journal.owed()) == 1


async def test_a_closed_visit_takes_nothing(journal: Journal) -> None:
    """After the closing receipt no step is journalled; closing again owes nothing more."""
    await journal.close(VISIT, sign)
    await journal.close(VISIT, sign)
    assert [owed.ordinal for owed in await journal.owed()] == [0]
    assert await journal.open_visits() == ()
    with pytest.raises(Refused):
        await journal.step(step(Step.ASKING_MONEY))


async def test_a_visit_that_nobody_opened(journal: Journal) -> None:
    """What the ward never opened cannot be journalled."""
    for refused in (journal.step(step(Step.ASKING_MONEY, visit=b"x" * 16)), journal.close(b"x" * 16, sign)):
        with pytest.raises(Refused) as caught:
            await refused
        assert caught.value.code is Code.ORDER_OUT_OF_TURN


_ACTS = st.one_of(
    st.tuples(st.just("step"), st.sampled_from(Step), st.integers(min_value=1, max_value=2)),
    st.tuples(st.just("end"), st.sampled_from(Outcome), st.integers(min_value=1, max_value=2)),
    st.tuples(st.just("final"), st.none(), st.integers(min_value=1, max_value=2)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(_ACTS, max_size=12))
async def test_any_order_of_acts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, Step | Outcome | None, int]]
) -> None:
    """An order is unsettled from its first step to its first end; its first final outcome is the last one."""
    rows = SqliteRows.open(tmp_path_factory.mktemp("j") / "j.db", files("konbini.kiosk.host") / "migrations")
    begun: set[int] = set()
    outcomes: dict[int, Outcome] = {}
    finals: set[int] = set()
    try:
        journal = Journal(rows)
        await journal.opened(Opened(visit_id=VISIT, visit=b"h" * 32, t=b"t" * 32, ward="999990", ticketed=1))
        for _, what, ordinal in acts:
            if isinstance(what, Step):
                if ordinal in outcomes:
                    with pytest.raises(Refused):
                        await journal.step(step(what, ordinal=ordinal))
                else:
                    await journal.step(step(what, ordinal=ordinal))
                    begun.add(ordinal)
            elif isinstance(what, Outcome):
                await journal.conclude(ended(what, ordinal=ordinal), sign)
                if outcomes.get(ordinal, Outcome.IN_DOUBT) is Outcome.IN_DOUBT:
                    outcomes[ordinal] = what
                    finals.discard(ordinal)
            elif (owed := await journal.receipt_of(VISIT, ordinal)) is not None:
                await journal.final(owed, 1)
                finals.add(ordinal)
            assert {order.step.ordinal for order in await journal.unsettled()} == begun - set(outcomes)
            assert {owed.ordinal for owed in await journal.owed()} == set(outcomes) - finals
        for ordinal, outcome in outcomes.items():
            owed = await journal.receipt_of(VISIT, ordinal)
            assert owed is not None
            assert from_bytes(Receipt, owed.signed).outcome is outcome
    finally:
        await rows.close()


async def test_money_that_nobody_knows_of_is_not_forgotten(tmp_path: Path) -> None:
    """Told as a doubt at once, and unsettled over a restart, until the device has said what it held."""
    path = tmp_path / "j.db"
    rows = SqliteRows.open(path, files("konbini.kiosk.host") / "migrations")
    journal = Journal(rows)
    await journal.opened(Opened(visit_id=VISIT, visit=b"h" * 32, t=b"t" * 32, ward="999990", ticketed=1))
    await journal.step(step(Step.ASKING_MONEY))
    await journal.conclude(unknown(step(Step.ASKING_MONEY), None, 100), sign)
    (doubt,) = await journal.owed()
    assert from_bytes(Receipt, doubt.signed).outcome is Outcome.IN_DOUBT
    await journal.final(doubt, 7)
    await journal.close(VISIT, sign)
    await rows.close()

    rows = SqliteRows.open(path, files("konbini.kiosk.host") / "migrations")
    try:
        journal = Journal(rows)
        (order,) = await journal.unsettled()
        assert (order.step, order.money_unknown) == (step(Step.ASKING_MONEY), True)
        await journal.conclude(ended(Outcome.CANCELLED), sign)
        assert await journal.unsettled() == ()
        outcomes = [from_bytes(Receipt, owed.signed).outcome for owed in await journal.owed()]
        assert Outcome.CANCELLED in outcomes
        assert Outcome.IN_DOUBT not in outcomes
    finally:
        await rows.close()


async def test_a_print_in_doubt_is_settled_by_a_person(journal: Journal) -> None:
    """Its money is known and kept: no device is asked again."""
    await journal.step(step(Step.HANDED))
    await journal.conclude(ended(Outcome.IN_DOUBT), sign)
    assert await journal.unsettled() == ()
