"""Paid iff printed (invariant 4): whatever printer, coins, ward or journal do, the money follows the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.concluding import reference
from konbini.kiosk.session.action import Cancel, Finish, LookAgain
from konbini.kiosk.session.fates import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.session.flow import State, follow
from konbini.kiosk.session.order_views import EndView, OutcomeView
from konbini.kiosk.visit.happening import Happened
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind, Mismatched, Outcome
from konbini.protocol.visits import Document
from konbini.simulation.card.applet import CardContent
from tests.unit.kiosk.visit.far_side import FEE, NUMBER
from tests.unit.kiosk.visit.parts import CoinBox
from tests.unit.kiosk.visit.seat import Seat, seated

NOTHING = Money(fate=MoneyFate.NONE_TAKEN)
RETURNED = Money(fate=MoneyFate.RETURNED, amount=FEE)
NO_PAPER = Paper(fate=PaperFate.NONE)


async def pay(seat: Seat) -> None:
    """Go to the slot and pay the fee."""
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)


async def refused(seat: Seat) -> tuple[Code, Money, Paper]:
    """Wait for the end without a certificate, and give what the screen says."""
    view = await seat.until(State.REFUSED)
    assert isinstance(view, OutcomeView)
    return view.code, view.money, view.paper


def ends(seat: Seat) -> list[tuple[Outcome, int, int, int]]:
    """Give how the orders ended: outcome, money taken, returned, owed."""
    return [(end.outcome, end.taken, end.returned, end.owed) for end in seat.host.ends]


async def test_every_step_is_journalled_before_it_is_taken(seat: Seat) -> None:
    """Money, order, print: each is in the journal with one key; HANDED follows the last page."""
    await pay(seat)
    await seat.until(State.TAKE_PAPER)
    assert [step.step for step in seat.host.steps] == [Step.ASKING_MONEY, Step.ORDERING, Step.PRINTING, Step.HANDED]
    assert len({step.cash_key for step in seat.host.steps}) == 1
    assert seat.host.steps[-1].number == NUMBER


async def test_jam_after_page_1_of_2(seat: Seat) -> None:
    """One page of two came out: the fee is returned, the screen says that the page is void, the receipt says k."""
    seat.far.pages, seat.printer.jam_after = 2, 1
    await pay(seat)
    assert await refused(seat) == (Code.JAM, RETURNED, Paper(fate=PaperFate.SOME, out=1, due=2))
    assert ends(seat) == [(Outcome.JAM, FEE, FEE, 0)]
    assert seat.host.ends[0].after_page == 1


async def test_nothing_came_out(seat: Seat) -> None:
    """A jam before the first page is void, and the fee is returned."""
    seat.printer.jam_after = 0
    await pay(seat)
    assert await refused(seat) == (Code.JAM, RETURNED, Paper(fate=PaperFate.NONE, out=0, due=1))
    assert ends(seat) == [(Outcome.VOID, FEE, FEE, 0)]


async def test_no_money_is_asked_for_without_paper(seat: Seat) -> None:
    """The printer is looked at before the slot opens."""
    seat.printer.paper = False
    await seat.to_kind()
    await seat.choose()
    assert await refused(seat) == (Code.PAPER_OUT, NOTHING, NO_PAPER)
    assert (ends(seat), seat.counts.taken) == ([], 0)


async def test_no_paper(seat: Seat) -> None:
    """A printer that lost its paper meanwhile is handed nothing."""
    await seat.to_pay()
    seat.printer.paper = False
    seat.cash.drop(100, 100, 100)
    assert await refused(seat) == (Code.PAPER_OUT, RETURNED, NO_PAPER)
    assert (ends(seat), seat.printer.jobs) == ([(Outcome.VOID, FEE, FEE, 0)], 0)


async def test_a_counter_that_nobody_can_explain(seat: Seat) -> None:
    """In doubt keeps the money until a person has settled it, and the screen says that."""
    seat.printer.forgets = True
    await pay(seat)
    code, money, paper = await refused(seat)
    assert (code, money) == (Code.PRINT_IN_DOUBT, Money(fate=MoneyFate.HELD, amount=FEE))
    assert paper.fate is PaperFate.UNCERTAIN
    assert ends(seat) == [(Outcome.IN_DOUBT, FEE, 0, 0)]


@pytest.mark.parametrize(
    ("pages", "cut", "outcome"), [(1, 1, Outcome.VOID), (2, 1, Outcome.VOID), (2, 2, Outcome.IN_DOUBT)]
)
async def test_a_defect_while_printing_asks_the_printer(seat: Seat, pages: int, cut: int, outcome: Outcome) -> None:
    """A defect of ours decides nothing about paper and money: the printer's counter does."""
    seat.far.pages, seat.printer.cut = pages, cut
    await pay(seat)
    code, money, _ = await refused(seat)
    assert seat.host.ends[0].outcome is outcome
    if outcome is Outcome.VOID:
        assert money == RETURNED
    else:
        assert (code, money) == (Code.PRINT_IN_DOUBT, Money(fate=MoneyFate.HELD, amount=FEE))
        assert seat.counts.kept == FEE


