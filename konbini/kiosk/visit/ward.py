"""The ward, as a visit speaks with it: OPEN -> MENU, ORDER -> DOCUMENT, sealed end to end.

Owns the visit's fresh keys. Nothing here knows a screen, a coin or a printer. What is signed or hashed is the bytes
received. Whoever carries the messages may repeat, delay or change them: every answer is opened with this visit's key
and checked against the message key that the ward directory vouches for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Answered, Question
from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.protocol.kinds import (
    MOST_ORDERS,
    VISIT_MINUTES,
    CertificateKind,
    MessageKind,
    Mismatched,
    Options,
    Scope,
)
from konbini.protocol.own_list import MOST_OWN_LISTS, OwnList, OwnListAsk, OwnListBody
from konbini.protocol.receipt_code import ReceiptCode
from konbini.protocol.receipts import HandedBack
from konbini.protocol.sealing import SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import (
    CLOCK_SKEW_SECONDS,
    Hello,
    Prekey,
    Ticket,
    TicketOffice,
    VisitKeys,
    card_challenge,
    ticket_hash,
)
from konbini.protocol.trust import WardEntry
from konbini.protocol.visits import (
    PRINT_SECONDS,
    Document,
    Enclosed,
    Menu,
    OpenBody,
    Opening,
    Order,
    OrderBody,
    message_hash,
    read_answer,
)

__all__ = ["CardProof", "Device", "FailedDocument", "GivenDocument", "GivenMenu", "WardVisit", "Wish"]

_HELLO_SECONDS = 6
_OPEN_SECONDS = 12
_ORDER_SECONDS = 15
_OWN_LIST_SECONDS = 8
_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """This kiosk: its name, its signing key, and whoever gives it tickets: the center, or the ward whose it is.

    `fresh` makes the keys of its visits.
    """

    kiosk: str
    signing: SigningKey
    office: TicketOffice
    fresh: FreshKeys = SYSTEM_KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProof:
    """What the card gave: its certificate (DER), the COSE number of its algorithm, its signature over t."""

    certificate: bytes
    algorithm: int
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMenu:
    """A MENU and the hash that an ORDER names it by."""

    menu: Menu
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDocument:
    """A DOCUMENT, the paper beside it, and what can be handed back to the ward as its own signed word."""

    document: Document
    pdf: bytes
    handed: HandedBack


class FailedDocument(Refused):
    """A DOCUMENT that this ward signed did not pass one of the kiosk's checks: what is told to the ward.

    Args:
        found: which check.
        handed: what the ward signed.
        detail: for the log.
    """

    def __init__(self, found: Mismatched, handed: HandedBack, detail: str) -> None:
        super().__init__(Code.DOCUMENT_INVALID, detail)
        self.found = found
        self.handed = handed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the resident asked for."""

    kind: CertificateKind
    scope: Scope
    options: Options
    handles: tuple[bytes, ...]
    fee: int


