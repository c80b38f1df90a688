"""The work of each state: card, ward, money, paper. Each piece says what happened; the loop decides what follows.

The order of acts around paper and money is the design's: every step is journalled before it is taken; the document is
verified before it is rasterised, from the very buffer; printing begins before print-by or not at all; the money is
captured when the last page is out, and given back otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from konbini.kiosk.card.ports import CardReader, CardSession
from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Concluded, Opened, OrderStep, Step
from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.outcome import Claim, OutcomeKind
from konbini.kiosk.printing.ports import Judged, PageHanded, PagePrinted, Printer, Settled, fault_code
from konbini.kiosk.session.action import EnterPin
from konbini.kiosk.session.draft import Draft, Offer
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.session.view import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.visit.course import Course, MoneyHeld, offer_of
from konbini.kiosk.visit.happening import Happened
from konbini.kiosk.visit.ward import CardProof, Device, GivenMenu, WardVisit
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MOST_ORDERS, Outcome
from konbini.protocol.numbers import binding
from konbini.protocol.trust import WardDirectory
from konbini.protocol.visits import CARD_RS256, Document

__all__ = ["Tools", "Verify", "Work"]

_MILLISECONDS = 1000
_KEY_BYTES = 16
_LOOK_AGAIN = frozenset((Code.CHANGED_LOOK_AGAIN, Code.MENU_EXPIRED))
_OUTCOMES = {
    OutcomeKind.PRINTED: Outcome.PRINTED,
    OutcomeKind.VOID: Outcome.VOID,
    OutcomeKind.JAM: Outcome.JAM,
    OutcomeKind.IN_DOUBT: Outcome.IN_DOUBT,
}
_REFUSALS = {
    State.PRINTING: Event.PRINT_FAILED,
    State.RETURNING: Event.MONEY_OWED,
    State.RETURNING_TO_LOOK: Event.MONEY_OWED,
}
_Begin = Callable[[], Coroutine[None, None, None]]

_log = logger("konbini.kiosk.visit.work")


class Verify(Protocol):
    """Checks a signed document; `konbini.pdf.verification.verify` is it."""

    def __call__(  # noqa: PLR0913 - each is one thing that must agree
        self, pdf: bytes, *, authorities: Sequence[bytes], moment: int, number: str, binding: bytes, pages: int
    ) -> None:
        """Raise `Refused(DOCUMENT_INVALID)` unless everything agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a visit works with."""

    device: Device
    directory: WardDirectory
    host: Host
    reader: CardReader
    printer: Printer
    cash: Cash
    verify: Verify
    clock: Clock
    entropy: Entropy


@dataclass(slots=True, kw_only=True)
class _PaperSoFar:
    """How the paper of the order under way stands; kept until the money has followed it."""

    outcome: Outcome = Outcome.CANCELLED
    after_page: int = 0
    before: int = 0
    after: int = 0


class Work:
    """The pieces of work, by state."""

    def __init__(self, tools: Tools, course: Course) -> None:
        self._tools = tools
        self._course = course
        self._report: Callable[[Happened], None] = lambda _happened: None
        self._pin: EnterPin | None = None
        self._card: CardSession | None = None
        self._paper = _PaperSoFar()
        ask, give_back, let_go = (self._guarded(one) for one in (self._ask, self._give_back, self._let_card_go))
        self._by_state: dict[State, _Begin] = {
            State.IDENTIFYING: self._guarded(self._identify),
            State.CHECKING_PIN: self._guarded(self._check_pin),
            State.ASKING: ask,
            State.ASKING_CARD_BACK: ask,
            State.PAY: self._guarded(self._pay),
            State.PREPARING: self._guarded(self._prepare),
            State.PRINTING: self._guarded(self._print),
            State.RETURNING: give_back,
            State.RETURNING_TO_LOOK: give_back,
            State.CARD: let_go,
            State.REFUSED_TAKE_CARD: let_go,
            State.REFUSED: let_go,
            # A defect here ends the process, and its memory with it.
            State.WIPING: self._wipe,
        }

    def report_to(self, report: Callable[[Happened], None]) -> None:
        """Take where to say what happened."""
        self._report = report

    def of(self, state: State) -> _Begin | None:
        """Give the work of a state; states that share a piece of work get the same one."""
        return self._by_state.get(state)

    def ward_chosen(self, code: str) -> Happened:
        """Tell an open ward from a closed one."""
        chosen = next(ward for ward in self._course.wards if ward.ward == code)

        def change(course: Course) -> None:
            course.chosen = chosen
            course.entry = None if chosen.code else self._tools.directory.entry(code)

        return Happened(event=Event.CLOSED_WARD_CHOSEN if chosen.code else Event.WARD_CHOSEN, change=change)

    def pin_entered(self, action: EnterPin) -> Happened:
        """Take the PIN over; it is wiped where it comes too late."""

        def change(_course: Course) -> None:
            self._pin = action

        return Happened(event=Event.PIN_ENTERED, change=change, undo=action.wipe)

    def _guarded(self, work: _Begin) -> _Begin:
        """Turn what a piece of work refuses into an event, and its own defect into `INTERNAL` without detail."""

        async def begin() -> None:
            try:
                await work()
            except Refused as refused:
                _log.info("refused", code=refused.code, detail=refused.detail)
                self._refuse(refused.code)
            except ConnectionError:
                raise
            except Exception as error:  # noqa: BLE001 - the resident must be told, and the money given back
                _log.error("work failed", error=type(error).__name__)
                self._refuse(Code.INTERNAL)

        return begin

    def _refuse(self, code: Code) -> None:
        """Say that the work of this state refused; each state has its own word for it."""

        def change(course: Course) -> None:
            course.code = code

        event = _REFUSALS.get(self._course.state, Event.REFUSED)
        if self._course.state is State.PREPARING and code in _LOOK_AGAIN:
            event = Event.CHANGED
        self._report(Happened(event=event, change=change))

    async def _identify(self) -> None:
        session = self._card = await self._tools.reader.open()
        if not session.tries_left:
            await self._let_card_go()
            raise Refused(Code.PIN_LOCKED, "no tries left")

        def change(course: Course) -> None:
            course.session = session
            course.pin_was_wrong = False

        self._report(Happened(event=Event.CARD_RECOGNISED, change=change))

    async def _check_pin(self) -> None:
        """PIN, HELLO and TICKET, the card's signature over t; then the card is let go."""
        session, entry, pin, self._pin = self._course.session, self._course.entry, self._pin, None
        if session is None or entry is None or pin is None:
            if pin is not None:
                pin.wipe()
            raise Refused(Code.CARD_REMOVED, "no card is held")
        try:
            await session.verify_pin(pin.pin)
        except Refused as refused:
            if refused.code is not Code.PIN_WRONG or not session.tries_left:
                raise
            self._report(Happened(event=Event.PIN_REJECTED, change=_mark_wrong_pin))
            return
        finally:
            pin.wipe()
        ward = WardVisit(
            device=self._tools.device,
            entry=entry,
            host=self._tools.host,
            visit_id=self._tools.entropy.token(_KEY_BYTES),
        )
        await ward.admit(self._seconds())
        proof = await _sign(session, ward)
        await self._let_card_go()

        def change(course: Course) -> None:
            course.session, course.ward, course.proof = None, ward, proof

        self._report(Happened(event=Event.CARD_SIGNED, change=change))

    async def _ask(self) -> None:
        """OPEN -> MENU; asked again with the same bytes where a menu ran out."""
        course = self._course
        if course.ward is None or course.chosen is None:
            raise Refused(Code.INTERNAL, "nothing to ask with")
        if course.ordinal > MOST_ORDERS:
            raise Refused(Code.VISIT_OVER, "no order left in this visit")
        if course.proof is None:
            given = await course.ward.look()
        else:
            given = await course.ward.open(course.proof)
            course.proof = None
            await self._tools.host.opened(
                Opened(visit_id=course.ward.visit_id, visit=course.ward.visit, t=course.ward.t, ward=course.chosen.ward)
            )
        offer = offer_of(given)
        self._report(Happened(event=Event.MENU, change=lambda course: _take_menu(course, given, offer)))

    async def _pay(self) -> None:
        """Open the slot, and follow the escrow until the fee is covered."""
        fee = self._course.wish().fee
        held = MoneyHeld(key=self._tools.entropy.token(_KEY_BYTES), fee=fee)
        self._course.held = held
        self._paper = _PaperSoFar()
        await self._tools.host.step(self._step(Step.ASKING_MONEY))
        self._report(Happened(event=Event.COIN))
        await self._tools.cash.ask(fee, held.key)
        async for asking in self._tools.cash.inserted(held.key):
            self._report(Happened(event=Event.COIN, change=_count(held, asking.escrow)))
        self._report(Happened(event=Event.PAID))

    async def _prepare(self) -> None:
        """ORDER -> DOCUMENT, and the document's own signature."""
        course = self._course
        if course.ward is None or course.given is None or course.entry is None:
            raise Refused(Code.INTERNAL, "nothing to order with")
        ward, entry = course.ward, course.entry
        if course.held is None:
            course.held = MoneyHeld(key=self._tools.entropy.token(_KEY_BYTES), fee=0)
            self._paper = _PaperSoFar()
        self._paper.outcome = Outcome.VOID
        await self._tools.host.step(self._step(Step.ORDERING))
        ordered = await ward.order(
            course.wish(), course.ordinal, course.given, self._seconds, lambda: self._tools.host.prekey(entry.ward)
        )
        await asyncio.to_thread(self._verify, ordered.document, ward.t, entry.paper_authorities)

        def change(course: Course) -> None:
            course.ordered = ordered
            course.reference = ordered.document.number
            course.page = 1

        self._report(Happened(event=Event.DOCUMENT, change=change))

    def _verify(self, document: Document, t: bytes, authorities: Sequence[bytes]) -> None:
        self._tools.verify(
            document.pdf,
            authorities=authorities,
            moment=self._seconds(),
            number=document.number,
            binding=binding(t, document.ordinal, document.number),
            pages=document.pages,
        )

    async def _print(self) -> None:
        """Print once; capture the money when the last page is out."""
        ordered = self._course.ordered
        if ordered is None:
            raise Refused(Code.DOCUMENT_INVALID, "nothing to print")
        document = ordered.document
        # The long-lived process saw the printer at rest before this visit began, and nobody else prints on it.
        status = await self._tools.printer.status()
        if self._seconds() > document.print_by:
            raise Refused(Code.DOCUMENT_LATE)
        self._paper.before = self._paper.after = status.impressions
        await self._tools.host.step(self._step(Step.PRINTING, document))
        settled = await self._follow(document, status.impressions)
        self._paper.outcome = _OUTCOMES[settled.outcome.kind]
        self._paper.after_page = settled.outcome.pages if settled.outcome.kind is OutcomeKind.JAM else 0
        self._paper.after = settled.before if settled.after is None else settled.after
        await self._conclude_print(settled, document)

    async def _follow(self, document: Document, before: int) -> Settled:
        """Follow the printing to its judgement; whatever goes wrong on the way, the printer is asked what came of it.

        Raises:
            Refused: nothing was handed over.
        """
        sent = begun = False
        try:
            async with aclosing(self._tools.printer.print_document(document.pdf, document.pages, before)) as printing:
                async for progress in printing:
                    begun = True
                    match progress:
                        case PageHanded(page=page):
                            sent = page == document.pages
                            if sent:
                                await self._tools.host.step(self._step(Step.HANDED, document))
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
        claim = Claim(before=before, due=document.pages, sent=sent, fault_seen=False)
        return await self._tools.printer.settle(claim)

    async def _conclude_print(self, settled: Settled, document: Document) -> None:
        """Let the money follow the paper. Where the coin device fails now, the long-lived process captures later."""
        kind, fee = settled.outcome.kind, self._held().fee
        paper = Paper(fate=_FATES[kind], out=settled.outcome.pages, due=document.pages)
        if kind in (OutcomeKind.VOID, OutcomeKind.JAM):
            code = fault_code(settled.faults)
            self._report(Happened(event=Event.PRINT_FAILED, change=lambda course: _paper(course, paper, code)))
            return
        try:
            await self._conclude(await self._capture())
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - what is printed is never given back, whatever fails now
            _log.exception("left to be settled")
        if kind is OutcomeKind.IN_DOUBT:
            money = Money(fate=MoneyFate.HELD if fee else MoneyFate.NONE_TAKEN, amount=fee)
            change = _ended(paper, money, Code.PRINT_IN_DOUBT)
            self._report(Happened(event=Event.IN_DOUBT, change=change))
        else:
            money = Money(fate=MoneyFate.TAKEN, amount=fee)
            self._report(Happened(event=Event.PRINTED, change=_ended(paper, money, Code.INTERNAL)))

    async def _capture(self) -> Settlement:
        held = self._held()
        return await self._tools.cash.capture(held.key) if held.fee else _nothing_paid()

    async def _give_back(self) -> None:
        """Give the whole escrow back, and conclude the order as it stands.

        What cannot be done now is owed to the resident: the long-lived process settles it after the visit.
        """
        held = self._course.held
        if held is None:
            self._report(Happened(event=Event.MONEY_OWED))
            return
        code: Code | None = None
        money = Money(fate=MoneyFate.OWED, amount=held.inserted) if held.inserted else Money(fate=MoneyFate.NONE_TAKEN)
        try:
            settlement = await self._tools.cash.give_back(held.key) if held.fee else _nothing_paid()
            money = _given_back(settlement)
            await self._conclude(settlement)
        except Refused as refused:
            _log.warning("left to be settled", code=refused.code, detail=refused.detail)
            code = refused.code
        if money.fate is MoneyFate.OWED:
            code = Code.REFUND_OWED

        def change(course: Course) -> None:
            course.money = money
            course.held = course.ordered = None
            course.code = code or course.code

        self._report(Happened(event=Event.MONEY_OWED if code else Event.MONEY_RETURNED, change=change))

    async def _conclude(self, settlement: Settlement) -> None:
        """Tell the long-lived process how the order ended, and go on to the next ordinal."""
        course, paper = self._course, self._paper
        if course.ward is None:
            raise Refused(Code.INTERNAL, "no visit to conclude")
        await self._tools.host.concluded(
            Concluded(
                visit_id=course.ward.visit_id,
                ordinal=course.ordinal,
                outcome=paper.outcome,
                after_page=paper.after_page,
                counter_before=paper.before,
                counter_after=paper.after,
                taken=settlement.taken,
                returned=settlement.returned,
                owed=settlement.owed,
            )
        )
        course.ordinal += 1

    async def _let_card_go(self) -> None:
        """Unpower a card that is still held: the visit with it is over, or it was taken away."""
        session, self._card, self._course.session = self._card, None, None
        if session is not None:
            await session.close()

    async def _wipe(self) -> None:
        """Let go of everything; the process ends after it, and its memory with it."""
        await self._let_card_go()
        if self._pin is not None:
            self._pin.wipe()
            self._pin = None
        self._course.wipe()
        card_lies_there = self._course.devices.card and self._course.devices.reader
        self._report(Happened(event=Event.CARD_FOUND if card_lies_there else Event.WIPED))

    def _step(self, step: Step, document: Document | None = None) -> OrderStep:
        held = self._held()
        if self._course.ward is None:
            raise Refused(Code.INTERNAL, "no visit to journal")
        return OrderStep(
            step=step,
            visit_id=self._course.ward.visit_id,
            ordinal=self._course.ordinal,
            fee=held.fee,
            cash_key=held.key,
            number=None if document is None else document.number,
            pages=0 if document is None else document.pages,
            counter_before=self._paper.before,
        )

    def _held(self) -> MoneyHeld:
        if self._course.held is None:
            raise Refused(Code.INTERNAL, "no money was asked for")
        return self._course.held

    def _seconds(self) -> int:
        return self._tools.clock.now() // _MILLISECONDS