async def test_the_coin_device_dies_after_the_paper_came_out(seat: Seat) -> None:
    """What is printed is never given back: the capture is left to the long-lived process."""
    seat.cash.dead = {"capture"}
    await pay(seat)
    await seat.until(State.TAKE_PAPER)
    assert ends(seat) == []
    assert (seat.counts.escrow, seat.counts.returned) == (FEE, 0)


async def test_the_journal_refuses_after_the_paper_came_out(seat: Seat) -> None:
    """The same where the journal cannot take the end."""
    seat.host.refuses_journal = Code.INTERNAL
    await pay(seat)
    await seat.until(State.TAKE_PAPER)
    assert seat.counts.kept == FEE


async def test_the_coins_cannot_be_paid_out(seat: Seat) -> None:
    """What does not drop is owed, on the screen and on the receipt."""
    seat.cash.stuck = True
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.pass_time(0)
    seat.act(Cancel())
    code, money, _ = await refused(seat)
    assert (code, money) == (Code.REFUND_OWED, Money(fate=MoneyFate.OWED, amount=100))
    assert ends(seat) == [(Outcome.CANCELLED, 100, 0, 100)]


async def test_the_coin_device_is_silent_when_it_should_pay_out(seat: Seat) -> None:
    """What a silent device counted last is said, and that nobody knows more: the ward is told of a doubt."""
    seat.cash.dead = {"give back"}
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.pass_time(0)
    seat.act(Cancel())
    code, money, _ = await refused(seat)
    assert (code, money) == (Code.CASH_SILENT, Money(fate=MoneyFate.UNKNOWN, amount=100))
    assert ends(seat) == [(Outcome.IN_DOUBT, 100, 0, 0)]


async def test_the_coin_device_is_silent_right_after_a_coin(seat: Seat) -> None:
    """A coin that went in after the device's last word is not "none taken"; there is a number to ask with."""
    await seat.to_pay()
    seat.cash.dead = {"inserted", "give back"}
    seat.cash.drop(100)
    code, money, paper = await refused(seat)
    assert (code, money, paper) == (Code.CASH_SILENT, Money(fate=MoneyFate.UNKNOWN), NO_PAPER)
    (end,) = seat.host.ends
    assert (end.outcome, end.money_unknown, end.taken) == (Outcome.IN_DOUBT, True, 0)
    assert seat.view == replace(seat.view, reference=reference(end.visit_id, end.ordinal))  # type: ignore[call-arg]


async def test_a_coin_device_that_forgot_what_it_had_counted(seat: Seat) -> None:
    """It answers, and knows of no such asking: that is not "none taken" after it had counted a coin."""
    await seat.to_pay()
    seat.cash.drop(100)
    await seat.pass_time(0)
    seat.cash.machine = CoinBox().machine
    seat.act(Cancel())
    code, money, _ = await refused(seat)
    assert (code, money) == (Code.CASH_SILENT, Money(fate=MoneyFate.UNKNOWN, amount=100))
    assert ends(seat) == [(Outcome.IN_DOUBT, 100, 0, 0)]