class WardVisit:
    """One visit at one ward."""

    def __init__(self, *, device: Device, entry: WardEntry, host: Host, visit_id: bytes) -> None:
        self._device = device
        self.entry = entry
        self._host = host
        self.visit_id = visit_id
        self._signing = device.fresh.signing()
        self._opening = device.fresh.opening()
        self._keys = VisitKeys(signing=self._signing.verifying.point, sealing=self._opening.sealing.public)
        self._ticket = b""
        self._message_key: VerifyingKey | None = None
        self._certificate = b""
        self._open_body = b""
        self._lists_asked = 0
        self.t = b""
        self.ticketed = 0

    @property
    def visit(self) -> bytes:
        """Give v, the hash of the ticket."""
        return ticket_hash(self._ticket)

    @property
    def receipt_code(self) -> ReceiptCode:
        """Give what the resident finds this visit's entries in the ward's published logs with."""
        return ReceiptCode.of(self.visit, self._keys)

    async def admit(self, moment: int) -> None:
        """HELLO -> TICKET; every field of the ticket is compared, and the prekey with the ward directory.

        Raises:
            Refused: `TICKET_INVALID`, `TICKET_EXPIRED`, `PREKEY_UNKNOWN`, `SIGNATURE_INVALID`, or what the office says.
        """
        hello = Hello(
            visit_id=self.visit_id,
            kiosk=self._device.kiosk,
            device_key_id=self._device.signing.verifying.key_id,
            ward=self.entry.ward,
            visit_keys=self._keys.digest(),
        )
        answer = await self._exchange(
            MessageKind.HELLO,
            hello.sign(self._device.signing, self._device.office.name),
            MessageKind.TICKET,
            _HELLO_SECONDS,
        )
        ticket = Ticket.open(answer.body, self._device.office, moment)
        ticket.answers(hello)
        prekey, self._message_key = Prekey.open(ticket.prekey, self.entry, moment)
        self._certificate = prekey.message_key
        self._ticket, self.ticketed = answer.body, ticket.issued

    def challenge(self, certificate: bytes, algorithm: int) -> bytes:
        """Give t for this card, from what the kiosk knows; nobody hands it over."""
        self.t = card_challenge(
            self._ticket, certificate, algorithm, most_orders=MOST_ORDERS, most_minutes=VISIT_MINUTES
        )
        return self.t

    async def open(self, proof: CardProof) -> GivenMenu:
        """OPEN -> MENU.

        Raises:
            Refused: what the ward answered, or `SIGNATURE_INVALID`, `MALFORMED`.
        """
        opening = Opening(
            certificate=proof.certificate,
            algorithm=proof.algorithm,
            signature=proof.signature,
            most_orders=MOST_ORDERS,
            most_minutes=VISIT_MINUTES,
            visit_keys=self._keys,
        )
        prekey = Prekey.peek(Ticket.read(self._ticket, self._device.office).prekey)
        sealing = SealingKey(prekey.sealing)
        context = self._context(MessageKind.OPEN, sealing.key_id)
        message = self._device.signing.sign(self._signing.sign(to_bytes(opening), context), context)
        sealed = sealing.seal(message, context, SealedSize.MEDIUM)
        self._open_body = to_bytes(OpenBody(ticket=self._ticket, sealed=sealed))
        return await self.look()

    async def look(self) -> GivenMenu:
        """Send OPEN, the same bytes each time: the ward answers with the menu, a fresh one if the last ran out.

        Raises:
            Refused: as `open`.
        """
        answer = await self._exchange(MessageKind.OPEN, self._open_body, MessageKind.MENU, _OPEN_SECONDS)
        context = self._from_ward(MessageKind.MENU, 0)
        signed = self._opening.open(answer.body, context)
        menu = read_answer(Menu, self._checked(signed, context))
        if not menu.offers or not menu.members or not all(offer.scopes for offer in menu.offers):
            raise Refused(Code.MALFORMED, "a menu of nothing")
        return GivenMenu(menu=menu, digest=message_hash(signed))

    async def order(
        self,
        wish: Wish,
        ordinal: int,
        given: GivenMenu,
        clock: Callable[[], int],
        prekey: Callable[[], Awaitable[bytes]],
    ) -> GivenDocument:
        """ORDER -> DOCUMENT: one certificate. The same bytes are repeated until an answer comes.

        What is returned is a DOCUMENT whose envelope holds; the PDF inside is still to be verified.

        Args:
            wish: what was asked for.
            ordinal: which order of the visit, from 1.
            given: the menu that it was chosen from.
            clock: Unix seconds now.
            prekey: fetches the ward's newest PREKEY.

        Raises:
            FailedDocument: what the ward signed is not what was ordered.
            Refused: what the ward answered, or `DOCUMENT_LATE`.
        """
        sent = clock()
        order = Order(
            t=self.t,
            ordinal=ordinal,
            menu=given.digest,
            kind=wish.kind,
            scope=wish.scope,
            options=int(wish.options),
            handles=wish.handles,
            fee=wish.fee,
            sent=sent,
        )
        newest, _ = Prekey.open(await prekey(), self.entry, sent)
        sealing = SealingKey(newest.sealing)
        context = self._context(MessageKind.ORDER, sealing.key_id, ordinal)
        sealed = sealing.seal(self._signing.sign(to_bytes(order), context), context, SealedSize.SMALL)
        body = to_bytes(OrderBody(visit=self.visit, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed))
        answer = await self._exchange(MessageKind.ORDER, body, MessageKind.DOCUMENT, _ORDER_SECONDS)
        enclosed = self._enclosed(answer.body, ordinal)
        _check_document(enclosed, order, clock())
        return enclosed

    @property
    def lists_left(self) -> int:
        """How many times more it may be asked what was issued on the card."""
        return MOST_OWN_LISTS - self._lists_asked

    @property
    def kiosk(self) -> str:
        """This kiosk's id, as the ward has it."""
        return self._device.kiosk

    async def own_list(self, now: int, prekey: Callable[[], Awaitable[bytes]]) -> OwnList:
        """OWNLIST, both ways: what was issued on the card in the last year; the same bytes are repeated.

        Args:
            now: Unix seconds.
            prekey: fetches the ward's newest PREKEY.

        Raises:
            Refused: what the ward answered, or `MISROUTED`: the list of another ask.
        """
        self._lists_asked += 1
        ask = OwnListAsk(t=self.t, ordinal=self._lists_asked)
        newest, _ = Prekey.open(await prekey(), self.entry, now)
        sealing = SealingKey(newest.sealing)
        context = self._context(MessageKind.OWNLIST, sealing.key_id, ask.ordinal)
        sealed = sealing.seal(self._signing.sign(to_bytes(ask), context), context, SealedSize.SMALL)
        body = to_bytes(OwnListBody(visit=self.visit, ordinal=ask.ordinal, key_id=sealing.key_id, sealed=sealed))
        answer = await self._exchange(MessageKind.OWNLIST, body, MessageKind.OWNLIST, _OWN_LIST_SECONDS)
        context = self._from_ward(MessageKind.OWNLIST, ask.ordinal)
        listed = read_answer(OwnList, self._checked(self._opening.open(answer.body, context), context))
        if (listed.t, listed.ordinal) != (ask.t, ask.ordinal):
            raise Refused(Code.MISROUTED, "the list of another ask")
        return listed

    async def _exchange(self, kind: MessageKind, body: bytes, answer: MessageKind, seconds: int) -> Answered:
        """Send, and send the same bytes again where no answer came: whoever answers does so alike."""
        question = Question(kind=kind, ward=self.entry.ward, visit_id=self.visit_id, body=body, seconds=seconds)
        for left in reversed(range(_TRIES)):
            try:
                answered = await self._host.exchange(question)
            except Refused as refused:
                if refused.code is not Code.WARD_UNREACHABLE or not left:
                    raise
                continue
            if answered.kind is MessageKind.LINK_REFUSED:
                raise _link_refusal(answered.body, body)
            if answered.kind is not answer:
                raise Refused(Code.MISROUTED, f"{answered.kind.name} for {kind.name}")
            return answered
        raise Refused(Code.WARD_UNREACHABLE, kind.name)

    def _enclosed(self, sealed: bytes, ordinal: int) -> GivenDocument:
        """Open a DOCUMENT and check the ward's signature.

        Raises:
            Refused: what the ward answered instead, or `MALFORMED`, `SIGNATURE_INVALID`.
        """
        context = self._from_ward(MessageKind.DOCUMENT, ordinal)
        enclosed = from_bytes(Enclosed, self._opening.open(sealed, context))
        document = read_answer(Document, self._checked(enclosed.signed, context))
        handed = HandedBack(key_id=context.key_id, message_key=self._certificate, signed=enclosed.signed)
        return GivenDocument(document=document, pdf=enclosed.pdf, handed=handed)

    def _checked(self, signed: bytes, context: Context) -> bytes:
        """Check a signature of the ward and give what it signed."""
        if self._message_key is None:
            raise Refused(Code.ORDER_OUT_OF_TURN, "no ticket yet")
        return self._message_key.open(signed, context)

    def _from_ward(self, kind: MessageKind, ordinal: int) -> Context:
        return Context(
            kind=kind,
            sender=self.entry.ward,
            receiver=self._device.kiosk,
            visit=self.visit,
            ordinal=ordinal,
            key_id=self._opening.sealing.key_id,
        )

    def _context(self, kind: MessageKind, key_id: bytes, ordinal: int = 0) -> Context:
        return Context(
            kind=kind,
            sender=self._device.kiosk,
            receiver=self.entry.ward,
            visit=self.visit,
            ordinal=ordinal,
            key_id=key_id,
        )


