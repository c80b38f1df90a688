"""Proving who asks: the card, its PIN, HELLO and TICKET, the card's signature over t, OPEN and MENU.

Owns the card while it is held, the PIN between the screen and the card, and the proof between the card and the ward.
Invariants: at most one card is held, and only the one whose certificate was read signs; the PIN's buffer is zeros when
the card has answered, or when it comes too late; OPEN carries the proof once, and is repeated with the same bytes.

Limits: nothing of order, money or paper is here; a card that is pulled is the reader's and the sensors' to tell.
"""

from __future__ import annotations

from konbini.kiosk.card.ports import CardSession
from konbini.kiosk.channel.messages import Opened
from konbini.kiosk.session.action import EnterPin
from konbini.kiosk.session.flow import Event
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened, Report
from konbini.kiosk.visit.tools import Tools
from konbini.kiosk.visit.ward import CardProof, GivenMenu, WardVisit
from konbini.protocol.errors import Code, Refused

__all__ = ["Proving"]

_VISIT_ID_BYTES = 16


class Proving:
    """The pieces of work from the card on the reader to the ward's menu."""

    def __init__(self, tools: Tools, course: Course, report: Report) -> None:
        self._tools = tools
        self._course = course
        self._report = report
        self._card: CardSession | None = None
        self._pin: EnterPin | None = None
        self._proof: CardProof | None = None

    def take_pin(self, pin: EnterPin) -> None:
        """Take the PIN over from the screen."""
        self._pin = pin

    async def identify(self) -> None:
        """Hold the card that lies on the reader; find out whether it needs a PIN, and how many tries that has left."""
        card = self._card = await self._tools.reader.open()
        if not card.needs_pin:
            self._report(Happened(event=Event.CARD_NEEDS_NO_PIN))
            return
        digits, tries_left = card.pin_digits, card.tries_left
        if not tries_left:
            await self.let_card_go()
            raise Refused(Code.PIN_LOCKED, "no tries left")

        def change(course: Course) -> None:
            course.pin_digits, course.tries_left, course.pin_was_wrong = digits, tries_left, False

        self._report(Happened(event=Event.CARD_RECOGNISED, change=change))

    async def check_pin(self) -> None:
        """PIN where the card needs one, HELLO and TICKET, the card's signature over t; then the card is let go."""
        card, pin, self._pin = self._card, self._pin, None
        if card is None or (pin is None and card.needs_pin):
            if pin is not None:
                pin.wipe()
            raise Refused(Code.CARD_REMOVED, "no card is held")
        if pin is not None and not await self._verified(card, pin):
            return
        ward = await self._admitted()
        self._proof = await _sign(card, ward)
        await self.let_card_go()

        def change(course: Course) -> None:
            course.ward = ward

        self._report(Happened(event=Event.CARD_SIGNED, change=change))

    async def ask(self) -> None:
        """OPEN -> MENU; asked again with the same bytes where a menu ran out."""
        ward = self._course.at_ward()
        if not self._course.orders_left:
            raise Refused(Code.VISIT_OVER, "no order left in this visit")
        if self._proof is None:
            given = await ward.look()
        else:
            given = await ward.open(self._proof)
            self._proof = None
            await self._tools.host.opened(
                Opened(
                    visit_id=ward.visit_id,
                    visit=ward.visit,
                    t=ward.t,
                    ward=ward.entry.ward,
                    ticketed=ward.ticketed,
                )
            )
        self._report(Happened(event=Event.MENU, change=lambda course: _take_menu(course, given)))

    async def let_card_go(self) -> None:
        """Unpower a card that is still held: the visit with it is over, or it was taken away."""
        card, self._card = self._card, None
        if card is not None:
            await card.close()

    async def wipe(self) -> None:
        """Let go of card, PIN and proof."""
        await self.let_card_go()
        if self._pin is not None:
            self._pin.wipe()
        self._pin = self._proof = None

    async def _verified(self, card: CardSession, pin: EnterPin) -> bool:
        """Show the PIN to the card, and say so where it was missed and may be tried again."""
        try:
            await card.verify_pin(pin.pin)
        except Refused as refused:
            tries_left = card.tries_left
            if refused.code is not Code.PIN_WRONG or not tries_left:
                raise
            self._report(Happened(event=Event.PIN_REJECTED, change=lambda course: _missed(course, tries_left)))
            return False
        finally:
            pin.wipe()
        return True

    async def _admitted(self) -> WardVisit:
        """HELLO -> TICKET at the ward that was chosen, with a fresh visit id and fresh keys."""
        ward = WardVisit(
            device=self._tools.device,
            entry=self._tools.directory.entry(self._course.ward_chosen()),
            host=self._tools.host,
            visit_id=self._tools.entropy.token(_VISIT_ID_BYTES),
        )
        await ward.admit(self._tools.seconds())
        return ward


async def _sign(card: CardSession, ward: WardVisit) -> CardProof:
    certificate = card.certificate
    signature = await card.sign(ward.challenge(certificate, card.algorithm))
    return CardProof(certificate=certificate, algorithm=card.algorithm, signature=signature)


def _missed(course: Course, tries_left: int) -> None:
    course.tries_left, course.pin_was_wrong = tries_left, True


def _take_menu(course: Course, given: GivenMenu) -> None:
    course.renew(given)