async def test_the_journal_refuses_what_nobody_knows(seat: Seat) -> None:
    """The screen says it all the same; the order is unsettled, and the long-lived process asks the device."""
    seat.cash.dead, seat.host.refuses_journal = {"give back"}, Code.INTERNAL
    await seat.to_pay()
    seat.act(Cancel())
    assert (await refused(seat))[1] == Money(fate=MoneyFate.UNKNOWN)
    assert ends(seat) == []


@pytest.mark.parametrize(
    ("answer", "fate"), [(Code.CASH_UNAVAILABLE, MoneyFate.NONE_TAKEN), (Code.CASH_SILENT, MoneyFate.UNKNOWN)]
)
async def test_a_slot_that_may_have_opened(seat: Seat, answer: Code, fate: MoneyFate) -> None:
    """Whoever said no, or heard nothing, holds nothing; one that was asked and did not answer may have opened."""
    seat.cash.dead, seat.cash.death = {"ask", "give back"}, answer
    await seat.to_kind()
    await seat.choose()
    assert (await refused(seat))[1] == Money(fate=fate)


async def test_change_of_a_device_that_is_silent_after_the_paper_came_out(seat: Seat) -> None:
    """The paper is there and its fee earned; whether the change came out nobody knows, and the screen says that."""
    seat.cash.dead = {"capture"}
    await seat.to_pay()
    seat.cash.drop(500)
    await seat.until(State.TAKE_PAPER)
    await seat.pass_time(4)
    view = await seat.until(State.END)
    assert isinstance(view, EndView)
    assert (view.fee, view.back) == (FEE, Money(fate=MoneyFate.UNKNOWN, amount=200))


async def test_the_slot_does_not_open(seat: Seat) -> None:
    """A coin device that does not take the asking ends the visit; nothing was taken."""
    seat.cash.dead = {"ask"}
    await seat.to_kind()
    await seat.choose()
    assert await refused(seat) == (Code.CASH_UNAVAILABLE, NOTHING, NO_PAPER)


async def test_a_cancel_before_the_slot_opens(seat: Seat) -> None:
    """Nobody was asked for money: nothing is given back, and no order is concluded."""
    await seat.to_kind()
    await seat.choose()
    seat.act(Cancel())
    assert await refused(seat) == (Code.CANCELLED, NOTHING, NO_PAPER)
    assert (seat.host.steps, ends(seat), seat.counts.taken) == ([], [], 0)


async def test_nothing_is_owed_where_nothing_was_asked_for(seat: Seat) -> None:
    """A menu that runs out before the slot opens lets the ward be asked anew, as at a question."""
    said: list[Happened] = []
    seat.work.report_to(said.append)
    begin = seat.work.of(State.RETURNING_TO_LOOK)
    assert begin is not None
    await begin()
    assert [follow(State.RETURNING_TO_LOOK, happened.event) for happened in said] == [State.LOOK_AGAIN]


@pytest.mark.parametrize("code", [Code.CHANGED_LOOK_AGAIN, Code.MENU_EXPIRED])
async def test_changed_look_again(seat: Seat, code: Code) -> None:
    """The money comes back, the ward is asked anew, and the next order is the second."""
    seat.far.refuses[MessageKind.ORDER] = [code]
    await pay(seat)
    view = await seat.until(State.LOOK_AGAIN)
    assert (getattr(view, "code", None), getattr(view, "money", None)) == (code, RETURNED)
    seat.act(LookAgain())
    await seat.choose()
    await seat.slot_open()
    seat.cash.drop(100, 100, 100)
    await seat.until(State.TAKE_PAPER)
    assert ends(seat) == [(Outcome.VOID, FEE, FEE, 0), (Outcome.PRINTED, FEE, 0, 0)]
    assert [order.ordinal for order in seat.far.orders] == [1, 2]
    assert seat.counts.kept == FEE


