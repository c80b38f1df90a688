"""What lies there is told to the long-lived process; an opened cabinet ends a visit that owes nothing but coins."""

from __future__ import annotations

import pytest

from konbini.kiosk.channel.messages import Left
from konbini.kiosk.session.action import Cancel, Finish
from konbini.kiosk.session.entry_views import OutOfServiceView
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.order_views import OutcomeView
from konbini.protocol.errors import Code
from konbini.protocol.kinds import LeftThings, Outcome
from tests.unit.kiosk.visit.seat import Seat

CABINET = int(Code.CABINET_OPEN)


async def test_a_paper_that_nobody_takes_is_told_with_its_order(seat: Seat) -> None:
    """Once its screen stands there, and not before."""
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)
    await seat.until(State.TAKE_PAPER)
    seat.host.see(paper_in_tray=True)
    await seat.pass_time(100)
    assert seat.host.left_things == []
    await seat.pass_time(30)
    await seat.until(State.PAPER_LEFT)
    await seat.pass_time(1)
    (visit,) = seat.host.visits
    assert seat.host.left_things == [Left(thing=LeftThings.PAPER, visit_id=visit.visit_id, first=1)]
    seat.host.see(paper_in_tray=False)
    await seat.over()
    seat.nothing_left()


@pytest.mark.parametrize(
    ("part", "thing", "state"),
    [("card", LeftThings.CARD, State.CARD_LEFT), ("coins_in_dish", LeftThings.COINS, State.COINS_LEFT)],
)
async def test_a_card_and_coins_are_told(seat: Seat, part: str, thing: LeftThings, state: State) -> None:
    """They are of no order."""
    await seat.to_ward()
    seat.host.see(**{part: True})
    seat.act(Cancel())
    await seat.until(state)
    await seat.pass_time(1)
    assert seat.host.left_things == [Left(thing=thing, visit_id=b"", first=1)]
    seat.host.see(**{part: False})
    await seat.over()


async def test_a_card_that_stays_when_a_visit_was_given_up_is_left(seat: Seat) -> None:
    """Its owner has gone: the names are let go, and the shop is told of the card as of any that was left."""
    await seat.to_pin()
    seat.type_pin()
    await seat.until(State.TAKE_CARD)
    seat.act(Cancel())
    await seat.until(State.REFUSED_TAKE_CARD)
    assert seat.course.given is not None
    await seat.pass_time(85)
    assert seat.host.left_things == []
    await seat.pass_time(10)
    await seat.until(State.CARD_LEFT)
    await seat.pass_time(1)
    assert seat.course.given is None
    assert seat.host.left_things == [Left(thing=LeftThings.CARD, visit_id=b"", first=1)]
    seat.host.see(card=False)
    await seat.over()
    seat.nothing_left()


async def test_an_opened_cabinet_is_out_of_service_before_the_card(seat: Seat) -> None:
    """In its own words, at once."""
    await seat.to_ward()
    seat.host.see(fault=CABINET)
    view = await seat.until(State.OUT_OF_SERVICE)
    assert isinstance(view, OutOfServiceView)
    assert view.code is Code.CABINET_OPEN
    seat.host.see(fault=0)
    await seat.over()


async def test_an_opened_cabinet_gives_the_coins_back(seat: Seat) -> None:
    """What is in escrow is returned, the order is cancelled, the reason is on the screen."""
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.until(State.PAY)
    seat.host.see(fault=CABINET)
    view = await seat.until(State.REFUSED)
    assert isinstance(view, OutcomeView)
    assert view.code is Code.CABINET_OPEN
    assert (seat.counts.escrow, seat.counts.kept) == (0, 0)
    assert [end.outcome for end in seat.host.ends] == [Outcome.CANCELLED]
    seat.act(Finish())
    await seat.over()
    seat.nothing_left()


async def test_what_is_being_printed_comes_to_its_end(seat: Seat) -> None:
    """Paid iff printed, whatever is opened meanwhile; and there is nothing more in this visit."""
    seat.printer.gate.clear()
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)
    await seat.until(State.PRINTING)
    seat.host.see(fault=CABINET)
    seat.printer.gate.set()
    await seat.until(State.TAKE_PAPER)
    assert [end.outcome for end in seat.host.ends] == [Outcome.PRINTED]
    assert seat.counts.kept == sum(step.fee for step in seat.host.steps[:1])


async def test_maintenance_lets_a_visit_end_politely(seat: Seat) -> None:
    """A service that is stopped goes on for whoever has given a card."""
    await seat.to_kind()
    seat.host.see(fault=int(Code.UNDER_MAINTENANCE))
    await seat.choose()
    await seat.slot_open()
    assert seat.view.state is State.PAY
