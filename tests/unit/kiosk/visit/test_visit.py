"""The loop of a visit: from the start screen to nothing left, on each way that a card, a resident or time may take."""

from __future__ import annotations

import pytest

from konbini.kiosk.session.action import (
    Agree,
    Back,
    Cancel,
    ChooseKind,
    ChooseLanguage,
    ChoosePrefecture,
    ChooseRow,
    ChooseSize,
    ChooseTheme,
    ChooseTown,
    ChooseWard,
    EnterPostcode,
    Finish,
    OpenPanel,
    SearchByPostcode,
    SearchByPrefecture,
)
from konbini.kiosk.session.entry_views import PinView
from konbini.kiosk.session.fates import MoneyFate, PaperFate
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language, Look, Panel, TextSize, Theme
from konbini.kiosk.session.order_views import OutcomeView
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, MessageKind, Outcome
from konbini.protocol.visits import Menu
from tests.unit.kiosk.visit.far_side import FEE, WARD
from tests.unit.kiosk.visit.seat import Seat


def outcome(seat: Seat) -> OutcomeView:
    """Give the screen of how it ended."""
    assert isinstance(seat.view, OutcomeView)
    return seat.view


async def leave(seat: Seat) -> None:
    """Read the last screen, and go."""
    seat.act(Finish())
    await seat.over()
    seat.nothing_left()


async def test_from_card_to_paper(seat: Seat) -> None:
    """Card, PIN, menu, coins, paper: paid iff printed, and nothing left."""
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)
    await seat.until(State.TAKE_PAPER)
    seat.host.see(paper_in_tray=True)
    await seat.pass_time(1)
    assert seat.view.state is State.TAKE_PAPER
    seat.host.see(paper_in_tray=False)
    await seat.until(State.END)
    await leave(seat)
    assert seat.counts.kept == FEE
    (end,) = seat.host.ends
    assert (end.outcome, end.taken, end.returned, end.owed) == (Outcome.PRINTED, FEE, 0, 0)
    assert end.counter_after - end.counter_before == 1


async def test_paper_that_the_sensor_has_not_seen_yet_is_not_taken(seat: Seat) -> None:
    """The sensor is asked twice a second: a tray that is still said to be empty does not mean that somebody took it."""
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)
    await seat.until(State.TAKE_PAPER)
    await seat.pass_time(1)
    assert seat.view.state is State.TAKE_PAPER
    await seat.pass_time(3)
    await seat.until(State.END)


async def test_wrong_pin_to_the_lock(seat: Seat) -> None:
    """Each wrong PIN says how many tries are left; the last one ends the visit, and the buffers are zeros."""
    await seat.to_pin()
    buffers = []
    for left in (2, 1):
        buffers.append(seat.type_pin(b"0000"))
        await seat.until(State.CHECKING_PIN)
        view = await seat.until(State.PIN)
        assert isinstance(view, PinView)
        assert (view.tries_left, view.was_wrong) == (left, True)
    buffers.append(seat.type_pin(b"0000"))
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.PIN_LOCKED
    seat.host.see(card=False)
    await seat.until(State.REFUSED)
    assert outcome(seat).code is Code.PIN_LOCKED
    await leave(seat)
    assert buffers == [bytearray(4)] * 3


async def test_a_phone_that_asks_its_holder_itself_is_asked_no_pin(seat: Seat) -> None:
    """No screen asks for a PIN, and no PIN reaches the card; the rest is as with a card."""
    seat.reader.needs_pin = False
    await seat.to_ward()
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    seat.host.see(card=True)
    await seat.until(State.TAKE_CARD)
    assert State.PIN not in {view.state for view in seat.glass.shown}
    assert seat.reader.pins == []
    seat.host.see(card=False)
    await seat.until(State.KIND)


async def test_a_phone_whose_holder_did_not_confirm(seat: Seat) -> None:
    """It is told so, and there is no menu."""
    seat.reader.needs_pin = False
    seat.reader.signing_fault = Code.PHONE_NOT_CONFIRMED
    await seat.to_ward()
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    seat.host.see(card=True)
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.PHONE_NOT_CONFIRMED
    assert seat.course.given is None


@pytest.mark.parametrize("needs_pin", [True, False], ids=["after the PIN", "without a PIN"])
async def test_a_card_taken_while_it_signs_ends_the_visit(seat: Seat, *, needs_pin: bool) -> None:
    """Whatever it was: the resident is told, and begins again."""
    seat.reader.needs_pin = needs_pin
    seat.reader.signing_fault = Code.CARD_REMOVED
    await seat.to_ward()
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    seat.host.see(card=True)
    if needs_pin:
        await seat.until(State.PIN)
        seat.type_pin()
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.CARD_REMOVED
    seat.host.see(card=False)
    await seat.until(State.REFUSED)
    await leave(seat)


