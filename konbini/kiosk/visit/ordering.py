"""The orders that are paid together, one after another, from their fee to their end: coins, ORDER and DOCUMENT, paper.

Owns the orders under way: the last step that was journalled for the present one, and the printer's judgement. What is
concluded of it follows from these two (`konbini.kiosk.concluding`).

Invariants, the design's around paper and money: every step is journalled before it is taken; the document is verified
before it is rasterised, from the very buffer; printing begins before print-by or not at all; the money of each order is
kept when its last page is out, and the rest is carried to the next; where one fails, everything that is not earned is
given back and those after it are not ordered. What cannot be settled now is left to the long-lived process, which
journalled the same steps.

Limits: who asks is proven elsewhere; a lost channel (`ConnectionError`) ends the visit, and is nobody's to catch here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from konbini.kiosk.channel.messages import FailedCheck, OrderStep, Step
from konbini.kiosk.concluding import conclusion, keeps_money, reference, settle_money, unknown
from konbini.kiosk.payment.amounts import Settlement
from konbini.kiosk.printing.outcome import Claim, OutcomeKind
from konbini.kiosk.printing.ports import Judged, PageHanded, PagePrinted, Settled, check_fit, fault_code
from konbini.kiosk.session.fates import Money, MoneyFate, OrderLine, Paper, PaperFate
from konbini.kiosk.session.flow import Event
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened, Report
from konbini.kiosk.visit.tools import Tools
from konbini.kiosk.visit.ward import FailedDocument, WardVisit, Wish
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Mismatched
from konbini.protocol.numbers import binding
from konbini.protocol.visits import Document

__all__ = ["Ordering"]

_CASH_KEY_BYTES = 16
_TOLD_SECONDS = 20
_TO_LOOK_UP = frozenset((MoneyFate.OWED, MoneyFate.UNKNOWN))
"""Somebody will ask an office for it: they need a number."""
_FATES = {
    OutcomeKind.PRINTED: PaperFate.ALL,
    OutcomeKind.VOID: PaperFate.NONE,
    OutcomeKind.JAM: PaperFate.SOME,
    OutcomeKind.IN_DOUBT: PaperFate.UNCERTAIN,
}

_log = logger("konbini.kiosk.visit.ordering")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One order: what was asked for, and its last step, which is journalled once it is the present one's."""

    wish: Wish
    step: OrderStep


