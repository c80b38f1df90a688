"""What the long-lived process makes of an order whose visit is gone, and of a device that forgot its money."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.kiosk.channel.messages import OrderStep, Step
from konbini.kiosk.host.journal import UnsettledOrder, VisitRow
from konbini.kiosk.host.settling import settle_order
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from tests.unit.kiosk.visit.parts import CoinBox, PaperPrinter

FEE = 300
KEY = b"k" * 16
BEFORE = 100
NUMBER = "999990-250401-10000001-0"
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


def sent(step: Step) -> UnsettledOrder:
    """Give an order that was sent with its fee in escrow, and came as far as `step`."""
    asked = order(money_unknown=False)
    number, pages = (NUMBER, 1) if step in (Step.PRINTING, Step.HANDED) else (None, 0)
    return replace(asked, step=replace(asked.step, step=step, number=number, pages=pages, counter_before=BEFORE))


@pytest.mark.parametrize("pages", [1, 2])
async def test_what_is_printed_does_not_wait_for_a_device_that_forgot(pages: int) -> None:
    """It holds no such asking and says no: the order goes to a person, the key is spent, and the kiosk may serve."""
    cash = CoinBox()
    end = await settle_order(sent(Step.HANDED), PaperPrinter(impressions=BEFORE + pages), cash)
    assert (end.outcome, end.taken, end.returned, end.money_unknown) == (Outcome.IN_DOUBT, 0, 0, False)
    with pytest.raises(Refused, match="SPENT"):
        await cash.ask(FEE, KEY)


@pytest.mark.parametrize("step", [Step.ORDERING, Step.PRINTING, Step.HANDED])
async def test_the_money_of_an_order_that_was_not_printed_is_not_forgotten(step: Step) -> None:
    """Its fee was in escrow; a device that never had it is not believed that nothing was taken."""
    end = await settle_order(sent(step), PaperPrinter(impressions=BEFORE), CoinBox())
    assert (end.outcome, end.after_page) == (Outcome.IN_DOUBT, 0)


async def test_a_device_that_remembers_is_asked_as_ever() -> None:
    """It says no to nothing: what it holds is kept, and asked again it tells the same end."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(*[100] * 3)
    for _ in range(2):
        end = await settle_order(sent(Step.HANDED), PaperPrinter(impressions=BEFORE + 1), cash)
        assert (end.outcome, end.taken, end.returned) == (Outcome.PRINTED, FEE, 0)


@pytest.mark.parametrize("death", [Code.CASH_SILENT, Code.CASH_UNAVAILABLE])
async def test_a_device_that_cannot_be_asked_is_waited_for(death: Code) -> None:
    """Silence is no word: nothing is concluded, and what it holds stays where it is."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(*[100] * 3)
    cash.dead, cash.death = {"capture"}, death
    with pytest.raises(Refused) as refused:
        await settle_order(sent(Step.HANDED), PaperPrinter(impressions=BEFORE + 1), cash)
    assert (refused.value.code, cash.machine.counts.escrow) == (death, FEE)


async def test_silence_is_no_forgetting() -> None:
    """A device that carried it out and hung up holds no asking any more; only a no of its own is one."""
    cash = CoinBox()
    cash.dead, cash.death = {"capture"}, Code.CASH_SILENT
    with pytest.raises(Refused):
        await settle_order(sent(Step.HANDED), PaperPrinter(impressions=BEFORE + 1), cash)
    await cash.ask(FEE, KEY)


async def test_an_end_that_it_remembers_counts_before_its_no() -> None:
    """Nobody heard the capture and it had been carried out before: what it then tells is that end."""
    cash = CoinBox()
    await cash.ask(FEE, KEY)
    cash.drop(*[100] * 3)
    await cash.capture(KEY, FEE)
    cash.dead = {"capture"}
    end = await settle_order(sent(Step.HANDED), PaperPrinter(impressions=BEFORE + 1), cash)
    assert (end.outcome, end.taken, end.returned) == (Outcome.PRINTED, FEE, 0)