@pytest.mark.parametrize("at", [State.START, State.NOTICE, State.WARD, State.CARD], ids=lambda state: state.name)
async def test_an_unplugged_reader_is_out_of_service_and_back_by_itself(seat: Seat, at: State) -> None:
    """Wherever no card was asked for yet: said at once, and nobody has to do anything once it is plugged in again."""
    await seat.until(State.START)
    if at is not State.START:
        seat.act(ChooseLanguage(language=Language.ENGLISH))
        await seat.until(State.NOTICE)
    if at in {State.WARD, State.CARD}:
        seat.act(Agree())
        await seat.until(State.WARD)
    if at is State.CARD:
        seat.act(ChooseWard(code=WARD))
    await seat.until(at)
    seat.host.see(reader=False, fault=int(Code.READER_UNAVAILABLE))
    await seat.until(State.OUT_OF_SERVICE)
    await seat.pass_time(3600)
    assert seat.view.state is State.OUT_OF_SERVICE
    seat.host.see(reader=True, fault=0)
    await seat.over()
    seat.nothing_left()


async def test_a_reader_unplugged_with_a_card_on_it_ends_the_visit_with_its_reason(seat: Seat) -> None:
    """While the card signs: the resident reads why, and is not asked for ever to take a card that nobody sees."""
    await seat.to_pin()
    seat.reader.signing_fault = Code.READER_UNAVAILABLE
    seat.type_pin()
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.READER_UNAVAILABLE
    seat.host.see(reader=False, card=False, fault=int(Code.READER_UNAVAILABLE))
    await seat.until(State.REFUSED)
    await leave(seat)


async def test_a_locked_card_is_never_asked(seat: Seat) -> None:
    """A card without tries left is refused before a PIN is typed, and let go."""
    seat.reader.tries = 0
    await seat.to_ward()
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    seat.host.see(card=True)
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.PIN_LOCKED
    assert seat.reader.held is None


async def test_whoever_lives_elsewhere_is_told_so(seat: Seat) -> None:
    """A municipality that takes no part ends in its own screen, with a way back and no card asked for."""
    await seat.to_ward()
    seat.act(SearchByPostcode())
    await seat.until(State.POSTCODE)
    seat.act(EnterPostcode(digits="1300001"))
    await seat.until(State.FOUND)
    seat.act(ChooseTown(code="130002"))
    await seat.until(State.NOT_OFFERED)
    seat.act(Back())
    await seat.until(State.WARD)


async def test_a_searched_town_that_takes_part_goes_on(seat: Seat) -> None:
    """The search and the first screen lead to the same card."""
    await seat.to_ward()
    seat.act(SearchByPrefecture())
    await seat.until(State.PREFECTURE)
    seat.act(ChooseRow(row="kanto"))
    seat.act(ChoosePrefecture(code="13"))
    await seat.until(State.TOWN)
    seat.act(ChooseTown(code=WARD))
    await seat.until(State.CARD)


async def test_coins_in_the_dish_keep_their_screen(seat: Seat) -> None:
    """The visit is wiped, and the next begins only when the coins are taken."""
    await seat.to_ward()
    seat.host.see(coins_in_dish=True)
    seat.act(Cancel())
    await seat.until(State.COINS_LEFT)
    await seat.pass_time(600)
    assert seat.view.state is State.COINS_LEFT
    seat.host.see(coins_in_dish=False)
    await seat.over()
    seat.nothing_left()


async def test_how_the_screen_looks_ends_with_the_visit(seat: Seat) -> None:
    """Size, contrast and the open panel are the visitor's, lie over any screen, and are gone for the next."""
    await seat.to_ward()
    seat.act(OpenPanel(panel=Panel.DISPLAY))
    seat.act(ChooseSize(size=TextSize.LARGEST))
    seat.act(ChooseTheme(theme=Theme.YELLOW_ON_BLACK))
    await seat.pass_time(0)
    assert seat.view.look == Look(size=TextSize.LARGEST, theme=Theme.YELLOW_ON_BLACK)
    assert seat.view.panel is Panel.DISPLAY
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    assert seat.view.panel is None
    seat.act(Cancel())
    await seat.over()
    seat.nothing_left()


async def test_card_taken_while_the_pin_is_checked(seat: Seat) -> None:
    """A card that is pulled then ends the visit, by its own name."""
    await seat.to_pin()
    seat.reader.gate.clear()
    buffer = seat.type_pin()
    await seat.until(State.CHECKING_PIN)
    seat.host.see(card=False)
    await seat.until(State.REFUSED)
    assert outcome(seat).code is Code.CARD_REMOVED
    await leave(seat)
    assert buffer == bytearray(4)


async def test_card_taken_while_it_is_read(seat: Seat) -> None:
    """A card that came and went lets the next one be held."""
    await seat.to_ward()
    seat.act(ChooseWard(code=WARD))
    await seat.until(State.CARD)
    seat.reader.gate.clear()
    seat.host.see(card=True)
    await seat.until(State.IDENTIFYING)
    seat.host.see(card=False)
    seat.reader.gate.set()
    await seat.until(State.CARD)
    await seat.pass_time(1)
    assert seat.view.state is State.CARD
    seat.host.see(card=True)
    await seat.until(State.PIN)


