"""One order's end: the money follows the paper, and what is told of both agrees with the receipt's own rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.channel.messages import OrderStep, Step
from konbini.kiosk.concluding import conclusion, settle_money
from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.kiosk.printing.outcome import Claim, Observation, judge
from konbini.kiosk.printing.ports import Settled
from konbini.protocol.kinds import Outcome
from tests.unit.kiosk.visit.parts import CoinBox

FEE = 300
BEFORE = 100
KEY = b"k" * 16


def step(last: Step, *, fee: int = FEE, pages: int = 2) -> OrderStep:
    """Give the last step of an order."""
    handed = last in (Step.PRINTING, Step.HANDED)
    return OrderStep(
        step=last,
        visit_id=bytes(16),
        ordinal=1,
        fee=fee,
        cash_key=KEY,
        number="999990-250401-10000001-0" if handed else None,
        pages=pages if handed else 0,
        counter_before=BEFORE if handed else 0,
    )


def came_out(pages: int, *, due: int = 2, fault: bool = False) -> Settled:
    """Have the judge say what became of a document that went out whole."""
    claim = Claim(before=BEFORE, due=due, sent=True, fault_seen=fault)
    outcome = judge(claim, Observation(impressions=BEFORE + pages, settled=True))
    return Settled(outcome=outcome, before=BEFORE, after=BEFORE + pages, faults=frozenset())


async def paid() -> CoinBox:
    """Give a coin device with the fee in escrow."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(100, 100, 100)
    return cash


@pytest.mark.parametrize(
    ("settled", "outcome", "after_page", "kept"),
    [
        (came_out(2), Outcome.PRINTED, 0, FEE),
        (came_out(0), Outcome.VOID, 0, 0),
        (came_out(1, fault=True), Outcome.JAM, 1, 0),
        (came_out(1), Outcome.IN_DOUBT, 0, FEE),
        (came_out(5), Outcome.IN_DOUBT, 0, FEE),
    ],
)
async def test_the_money_follows_the_paper(settled: Settled, outcome: Outcome, after_page: int, kept: int) -> None:
    """Printed is paid, void and jam are given back, doubt keeps the money; ending it again moves nothing more."""
    cash, last = await paid(), step(Step.HANDED)
    settlement = await settle_money(last, settled, cash)
    end = conclusion(last, settled, settlement)
    assert (end.outcome, end.after_page, end.taken - end.returned - end.owed) == (outcome, after_page, kept)
    assert (end.counter_before, end.counter_after) == (BEFORE, settled.after)
    assert await settle_money(last, settled, cash) == settlement
    assert (cash.machine.counts.kept, cash.machine.counts.escrow) == (kept, 0)


@pytest.mark.parametrize(
    ("last", "outcome"),
    [(Step.ASKING_MONEY, Outcome.CANCELLED), (Step.ORDERING, Outcome.VOID), (Step.PRINTING, Outcome.VOID)],
)
async def test_nothing_was_handed_to_the_printer(last: Step, outcome: Outcome) -> None:
    """Without a judgement the escrow goes back: an order not yet sent is cancelled, one that was sent is void."""
    cash, order = await paid(), step(last)
    end = conclusion(order, None, await settle_money(order, None, cash))
    assert (end.outcome, end.taken, end.returned, end.owed) == (outcome, FEE, FEE, 0)
    assert end.counter_after == end.counter_before == order.counter_before


@given(last=st.sampled_from(Step), settled=st.none() | st.builds(came_out, st.integers(0, 5), fault=st.booleans()))
async def test_without_a_fee_no_coin_device_is_asked(last: Step, settled: Settled | None) -> None:
    """A coin device that answers nothing stands in no free order's way."""
    cash = CoinBox()
    cash.dead = {"capture", "give back"}
    nothing = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)
    assert await settle_money(step(last, fee=0), settled, cash) == nothing


def test_a_printer_that_never_answered_again() -> None:
    """The counter is told as it was before."""
    doubt = came_out(5)
    silent = Settled(outcome=doubt.outcome, before=BEFORE, after=None, faults=frozenset())
    nothing = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)
    end = conclusion(step(Step.PRINTING, fee=0), silent, nothing)
    assert (end.outcome, end.counter_after) == (Outcome.IN_DOUBT, BEFORE)
