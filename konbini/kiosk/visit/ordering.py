"""One order, from its fee to its end: the coins, ORDER and DOCUMENT, the paper, and what is given back.

Owns the order under way: the last step that was journalled for it, and the printer's judgement. What is concluded of it
follows from these two (`konbini.kiosk.concluding`).

Invariants, the design's around paper and money: every step is journalled before it is taken; the document is verified
before it is rasterised, from the very buffer; printing begins before print-by or not at all; the money is captured when
the last page is out, and given back otherwise. What cannot be settled now is left to the long-lived process, which
journalled the same steps.

Limits: who asks is proven elsewhere; a lost channel (`ConnectionError`) ends the visit, and is nobody's to catch here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from konbini.kiosk.channel.messages import OrderStep, Step
from konbini.kiosk.concluding import conclusion, keeps_money, settle_money
from konbini.kiosk.payment.amounts import Settlement
from konbini.kiosk.printing.outcome import Claim, OutcomeKind
from konbini.kiosk.printing.ports import Judged, PageHanded, PagePrinted, Settled, check_fit, fault_code
from konbini.kiosk.session.flow import Event
from konbini.kiosk.session.view import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened, Report
from konbini.kiosk.visit.tools import Tools
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import binding
from konbini.protocol.visits import Document

__all__ = ["Ordering"]

_CASH_KEY_BYTES = 16
_FATES = {
    OutcomeKind.PRINTED: PaperFate.ALL,
    OutcomeKind.VOID: PaperFate.NONE,
    OutcomeKind.JAM: PaperFate.SOME,
    OutcomeKind.IN_DOUBT: PaperFate.UNCERTAIN,
}

_log = logger("konbini.kiosk.visit.ordering")


class Ordering:
    """The pieces of work from the open slot to the last page, or to the coins in the dish."""

    def __init__(self, tools: Tools, course: Course, report: Report) -> None:
        self._tools = tools
        self._course = course
        self._report = report
        self._last: OrderStep | None = None
        self._settled: Settled | None = None

    async def pay(self) -> None:
        """Open the slot and follow the escrow until the fee is covered; never where nothing could be printed."""
        check_fit(await self._tools.printer.status())
        asking = self._begin()
        await self._journal(asking)
        self._report(Happened(event=Event.COIN))
        await self._tools.cash.ask(asking.fee, asking.cash_key)
        async for seen in self._tools.cash.inserted(asking.cash_key):
            self._report(Happened(event=Event.COIN, change=_count(seen.escrow)))
        self._report(Happened(event=Event.PAID))

    async def prepare(self) -> None:
        """ORDER -> DOCUMENT, and the document's own signature. An order without a fee begins here."""
        course, ward = self._course, self._course.at_ward()
        await self._journal(replace(self._last or self._begin(), step=Step.ORDERING))
        document = await ward.order(
            course.wish(),
            course.ordinal,
            course.menu(),
            self._tools.seconds,
            lambda: self._tools.host.prekey(ward.entry.ward),
        )
        await asyncio.to_thread(self._verify, document, ward.t, ward.entry.paper_authorities)

        def change(course: Course) -> None:
            course.document = document
            course.reference = document.number
            course.page = 1

        self._report(Happened(event=Event.DOCUMENT, change=change))

    async def print(self) -> None:
        """Print once; capture the money when the last page is out."""
        document, ordering = self._course.document, self._last
        if document is None or ordering is None:
            raise Refused(Code.DOCUMENT_INVALID, "nothing to print")
        # The long-lived process saw the printer at rest before this visit began, and nobody else prints on it.
        before = (await self._tools.printer.status()).impressions
        if self._tools.seconds() > document.print_by:
            raise Refused(Code.DOCUMENT_LATE)
        printing = replace(
            ordering, step=Step.PRINTING, number=document.number, pages=document.pages, counter_before=before
        )
        await self._journal(printing)
        settled = self._settled = await self._follow(document, printing)
        paper = Paper(fate=_FATES[settled.outcome.kind], out=settled.outcome.pages, due=document.pages)
        if not keeps_money(settled):
            code = fault_code(settled.faults)
            self._report(Happened(event=Event.PRINT_FAILED, change=lambda course: _failed(course, paper, code)))
            return
        await self._keep_money(printing)
        self._report(_kept(paper, printing.fee))

    async def give_back(self) -> None:
        """Give the whole escrow back, and conclude the order as it stands.

        What cannot be done now is owed to the resident: the long-lived process settles it after the visit.
        """
        last, self._last = self._last, None
        if last is None:
            # Left before the slot was asked to open: nothing lies in it, and nothing is owed.
            self._report(Happened(event=Event.MONEY_RETURNED))
            return
        code: Code | None = None
        inserted = self._course.inserted
        money = Money(fate=MoneyFate.OWED, amount=inserted) if inserted else Money(fate=MoneyFate.NONE_TAKEN)
        try:
            settlement = await settle_money(last, self._settled, self._tools.cash)
            money = _given_back(settlement)
            await self._conclude(last, settlement)
        except Refused as refused:
            _log.warning("left to be settled", code=refused.code, detail=refused.detail)
            code = refused.code
        if money.fate is MoneyFate.OWED:
            code = Code.REFUND_OWED

        def change(course: Course) -> None:
            course.money, course.inserted, course.document = money, 0, None
            course.code = code or course.code

        self._report(Happened(event=Event.MONEY_OWED if code else Event.MONEY_RETURNED, change=change))

    def wipe(self) -> None:
        """Let go of the order."""
        self._last = self._settled = None

    def _begin(self) -> OrderStep:
        """Begin an order: asking for its money is its first step, and is skipped where there is no fee."""
        self._settled = None
        return OrderStep(
            step=Step.ASKING_MONEY,
            visit_id=self._course.at_ward().visit_id,
            ordinal=self._course.ordinal,
            fee=self._course.wish().fee,
            cash_key=self._tools.entropy.token(_CASH_KEY_BYTES),
            number=None,
            pages=0,
            counter_before=0,
        )

    async def _journal(self, step: OrderStep) -> None:
        """Journal a step; from here on the order has come as far, whether or not the answer arrives."""
        self._last = step
        await self._tools.host.step(step)

    def _verify(self, document: Document, t: bytes, authorities: Sequence[bytes]) -> None:
        self._tools.verify(
            document.pdf,
            authorities=authorities,
            moment=self._tools.seconds(),
            number=document.number,
            binding=binding(t, document.ordinal, document.number),
            pages=document.pages,
        )

    async def _follow(self, document: Document, step: OrderStep) -> Settled:
        """Follow the printing to its judgement; whatever goes wrong on the way, the printer is asked what came of it.

        Raises:
            Refused: nothing was handed over.
        """
        sent = begun = False
        pages, before = step.pages, step.counter_before
        try:
            async with aclosing(self._tools.printer.print_document(document.pdf, pages, before)) as printing:
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

    async def _keep_money(self, step: OrderStep) -> None:
        """Capture the fee of what is out; where that fails now, the long-lived process captures later."""
        try:
            await self._conclude(step, await settle_money(step, self._settled, self._tools.cash))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - what is printed is never given back, whatever fails now
            _log.exception("left to be settled")

    async def _conclude(self, step: OrderStep, settlement: Settlement) -> None:
        """Tell the long-lived process how the order ended, and go on to the next ordinal."""
        await self._tools.host.concluded(conclusion(step, self._settled, settlement))
        self._course.ordinal += 1


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


def _kept(paper: Paper, fee: int) -> Happened:
    """Say what a printing came to whose fee is kept: taken, or held until a person has settled the doubt."""
    in_doubt = paper.fate is PaperFate.UNCERTAIN
    fate = MoneyFate.TAKEN
    if in_doubt:
        fate = MoneyFate.HELD if fee else MoneyFate.NONE_TAKEN

    def change(course: Course) -> None:
        course.paper, course.money = paper, Money(fate=fate, amount=fee)
        course.code = Code.PRINT_IN_DOUBT if in_doubt else Code.INTERNAL
        course.inserted, course.document = 0, None

    return Happened(event=Event.IN_DOUBT if in_doubt else Event.PRINTED, change=change)


def _given_back(settlement: Settlement) -> Money:
    if settlement.owed:
        return Money(fate=MoneyFate.OWED, amount=settlement.owed)
    fate = MoneyFate.RETURNED if settlement.returned else MoneyFate.NONE_TAKEN
    return Money(fate=fate, amount=settlement.returned)