def _check_document(given: GivenDocument, order: Order, now: int) -> None:
    """Hold a DOCUMENT against its ORDER.

    Raises:
        FailedDocument: it is of another visit, order or fee, of no page, or its paper is another.
        Refused: `DOCUMENT_LATE`.
    """
    document = given.document
    if (document.t, document.ordinal, document.fee) != (order.t, order.ordinal, order.fee):
        raise FailedDocument(Mismatched.ENVELOPE, given.handed, "of another visit, order or fee")
    if document.pages < 1:
        raise FailedDocument(Mismatched.ENVELOPE, given.handed, "of no page")
    if hashlib.sha256(given.pdf).digest() != document.pdf_hash:
        raise FailedDocument(Mismatched.HASH, given.handed, "not the PDF that was signed for")
    if not now <= document.print_by <= order.sent + PRINT_SECONDS + CLOCK_SKEW_SECONDS:
        raise Refused(Code.DOCUMENT_LATE)


def _link_refusal(body: bytes, question: bytes) -> Refused:
    refusal = from_bytes(LinkRefusal, body)
    if refusal.answered != hashlib.sha256(question).digest():
        return Refused(Code.MISROUTED, "a refusal of another message")
    try:
        return Refused(Code(refusal.code), "refused on the link")
    except ValueError:
        return Refused(Code.INTERNAL, "a code that is on no list")