async def test_card_taken_while_the_ward_is_asked(seat: Seat) -> None:
    """The card has done its work: taking it then leads on to the questions, and OPEN is sent once."""
    await seat.to_pin()
    seat.type_pin()
    await seat.until(State.ASKING, State.TAKE_CARD)
    seat.host.see(card=False)
    await seat.until(State.KIND)
    assert [question.kind for question in seat.far.heard].count(MessageKind.OPEN) == 1


async def test_a_refusal_of_the_ward_is_told_with_the_card_on_the_reader(seat: Seat) -> None:
    """A ward that refuses: the card is let go, its owner is told to take it, nothing is owed."""
    seat.far.refuses[MessageKind.OPEN] = [Code.ASK_AT_COUNTER]
    await seat.to_pin()
    seat.type_pin()
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.ASK_AT_COUNTER
    assert outcome(seat).money.fate is MoneyFate.NONE_TAKEN
    assert seat.reader.held is None
    assert seat.host.visits == []


async def test_a_menu_without_a_scope_is_refused(seat: Seat) -> None:
    """A ward's own defect, rightly signed, ends in a screen and never in a dead visit."""

    def without_scopes(menu: Menu) -> Menu:
        return Menu(
            offers=tuple(type(offer)(kind=offer.kind, scopes=(), options=0, fee=offer.fee) for offer in menu.offers),
            members=menu.members,
            closes=menu.closes,
            good_until=menu.good_until,
        )

    seat.far.changed_menu = without_scopes
    await seat.to_pin()
    seat.type_pin()
    await seat.until(State.REFUSED_TAKE_CARD)
    assert outcome(seat).code is Code.MALFORMED


async def test_a_late_tap_means_nothing(seat: Seat) -> None:
    """An answer to a question that is over changes nothing, wherever the visit stands now."""
    await seat.to_kind()
    seat.act(Cancel())
    seat.act(ChooseKind(kind=CertificateKind.RESIDENT_RECORD))
    await seat.until(State.REFUSED)
    await seat.pass_time(1)
    assert outcome(seat).code is Code.CANCELLED
    await leave(seat)


async def test_nobody_is_there(seat: Seat) -> None:
    """A screen warns, counts down, and ends the visit."""
    await seat.to_kind()
    await seat.pass_time(61)
    assert seat.view.state is State.KIND
    assert seat.view.idle is not None
    assert seat.view.idle.seconds <= 30
    await seat.pass_time(31)
    await seat.over()
    seat.nothing_left()


async def test_idle_while_paying_returns_the_coins(seat: Seat) -> None:
    """Somebody who walks away from the slot finds the coins in the dish."""
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.pass_time(125)
    await seat.until(State.REFUSED)
    view = outcome(seat)
    assert (view.code, view.money.fate, view.money.amount) == (Code.PAYMENT_NOT_MADE, MoneyFate.RETURNED, 100)
    assert seat.host.ends[0].outcome is Outcome.CANCELLED
    await leave(seat)
    assert seat.counts.kept == 0


async def test_the_menu_runs_out_at_a_question(seat: Seat) -> None:
    """A menu that ran out is said so before anybody pays, and the ward is asked anew with the same bytes."""
    seat.far.menu_seconds = 50
    await seat.to_kind()
    await seat.pass_time(51)
    view = await seat.until(State.LOOK_AGAIN)
    assert getattr(view, "code", None) is Code.MENU_EXPIRED


async def test_the_menu_runs_out_while_paying(seat: Seat) -> None:
    """Coins that lie in escrow then are returned before the ward is asked anew."""
    seat.far.menu_seconds = 50
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.pass_time(51)
    await seat.until(State.LOOK_AGAIN)
    assert (seat.counts.returned, seat.counts.escrow) == (100, 0)


@pytest.mark.parametrize("before", [State.WARD, State.CARD, State.PIN, State.TAKE_CARD, State.KIND, State.PAY])
async def test_cancel(seat: Seat, before: State) -> None:
    """Cancelling ends the visit from every state that offers it, with the card and the coins back."""
    if before in (State.WARD, State.CARD):
        await seat.to_ward()
        if before is State.CARD:
            seat.act(ChooseWard(code=WARD))
    elif before is State.KIND:
        await seat.to_kind()
    elif before is State.PAY:
        await seat.to_pay()
    else:
        await seat.to_pin()
        if before is State.TAKE_CARD:
            seat.type_pin()
    await seat.until(before)
    seat.act(Cancel())
    if before in (State.PIN, State.TAKE_CARD):
        await seat.until(State.REFUSED_TAKE_CARD)
        await seat.pass_time(0)
        assert seat.reader.held is None
        seat.host.see(card=False)
    if before not in (State.WARD, State.CARD):
        await seat.until(State.REFUSED)
        view = outcome(seat)
        assert (view.code, view.paper.fate) == (Code.CANCELLED, PaperFate.NONE)
        seat.act(Finish())
    await seat.over()
    seat.nothing_left()
    assert seat.counts.kept == 0
    assert seat.counts.escrow == 0


async def test_the_long_lived_process_is_gone(seat: Seat) -> None:
    """A visit without its host ends at once."""
    await seat.to_pay()
    seat.host.hang_up()
    with pytest.raises(ExceptionGroup) as gone:
        await seat.over()
    assert gone.group_contains(ConnectionError)