async def test_no_sixth_order(seat: Seat) -> None:
    """The card allowed five orders: after five that came to nothing the visit is over."""
    seat.far.refuses[MessageKind.ORDER] = [Code.CHANGED_LOOK_AGAIN] * 5
    await pay(seat)
    for _ in range(4):
        await seat.until(State.LOOK_AGAIN)
        seat.act(LookAgain())
        await seat.choose()
        await seat.slot_open()
        seat.cash.drop(100, 100, 100)
    await seat.until(State.LOOK_AGAIN)
    seat.act(LookAgain())
    code, money, _ = await refused(seat)
    assert (code, money) == (Code.VISIT_OVER, RETURNED)


async def test_a_document_that_comes_too_late(seat: Seat) -> None:
    """Printing begins before print-by or not at all."""

    def out_of_time(document: Document) -> Document:
        return Document(
            t=document.t,
            ordinal=document.ordinal,
            number=document.number,
            pdf_hash=document.pdf_hash,
            fee=document.fee,
            pages=document.pages,
            print_by=document.print_by - 181,
        )

    seat.far.changed_document = out_of_time
    await pay(seat)
    assert await refused(seat) == (Code.DOCUMENT_LATE, RETURNED, NO_PAPER)
    assert seat.printer.jobs == 0


async def test_another_paper(seat: Seat) -> None:
    """A PDF that does not say what its envelope says is not printed."""
    seat.far.changed_document = lambda document: Document(
        t=document.t,
        ordinal=document.ordinal,
        number="999990-250401-10000002-0",
        pdf_hash=document.pdf_hash,
        fee=document.fee,
        pages=document.pages,
        print_by=document.print_by,
    )
    await pay(seat)
    assert await refused(seat) == (Code.DOCUMENT_INVALID, RETURNED, NO_PAPER)
    assert seat.printer.jobs == 0
    (failed,) = seat.host.failures
    assert (failed.ordinal, failed.found) == (1, Mismatched.PAPER)
    assert unchecked_payload(failed.handed.signed)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.integers(min_value=1, max_value=3),
    jam_after=st.none() | st.integers(min_value=0, max_value=3),
    cut=st.none() | st.integers(min_value=1, max_value=3),
    paper=st.booleans(),
    stuck=st.booleans(),
    coins=st.sampled_from(((100, 100, 100), (500,), (100,))),
    ward=st.none() | st.sampled_from((Code.CHANGED_LOOK_AGAIN, Code.ASK_AT_COUNTER, Code.WARD_STOPPED)),
)
async def test_paid_iff_printed(  # noqa: PLR0913 - what may go wrong
    content: CardContent,
    *,
    pages: int,
    jam_after: int | None,
    cut: int | None,
    paper: bool,
    stuck: bool,
    coins: tuple[int, ...],
    ward: Code | None,
) -> None:
    """A concluded order kept its fee iff it is printed, the device's count agrees, and all is wiped."""
    async with seated(content) as seat:
        seat.far.pages, seat.printer.jam_after, seat.printer.cut = pages, jam_after, cut
        seat.cash.stuck = stuck
        seat.far.refuses[MessageKind.ORDER] = [] if ward is None else [ward]
        await seat.to_pay()
        seat.printer.paper = paper
        seat.cash.drop(*coins)
        if sum(coins) < FEE:
            await seat.pass_time(0)
            seat.act(Cancel())
        ended = await seat.until(State.REFUSED, State.LOOK_AGAIN, State.TAKE_PAPER)
        (end,) = seat.host.ends
        kept = end.taken - end.returned - end.owed
        if end.outcome is not Outcome.IN_DOUBT:
            assert kept == (FEE if end.outcome is Outcome.PRINTED else 0)
        assert seat.counts.kept == kept
        assert seat.counts.escrow == 0
        assert (end.outcome is Outcome.PRINTED) == (ended.state is State.TAKE_PAPER)
        if ended.state is State.TAKE_PAPER:
            assert len(seat.printer.sheets) == pages
            await seat.pass_time(4)
            await seat.until(State.END)
        elif ended.state is State.LOOK_AGAIN:
            seat.act(Cancel())
            await seat.until(State.REFUSED)
        seat.act(Finish())
        await seat.over()
        seat.nothing_left()
