"""What the long-lived process makes of an order whose visit is gone and whose money nobody knew of."""

from __future__ import annotations

import pytest

from konbini.kiosk.channel.messages import OrderStep, Step
from konbini.kiosk.host.journal import UnsettledOrder, VisitRow
from konbini.kiosk.host.settling import settle_order
from konbini.protocol.kinds import Outcome
from tests.unit.kiosk.visit.parts import CoinBox, PaperPrinter

FEE = 300
KEY = b"k" * 16
VISIT = VisitRow(visit_id=b"v" * 16, visit=b"h" * 32, t=b"t" * 32, ward="999990")


def order(*, money_unknown: bool) -> UnsettledOrder:
    """Give an order that came as far as the open slot."""
    step = OrderStep(
        step=Step.ASKING_MONEY,
        visit_id=VISIT.visit_id,
        ordinal=1,
        fee=FEE,
        cash_key=KEY,
        number=None,
        pages=0,
        counter_before=0,
    )
    return UnsettledOrder(visit=VISIT, step=step, money_unknown=money_unknown)


@pytest.mark.parametrize("coins", [(), (100, 100)])
async def test_the_device_that_held_the_money_gives_it_back(coins: tuple[int, ...]) -> None:
    """It answers again, and says all that went in, the coin after its last word too."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(*coins)
    end = await settle_order(order(money_unknown=True), PaperPrinter(), cash)
    assert (end.outcome, end.taken, end.returned) == (Outcome.CANCELLED, sum(coins), sum(coins))
    assert (end.money_unknown, cash.machine.counts.escrow) == (False, 0)


async def test_a_crash_after_it_was_given_back() -> None:
    """The device remembers the end, and says it once more."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(100)
    await cash.give_back(KEY)
    end = await settle_order(order(money_unknown=True), PaperPrinter(), cash)
    assert (end.outcome, end.taken, end.returned) == (Outcome.CANCELLED, 100, 100)


async def test_a_device_that_was_replaced_proves_nothing() -> None:
    """It knows of no such asking: the order stays in doubt for a person, and the kiosk may serve."""
    end = await settle_order(order(money_unknown=True), PaperPrinter(), CoinBox())
    assert (end.outcome, end.money_unknown) == (Outcome.IN_DOUBT, False)


async def test_an_order_of_a_dead_visit_is_asked_for_as_ever() -> None:
    """Where nobody was told of a doubt, a key that is not known was never asked with."""
    end = await settle_order(order(money_unknown=False), PaperPrinter(), CoinBox())
    assert (end.outcome, end.taken) == (Outcome.CANCELLED, 0)
