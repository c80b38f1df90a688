"""Several certificates in a visit: paid together or one after another, each an order with an outcome of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.session.action import (
    AddAnother,
    ChooseCopies,
    ChooseKind,
    ChooseOptions,
    ChooseScope,
    Confirm,
    Finish,
    More,
)
from konbini.kiosk.session.choice_views import CheckView
from konbini.kiosk.session.fates import Money, MoneyFate
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.order_views import EndView, PayView, TakePaperView
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Outcome, Scope
from konbini.protocol.visits import Document, Offer
from konbini.simulation.card.applet import CardContent
from tests.unit.kiosk.visit.far_side import FEE
from tests.unit.kiosk.visit.seat import Seat, seated

FREE = Offer(kind=CertificateKind.RESIDENT_RECORD_ITEMS, scopes=(Scope.SELF,), options=0, fee=0)
SEAL = Offer(kind=CertificateKind.SEAL_REGISTRATION, scopes=(Scope.SELF,), options=0, fee=200)


async def to_check(seat: Seat) -> CheckView:
    """Answer the questions of a resident record, up to the check."""
    await seat.until(State.KIND)
    seat.act(ChooseKind(kind=CertificateKind.RESIDENT_RECORD))
    await seat.until(State.SCOPE)
    seat.act(ChooseScope(scope=Scope.SELF))
    await seat.until(State.OPTIONS)
    seat.act(ChooseOptions(options=Options(0)))
    view = await seat.until(State.CHECK)
    assert isinstance(view, CheckView)
    return view


async def copies(seat: Seat, number: int) -> None:
    """Ask for as many copies of a resident record, and go to the slot."""
    await seat.to_kind()
    await to_check(seat)
    seat.act(ChooseCopies(copies=number))
    seat.act(Confirm())
    await seat.slot_open()


async def together(seat: Seat, *others: Offer) -> None:
    """Ask for a resident record, and for others that have no questions, and confirm."""
    seat.far.offers = (*seat.far.offers, *others)
    await seat.to_kind()
    await to_check(seat)
    for other in others:
        seat.act(AddAnother())
        await seat.until(State.KIND)
        seat.act(ChooseKind(kind=other.kind))
        await seat.until(State.CHECK)
    seat.act(Confirm())


async def end_of(seat: Seat) -> EndView:
    """Take the paper, and give the last screen."""
    await seat.until(State.TAKE_PAPER)
    await seat.pass_time(4)
    view = await seat.until(State.END)
    assert isinstance(view, EndView)
    return view


def ends(seat: Seat) -> list[tuple[int, Outcome, int, int, int]]:
    """Give how the orders ended: ordinal, outcome, money taken, returned, owed."""
    return [(end.ordinal, end.outcome, end.taken, end.returned, end.owed) for end in seat.host.ends]


async def test_three_copies_are_three_orders_paid_in_one_sum(seat: Seat) -> None:
    """One sum is asked for, each order keeps its own fee, and the change falls with the last."""
    await copies(seat, 3)
    view = seat.view
    assert isinstance(view, PayView)
    assert view.fee == 3 * FEE
    seat.cash.drop(1000)
    taken = await seat.until(State.TAKE_PAPER)
    assert isinstance(taken, TakePaperView)
    assert taken.pages == 3
    end = await end_of(seat)
    assert end.is_whole
    assert (len(end.lines), end.fee, end.may_go_on) == (3, 3 * FEE, True)
    assert ends(seat) == [
        (1, Outcome.PRINTED, FEE, 0, 0),
        (2, Outcome.PRINTED, FEE, 0, 0),
        (3, Outcome.PRINTED, 1000 - 2 * FEE, 1000 - 3 * FEE, 0),
    ]
    assert (seat.counts.kept, seat.counts.escrow) == (3 * FEE, 0)
    assert len({step.cash_key for step in seat.host.steps}) == 3
    seat.act(Finish())
    await seat.over()
    seat.nothing_left()


async def test_the_next_order_is_journalled_before_the_money_is_its_own(seat: Seat) -> None:
    """A crash at any moment finds whose the escrow is: asked for, ordered, printed, and so on with the next."""
    await copies(seat, 2)
    seat.cash.drop(500, 100)
    await seat.until(State.TAKE_PAPER)
    one = [Step.ASKING_MONEY, Step.ORDERING, Step.PRINTING, Step.HANDED]
    assert [(step.ordinal, step.step) for step in seat.host.steps] == [
        *((1, each) for each in one),
        *((2, each) for each in one),
    ]


async def test_the_second_of_three_jams(seat: Seat) -> None:
    """What was printed is kept, everything else comes back, and the third is not ordered."""

    def jam_with_the_second(document: Document) -> Document:
        seat.printer.jam_after = 0 if document.ordinal == 2 else None
        return document

    seat.far.changed_document = jam_with_the_second
    await copies(seat, 3)
    seat.cash.drop(500, 500)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None, Code.JAM, Code.JAM]
    assert (end.is_whole, end.fee) == (False, FEE)
    assert end.back == Money(fate=MoneyFate.RETURNED, amount=1000 - FEE)
    assert ends(seat) == [(1, Outcome.PRINTED, FEE, 0, 0), (2, Outcome.VOID, 1000 - FEE, 1000 - FEE, 0)]
    assert (seat.counts.kept, seat.counts.escrow) == (FEE, 0)


async def test_the_second_is_in_doubt(seat: Seat) -> None:
    """Its fee is held, what the third would have cost comes back, and the first is to be taken."""

    def forget_with_the_second(document: Document) -> Document:
        seat.printer.forgets = document.ordinal == 2
        return document

    seat.far.changed_document = forget_with_the_second
    await copies(seat, 3)
    seat.cash.drop(500, 500)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None, Code.PRINT_IN_DOUBT, Code.CANCELLED]
    assert end.back == Money(fate=MoneyFate.HELD, amount=FEE)
    assert ends(seat)[1] == (2, Outcome.IN_DOUBT, 1000 - FEE, 1000 - 2 * FEE, 0)
    assert (seat.counts.kept, seat.counts.escrow) == (2 * FEE, 0)


@pytest.mark.parametrize("code", [Code.CHANGED_LOOK_AGAIN, Code.ASK_AT_COUNTER])
async def test_the_ward_refuses_the_second(seat: Seat, code: Code) -> None:
    """The first stays printed and paid; nothing is asked anew while its paper lies there."""

    def refuse_the_second(document: Document) -> Document:
        seat.far.refuses[MessageKind.ORDER] = [code] if document.ordinal == 2 else []
        return document

    seat.far.changed_document = refuse_the_second
    await copies(seat, 2)
    seat.cash.drop(500, 100)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None, code]
    assert end.back == Money(fate=MoneyFate.RETURNED, amount=FEE)
    assert ends(seat) == [(1, Outcome.PRINTED, FEE, 0, 0), (2, Outcome.VOID, FEE, FEE, 0)]


async def test_different_certificates_and_one_without_a_fee(seat: Seat) -> None:
    """Those with a fee come first, so that the money passes from one to the next; a free one asks for nothing."""
    await together(seat, FREE, SEAL)
    await seat.slot_open()
    view = seat.view
    assert isinstance(view, PayView)
    assert view.fee == FEE + SEAL.fee
    seat.cash.drop(500)
    end = await end_of(seat)
    assert [(line.kind, line.fee, line.code) for line in end.lines] == [
        (CertificateKind.RESIDENT_RECORD, FEE, None),
        (CertificateKind.SEAL_REGISTRATION, SEAL.fee, None),
        (CertificateKind.RESIDENT_RECORD_ITEMS, 0, None),
    ]
    assert (seat.counts.kept, seat.counts.escrow) == (FEE + SEAL.fee, 0)


async def test_one_after_another(seat: Seat) -> None:
    """Anything more? The ward is asked anew, and the next order is the second of the visit."""
    await seat.to_pay()
    seat.cash.drop(100, 100, 100)
    await end_of(seat)
    seat.act(More())
    await to_check(seat)
    seat.act(Confirm())
    await seat.slot_open()
    seat.cash.drop(500)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None]
    assert [order.ordinal for order in seat.far.orders] == [1, 2]
    assert seat.counts.kept == 2 * FEE


async def test_no_more_than_five(seat: Seat) -> None:
    """The card allowed five: the check offers no sixth, and the last screen none after them."""
    await seat.to_kind()
    view = await to_check(seat)
    assert view.most_copies == 5
    seat.act(ChooseCopies(copies=5))
    await seat.pass_time(0)
    five = await seat.until(State.CHECK)
    assert isinstance(five, CheckView)
    assert (five.copies, five.may_add, five.total) == (5, False, 5 * FEE)
    seat.act(Confirm())
    await seat.slot_open()
    seat.cash.drop(1000, 500)
    end = await end_of(seat)
    assert (len(end.lines), end.may_go_on) == (5, False)


async def test_the_ward_does_not_hear_of_the_first(seat: Seat) -> None:
    """No second order before the ward knows of the first: what it would have cost comes back."""
    seat.host.ward_hears = False
    await copies(seat, 2)
    seat.cash.drop(500, 100)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None, Code.WARD_UNREACHABLE]
    assert (seat.counts.kept, seat.counts.escrow) == (FEE, 0)
    assert [order.ordinal for order in seat.far.orders] == [1]


async def test_the_coin_device_dies_after_the_first_came_out(seat: Seat) -> None:
    """The long-lived process settles: nothing more is printed on money that nobody can count."""
    await copies(seat, 2)
    seat.cash.dead = {"capture"}
    seat.cash.drop(500, 100)
    end = await end_of(seat)
    assert [line.code for line in end.lines] == [None, Code.CASH_UNAVAILABLE]
    assert end.back == Money(fate=MoneyFate.UNKNOWN, amount=FEE)
    assert (ends(seat), [order.ordinal for order in seat.far.orders]) == ([], [1])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(min_value=2, max_value=5),
    jam_at=st.none() | st.tuples(st.integers(1, 5), st.integers(0, 2)),
    refused_at=st.none() | st.integers(1, 5),
    stuck=st.booleans(),
)
async def test_paid_iff_printed(
    content: CardContent, *, number: int, jam_at: tuple[int, int] | None, refused_at: int | None, stuck: bool
) -> None:
    """Of orders paid together: the device keeps the fees of those that were printed, and returns or owes the rest."""

    def go_wrong(document: Document) -> Document:
        seat.printer.jam_after = jam_at[1] if jam_at is not None and document.ordinal == jam_at[0] else None
        seat.far.refuses[MessageKind.ORDER] = [Code.ASK_AT_COUNTER] if document.ordinal == refused_at else []
        return document

    async with seated(content) as seat:
        seat.far.pages, seat.far.changed_document, seat.cash.stuck = 2, go_wrong, stuck
        await copies(seat, number)
        seat.cash.drop(*(1000, 500)[: 1 if number < 4 else 2])
        await seat.until(State.TAKE_PAPER, State.REFUSED)
        printed = [end for end in seat.host.ends if end.outcome is Outcome.PRINTED]
        assert seat.counts.kept == FEE * len(printed)
        assert seat.counts.escrow == 0
        assert sum(end.taken - end.returned - end.owed for end in seat.host.ends) == seat.counts.kept
        assert [end.ordinal for end in seat.host.ends] == list(range(1, len(seat.host.ends) + 1))
        await seat.pass_time(4)
        await seat.until(State.END, State.REFUSED)
        seat.act(Finish())
        await seat.over()
        seat.nothing_left()