class Ordering:
    """The pieces of work from the open slot to the last page, or to the coins in the dish."""

    def __init__(self, tools: Tools, course: Course, report: Report) -> None:
        self._tools = tools
        self._course = course
        self._report = report
        self._present: _Order | None = None
        self._following: tuple[_Order, ...] | None = None
        self._settled: Settled | None = None
        self._may_hold: Literal[True] | None = None
        """The slot may be open: only the device knows what went in. None where not: nothing here stays after a wipe."""

    async def pay(self) -> None:
        """Open the slot for the sum of all fees, and follow the escrow; never where nothing could be printed."""
        check_fit(await self._tools.printer.status())
        first = self._begin()
        await self._journal(first.step)
        self._report(Happened(event=Event.COIN))
        await self._open_slot(first.step)
        async for seen in self._tools.cash.inserted(first.step.cash_key):
            self._report(Happened(event=Event.COIN, change=_count(seen.escrow)))
        self._report(Happened(event=Event.PAID))

    async def prepare(self) -> None:
        """ORDER -> DOCUMENT, and the document's own signature. Orders without a fee begin here."""
        ward = self._course.at_ward()
        order = self._present or self._begin()
        await self._journal(replace(order.step, step=Step.ORDERING))
        await self._wait_for_turn(order.step)
        try:
            document = await self._checked(order, ward)
        except FailedDocument as failed:
            await self._tell_failed(order.step, failed)
            raise

        def change(course: Course) -> None:
            course.document = document
            course.reference = document.number
            course.page = 1

        self._report(Happened(event=Event.DOCUMENT, change=change))

    async def _checked(self, order: _Order, ward: WardVisit) -> Document:
        """Fetch the document, hold its paper in the visit's memory, and check it.

        Raises:
            FailedDocument: it did not pass.
            Refused: as `WardVisit.order`.
        """
        given = await ward.order(
            order.wish,
            order.step.ordinal,
            self._course.menu(),
            self._tools.seconds,
            lambda: self._tools.host.prekey(ward.entry.ward),
        )
        self._tools.memory.hold(given.pdf)
        document, handed = given.document, given.handed
        del given  # the paper is in the visit's memory now, and nowhere else
        try:
            await asyncio.to_thread(self._verify, document, ward.t, ward.entry.paper_authorities)
        except Refused as refused:
            raise FailedDocument(Mismatched.PAPER, handed, refused.detail) from refused
        return document

    async def _tell_failed(self, step: OrderStep, failed: FailedDocument) -> None:
        """Have the ward told; a report that cannot be journalled is in the log alone."""
        said = FailedCheck(visit_id=step.visit_id, ordinal=step.ordinal, found=failed.found, handed=failed.handed)
        try:
            await self._tools.host.failed(said)
        except Refused as refused:
            _log.error("a failed check is not told", code=refused.code, detail=refused.detail)

    async def print(self) -> None:
        """Print once; keep the fee when the last page is out, and go on to the next order."""
        document, order = self._course.document, self._present
        if document is None or order is None:
            raise Refused(Code.DOCUMENT_INVALID, "nothing to print")
        # The long-lived process saw the printer at rest before this visit began, and nobody else prints on it.
        before = (await self._tools.printer.status()).impressions
        if self._tools.seconds() > document.print_by:
            raise Refused(Code.DOCUMENT_LATE)
        printing = replace(
            order.step, step=Step.PRINTING, number=document.number, pages=document.pages, counter_before=before
        )
        await self._journal(printing)
        settled = self._settled = await self._follow(printing)
        self._tools.memory.wipe()
        paper = Paper(fate=_FATES[settled.outcome.kind], out=settled.outcome.pages, due=document.pages)
        if not keeps_money(settled):
            code = fault_code(settled.faults)
            self._report(Happened(event=Event.PRINT_FAILED, change=lambda course: _failed(course, paper, code)))
            return
        if paper.fate is PaperFate.UNCERTAIN:
            await self._keep_money(printing, None)
            self._report(self._in_doubt(order, paper))
        else:
            await self._go_on(order, printing, paper)

    async def give_back(self) -> None:
        """Give back everything that is not earned, and conclude the present order as it stands.

        A device that does not answer leaves what it holds unknown, if its slot was ever open: a coin may have gone in
        since its last word. The order is told as in doubt, and the long-lived process settles it after the visit.
        """
        order, self._present = self._present, None
        if order is None:
            # Left before the slot was asked to open: nothing lies in it, and nothing is owed.
            self._report(Happened(event=Event.MONEY_RETURNED))
            return
        money, code = await self._returned(order)
        failed = (order, *(self._following or ()))
        self._following = None

        def change(course: Course) -> None:
            course.money, course.inserted, course.document = money, 0, None
            if money.fate in _TO_LOOK_UP:
                course.reference = reference(order.step.visit_id, order.step.ordinal, order.step.number)
            course.lines += tuple(_not_printed(each, course.code) for each in failed)
            course.code = code or course.code

        event = Event.MONEY_OWED if code else Event.MONEY_RETURNED
        self._report(Happened(event=Event.PAPER_DUE if self._course.pages_out else event, change=change))

    async def _open_slot(self, step: OrderStep) -> None:
        """Ask for the money of all orders; a slot that surely stayed shut holds nothing."""
        self._may_hold = True
        try:
            await self._tools.cash.ask(self._course.due, step.cash_key)
        except Refused as refused:
            self._may_hold = True if refused.code is Code.CASH_SILENT else None
            raise

    async def _returned(self, order: _Order) -> tuple[Money, Code | None]:
        """Give back what the device holds; what became of it, and why the resident has to ask for it."""
        try:
            settlement = await settle_money(order.step, self._settled, self._tools.cash)
        except Refused as refused:
            _log.warning("left to be settled", code=refused.code, detail=refused.detail)
            if not self._may_hold:
                return Money(fate=MoneyFate.NONE_TAKEN), refused.code
            return await self._unknown(order.step)
        if settlement.taken < self._course.inserted:
            _log.error("the device has forgotten money", amount=self._course.inserted)
            return await self._unknown(order.step)
        money, code = _given_back(settlement), None
        try:
            await self._conclude(order.step, settlement)
        except Refused as refused:
            _log.warning("left to be settled", code=refused.code, detail=refused.detail)
            code = refused.code
        return money, Code.REFUND_OWED if money.fate is MoneyFate.OWED else code

    async def _unknown(self, step: OrderStep) -> tuple[Money, Code]:
        """Tell that nobody knows what the device holds; where that fails, the order is unsettled all the same."""
        try:
            await self._tools.host.concluded(unknown(step, self._settled, self._course.inserted))
        except Refused as refused:
            _log.warning("left to be settled", code=refused.code, detail=refused.detail)
        else:
            self._course.ordinal = step.ordinal + 1
        return Money(fate=MoneyFate.UNKNOWN, amount=self._course.inserted), Code.CASH_SILENT

    def wipe(self) -> None:
        """Let go of the orders, and of the document that is held."""
        self._tools.memory.wipe()
        self._present = self._following = self._settled = None
        self._may_hold = None

    def _begin(self) -> _Order:
        """Begin the orders: asking for their money is their first step, which is skipped where there is no fee.

        Those with a fee come first, so that the money passes from one to the next.
        """
        course, self._settled, self._may_hold = self._course, None, None
        wishes = sorted(course.wanted, key=lambda wish: not wish.fee)
        orders = tuple(
            _Order(
                wish=wish,
                step=OrderStep(
                    step=Step.ASKING_MONEY,
                    visit_id=course.at_ward().visit_id,
                    ordinal=course.ordinal + place,
                    fee=wish.fee,
                    cash_key=self._tools.entropy.token(_CASH_KEY_BYTES),
                    number=None,
                    pages=0,
                    counter_before=0,
                ),
            )
            for place, wish in enumerate(wishes)
        )
        self._present, self._following = orders[0], orders[1:]
        return orders[0]

    async def _journal(self, step: OrderStep) -> None:
        """Journal a step of the present order; from here on it has come as far, whether or not the answer arrives."""
        if self._present is not None:
            self._present = replace(self._present, step=step)
        await self._tools.host.step(step)

    async def _wait_for_turn(self, step: OrderStep) -> None:
        """Wait until the ward knows how the order before this one ended.

        Raises:
            Refused: `WARD_UNREACHABLE`.
        """
        before = step.ordinal - 1
        if before and not await self._tools.host.told(step.visit_id, before, _TOLD_SECONDS):
            raise Refused(Code.WARD_UNREACHABLE, "the order before has no FINAL")

    async def _go_on(self, order: _Order, printing: OrderStep, paper: Paper) -> None:
        """Keep the fee of what was printed; the next order begins with what is left of the escrow."""
        following = self._following or ()
        after = following[0] if following and following[0].step.fee else None
        if after is not None:
            await self._tools.host.step(after.step)
        kept = await self._keep_money(printing, after)
        line = OrderLine(kind=order.wish.kind, fee=order.wish.fee, number=printing.number or "")
        if kept and following:
            self._present, self._following, self._settled = following[0], following[1:], None
            self._report(Happened(event=Event.PRINTED_NEXT, change=partial(_printed, line=line, paper=paper)))
            return
        self._present = self._following = None
        ended = partial(_ended, line=line, paper=paper, left=following, kept=kept)
        self._report(Happened(event=Event.PRINTED, change=ended))

    def _in_doubt(self, order: _Order, paper: Paper) -> Happened:
        """Say that nobody knows what came out; the orders after it are not made."""
        fee, left = order.step.fee, self._following or ()
        self._present = self._following = None

        def change(course: Course) -> None:
            course.paper, course.code = paper, Code.PRINT_IN_DOUBT
            course.money = Money(fate=MoneyFate.HELD if fee else MoneyFate.NONE_TAKEN, amount=fee)
            course.inserted, course.document = 0, None
            course.lines += (
                replace(_not_printed(order, Code.PRINT_IN_DOUBT), number=course.reference),
                *(_not_printed(each, Code.CANCELLED) for each in left),
            )

        event = Event.IN_DOUBT_PAPER_DUE if self._course.pages_out else Event.IN_DOUBT
        return Happened(event=event, change=change)

    def _verify(self, document: Document, t: bytes, authorities: Sequence[bytes]) -> None:
        """Hold the very buffer that will be rasterised against what the ward signed, and against its own signature."""
        pdf = self._tools.memory.view
        if hashlib.sha256(pdf).digest() != document.pdf_hash:
            raise Refused(Code.DOCUMENT_INVALID, "not what the ward signed for")
        self._tools.verify(
            pdf,
            authorities=authorities,
            moment=self._tools.seconds(),
            number=document.number,
            binding=binding(t, document.ordinal, document.number),
            pages=document.pages,
        )

    async def _follow(self, step: OrderStep) -> Settled:
        """Follow the printing to its judgement; whatever goes wrong on the way, the printer is asked what came of it.

        Raises:
            Refused: nothing was handed over.
        """
        sent = begun = False
        pages, before = step.pages, step.counter_before
        try:
            async with aclosing(self._tools.printer.print_document(self._tools.memory.view, pages, before)) as printing:
                async for progress in printing:
                    begun = True
                    match progress:
                        case PageHanded(page=page):
                            sent = page == pages
                            if sent:
                                await self._journal(replace(step, step=Step.HANDED))
                            self._report(Happened(event=Event.PAGE_PRINTED, change=_turn(page)))
                        case PagePrinted(page=page):
                            self._report(Happened(event=Event.PAGE_PRINTED, change=_turn(page)))
                        case Judged(settled=judged):
                            return judged
        except ConnectionError:
            raise
        except Refused:
            if not begun:
                raise
            _log.exception("printing broke off")
        except Exception:  # noqa: BLE001 - a defect of ours does not decide about paper and money
            _log.exception("printing broke off")
        return await self._tools.printer.settle(Claim(before=before, due=pages, sent=sent, fault_seen=False))

    async def _keep_money(self, step: OrderStep, after: _Order | None) -> Settlement | None:
        """Keep the fee of what is out; None where that fails now: the long-lived process does it later."""
        following = None if after is None else after.step.cash_key
        try:
            settlement = await settle_money(step, self._settled, self._tools.cash, following=following)
            await self._conclude(step, settlement)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - what is printed is never given back, whatever fails now
            _log.exception("left to be settled")
            return None
        return settlement

    async def _conclude(self, step: OrderStep, settlement: Settlement) -> None:
        """Tell the long-lived process how the order ended, and go on to the next ordinal."""
        await self._tools.host.concluded(conclusion(step, self._settled, settlement))
        self._course.ordinal = step.ordinal + 1


