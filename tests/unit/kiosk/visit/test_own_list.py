"""What was issued on the card: asked for at the first question, read page by page, and gone with the visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.kiosk.channel.messages import Answered, Question
from konbini.kiosk.session.action import Back, Cancel, SeeOwnList, ShowPage
from konbini.kiosk.session.choice_views import KindView
from konbini.kiosk.session.flow import State, patience
from konbini.kiosk.session.list_views import LINES_A_PAGE, NoOwnListView, OwnListView
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.protocol.own_list import MOST_OWN_LISTS, OwnList
from tests.unit.kiosk.visit.far_side import issued
from tests.unit.kiosk.visit.seat import Seat


async def see(seat: Seat) -> OwnListView:
    """Ask for the list from the first question on."""
    seat.act(SeeOwnList())
    view = await seat.until(State.OWN_LIST)
    assert isinstance(view, OwnListView)
    return view


async def at_kind(seat: Seat) -> KindView:
    """Wait for the first question."""
    view = await seat.until(State.KIND)
    assert isinstance(view, KindView)
    return view


async def refused(seat: Seat, code: Code) -> None:
    """Ask for the list, be refused in plain words, and go on to choose."""
    seat.act(SeeOwnList())
    view = await seat.until(State.NO_OWN_LIST, State.OWN_LIST)
    assert isinstance(view, NoOwnListView)
    assert view.code is code
    seat.act(Back())
    await at_kind(seat)


async def test_the_list_and_back_to_the_question(seat: Seat) -> None:
    """Newest first as the ward told it; this kiosk is told from another one; what was chosen is not lost."""
    seat.far.issued = (issued("two", "K-0002"), issued("one"))
    await seat.to_kind()
    view = await see(seat)
    assert [(line.number, line.kiosk, line.is_here) for line in view.lines] == [
        ("two", "K-0002", False),
        ("one", "K-0001", True),
    ]
    assert (view.page, view.pages, view.older) == (1, 1, 0)
    seat.act(Back())
    await at_kind(seat)
    await seat.choose()
    await seat.until(State.PAY)


async def test_it_is_read_page_by_page(seat: Seat) -> None:
    """Six lines are two pages; each visit to the list begins with the first."""
    seat.far.issued = tuple(issued(f"number {place}") for place in range(LINES_A_PAGE + 2))
    await seat.to_kind()
    first = await see(seat)
    assert (len(first.lines), first.page, first.pages) == (LINES_A_PAGE, 1, 2)
    seat.act(ShowPage(page=2))
    while seat.view == first:
        await seat.pass_time(0)
    second = seat.view
    assert isinstance(second, OwnListView)
    assert [line.number for line in second.lines] == ["number 4", "number 5"]
    assert second.is_last
    seat.act(Back())
    await at_kind(seat)
    assert (await see(seat)).page == 1


async def test_the_button_is_there_three_times(seat: Seat) -> None:
    """What the ward answers to no fourth ask is not offered a fourth time."""
    await seat.to_kind()
    for _ in range(MOST_OWN_LISTS):
        assert (await at_kind(seat)).may_list
        await see(seat)
        seat.act(Back())
    assert not (await at_kind(seat)).may_list


@pytest.mark.parametrize("code", [Code.ASK_AT_COUNTER, Code.WARD_STOPPED, Code.ORDER_OUT_OF_TURN])
async def test_a_refusal_does_not_end_the_visit(seat: Seat, code: Code) -> None:
    """A plain screen with the code, and on to the questions."""
    seat.far.refuses[MessageKind.OWNLIST] = [code]
    await seat.to_kind()
    await refused(seat, code)
    assert (await see(seat)).lines == ()


async def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(seat: Seat) -> None:
    """Twice; then the screen says that the ward cannot be reached."""
    lost = iter((True, False, True, True))

    def carry(question: Question, answered: Answered) -> Answered | None:
        return None if question.kind is MessageKind.OWNLIST and next(lost) else answered

    seat.far.carried = carry
    await seat.to_kind()
    await see(seat)
    asks = [question.body for question in seat.far.heard if question.kind is MessageKind.OWNLIST]
    assert len(asks) == 2
    assert asks[0] == asks[1]
    seat.act(Back())
    await at_kind(seat)
    await refused(seat, Code.WARD_UNREACHABLE)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda listed: replace(listed, t=bytes(32)), Code.MISROUTED),
        (lambda listed: replace(listed, ordinal=2), Code.MISROUTED),
    ],
)
async def test_the_list_of_another_ask_is_not_shown(
    seat: Seat, change: Callable[[OwnList], OwnList], code: Code
) -> None:
    """Of another visit or ordinal, though the ward signed it."""
    seat.far.changed_list = change
    await seat.to_kind()
    await refused(seat, code)


async def test_a_carrier_that_changes_or_sends_back_what_was_asked_shows_nothing(seat: Seat) -> None:
    """It does not open."""
    seat.far.carried = lambda question, answered: (
        replace(answered, body=answered.body[:-1] + b"x") if question.kind is MessageKind.OWNLIST else answered
    )
    await seat.to_kind()
    await refused(seat, Code.MALFORMED)
    seat.far.carried = lambda question, answered: (
        replace(answered, body=question.body) if question.kind is MessageKind.OWNLIST else answered
    )
    await refused(seat, Code.MALFORMED)


async def test_whoever_walks_away_from_the_list_leaves_nothing(seat: Seat) -> None:
    """Idle: everything is wiped, the list with it."""
    seat.far.issued = (issued("one"),)
    await seat.to_kind()
    await see(seat)
    wait = patience(State.OWN_LIST)
    assert wait is not None
    while not seat.running.done():
        await seat.pass_time(wait.quiet + wait.warning)
    await seat.over()
    seat.nothing_left()


async def test_a_cancel_at_the_list_ends_the_visit(seat: Seat) -> None:
    """As at any question; nothing stays."""
    seat.far.issued = (issued("one"),)
    await seat.to_kind()
    await see(seat)
    seat.act(Cancel())
    await seat.until(State.REFUSED)
    assert seat.course.code is Code.CANCELLED
    while not seat.running.done():
        await seat.pass_time(100)
    seat.nothing_left()


async def test_a_menu_that_runs_out_waits_until_the_list_is_read(seat: Seat) -> None:
    """Nobody is torn away; behind it the ward is asked anew."""
    seat.far.menu_seconds = 30
    await seat.to_kind()
    await see(seat)
    await seat.pass_time(40)
    assert seat.view.state is State.OWN_LIST
    seat.act(Back())
    await seat.until(State.KIND)
    await seat.pass_time(1)
    await seat.until(State.LOOK_AGAIN)