async def _sign(session: CardSession, ward: WardVisit) -> CardProof:
    certificate = session.certificate
    signature = await session.sign(ward.challenge(certificate, CARD_RS256))
    return CardProof(certificate=certificate, algorithm=CARD_RS256, signature=signature)


_FATES = {
    OutcomeKind.PRINTED: PaperFate.ALL,
    OutcomeKind.VOID: PaperFate.NONE,
    OutcomeKind.JAM: PaperFate.SOME,
    OutcomeKind.IN_DOUBT: PaperFate.UNCERTAIN,
}


def _given_back(settlement: Settlement) -> Money:
    if settlement.owed:
        return Money(fate=MoneyFate.OWED, amount=settlement.owed)
    fate = MoneyFate.RETURNED if settlement.returned else MoneyFate.NONE_TAKEN
    return Money(fate=fate, amount=settlement.returned)


def _nothing_paid() -> Settlement:
    return Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)


def _mark_wrong_pin(course: Course) -> None:
    course.pin_was_wrong = True


def _take_menu(course: Course, given: GivenMenu, offer: Offer) -> None:
    course.given, course.offer, course.draft = given, offer, Draft()


def _count(held: MoneyHeld, escrow: int) -> Callable[[Course], None]:
    def change(_course: Course) -> None:
        held.inserted = escrow

    return change


def _turn(page: int) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        course.page = page

    return change


def _paper(course: Course, paper: Paper, code: Code) -> None:
    course.paper, course.code = paper, code


def _ended(paper: Paper, money: Money, code: Code) -> Callable[[Course], None]:
    def change(course: Course) -> None:
        course.paper, course.money, course.code = paper, money, code
        course.held = course.ordered = None

    return change