def _count(escrow: int) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        course.inserted = escrow

    return change


def _turn(page: int) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        course.page = page

    return change


def _failed(course: Course, paper: Paper, code: Code) -> None:
    course.paper, course.code = paper, code


def _printed(course: Course, *, line: OrderLine, paper: Paper) -> None:
    """Take what was printed; the fee of its line is the ward's."""
    course.paper, course.document = paper, None
    course.lines += (line,)
    course.pages_out += paper.out
    course.inserted = max(course.inserted - line.fee, 0)


def _ended(course: Course, *, line: OrderLine, paper: Paper, left: Sequence[_Order], kept: Settlement | None) -> None:
    """Take the last that was printed; `left` are orders that cannot be made, since the money could not be settled.

    What is due back as change that the device could not pay is owed. Where it said nothing (`kept` is None), nobody
    knows whether what is due back, change and the fees of what is left, came out.
    """
    _printed(course, line=line, paper=paper)
    if kept is None and course.inserted:
        course.money = Money(fate=MoneyFate.UNKNOWN, amount=course.inserted)
    elif kept is not None and kept.owed:
        course.money = Money(fate=MoneyFate.OWED, amount=kept.owed)
    else:
        course.money = Money(fate=MoneyFate.TAKEN, amount=course.due)
    course.lines += tuple(_not_printed(each, Code.CASH_UNAVAILABLE) for each in left)
    course.inserted = 0


def _not_printed(order: _Order, code: Code) -> OrderLine:
    return OrderLine(kind=order.wish.kind, fee=order.wish.fee, code=code)


def _given_back(settlement: Settlement) -> Money:
    if settlement.owed:
        return Money(fate=MoneyFate.OWED, amount=settlement.owed)
    fate = MoneyFate.RETURNED if settlement.returned else MoneyFate.NONE_TAKEN
    return Money(fate=fate, amount=settlement.returned)
