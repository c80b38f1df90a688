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
from konbini.protocol.kinds import MOST_ORDERS, VISIT_MINUTES, CertificateKind, MessageKind, Options, Scope
from konbini.protocol.sealing import OpeningKey, SealedSize, SealingKey
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
    Menu,
    OpenBody,
    Opening,
    Order,
    OrderBody,
    message_hash,
    read_answer,
)

__all__ = ["CardProof", "Device", "GivenMenu", "WardVisit", "Wish"]

_HELLO_SECONDS = 6
_OPEN_SECONDS = 12
_ORDER_SECONDS = 15
_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """This kiosk: its name, its signing key, and whoever gives it tickets: the center, or the ward whose it is."""

    kiosk: str
    signing: SigningKey
    office: TicketOffice


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
        self._signing = SigningKey.generate()
        self._opening = OpeningKey.generate()
        self._keys = VisitKeys(signing=self._signing.verifying.point, sealing=self._opening.sealing.public)
        self._ticket = b""
        self._message_key: VerifyingKey | None = None
        self._open_body = b""
        self.t = b""

    @property
    def visit(self) -> bytes:
        """Give v, the hash of the ticket."""
        return ticket_hash(self._ticket)

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
        _, self._message_key = Prekey.open(ticket.prekey, self.entry, moment)
        self._ticket = answer.body

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
        signed, payload = self._read(answer.body, MessageKind.MENU, 0)
        menu = read_answer(Menu, payload)
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
    ) -> Document:
        """ORDER -> DOCUMENT: one certificate. The same bytes are repeated until an answer comes.

        What is returned is a DOCUMENT whose envelope holds; the PDF inside is still to be verified.

        Args:
            wish: what was asked for.
            ordinal: which order of the visit, from 1.
            given: the menu that it was chosen from.
            clock: Unix seconds now.
            prekey: fetches the ward's newest PREKEY.

        Raises:
            Refused: what the ward answered, or `DOCUMENT_INVALID`, `DOCUMENT_LATE`.
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
        _, payload = self._read(answer.body, MessageKind.DOCUMENT, ordinal)
        document = read_answer(Document, payload)
        _check_document(document, order, clock())
        return document

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

    def _read(self, sealed: bytes, kind: MessageKind, ordinal: int) -> tuple[bytes, bytes]:
        """Open a seal of the ward and check its signature.

        Returns:
            The signed bytes and their payload.
        """
        if self._message_key is None:
            raise Refused(Code.ORDER_OUT_OF_TURN, "no ticket yet")
        context = Context(
            kind=kind,
            sender=self.entry.ward,
            receiver=self._device.kiosk,
            visit=self.visit,
            ordinal=ordinal,
            key_id=self._opening.sealing.key_id,
        )
        signed = self._opening.open(sealed, context)
        return signed, self._message_key.open(signed, context)

    def _context(self, kind: MessageKind, key_id: bytes, ordinal: int = 0) -> Context:
        return Context(
            kind=kind,
            sender=self._device.kiosk,
            receiver=self.entry.ward,
            visit=self.visit,
            ordinal=ordinal,
            key_id=key_id,
        )


def _check_document(document: Document, order: Order, now: int) -> None:
    """Hold a DOCUMENT against its ORDER.

    Raises:
        Refused: `DOCUMENT_INVALID`, `DOCUMENT_LATE`.
    """
    if (document.t, document.ordinal, document.fee) != (order.t, order.ordinal, order.fee):
        raise Refused(Code.DOCUMENT_INVALID, "of another visit, order or fee")
    if hashlib.sha256(document.pdf).digest() != document.pdf_hash:
        raise Refused(Code.DOCUMENT_INVALID, "not the PDF that was signed for")
    if document.pages < 1:
        raise Refused(Code.DOCUMENT_INVALID, "of no page")
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
