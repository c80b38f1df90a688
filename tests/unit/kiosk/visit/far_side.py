"""The ward and the center as a visit meets them, written from the protocol alone: one honest small program.

A test may hand it other words for one kind of message; everything else stays honest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from konbini.kiosk.channel.messages import Answered, Question
from konbini.kiosk.visit.ward import Device
from konbini.process.clock import Clock
from konbini.protocol.codec import encode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import SUITE, CertificateKind, IssuanceFate, MessageKind, Options, Scope
from konbini.protocol.numbers import binding
from konbini.protocol.offices import CenterOffice
from konbini.protocol.own_list import OwnIssuance, OwnList, OwnListAsk, OwnListBody
from konbini.protocol.sealing import OpeningKey, SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import TICKET_SECONDS, Hello, Prekey, Ticket, card_challenge, ticket_hash
from konbini.protocol.trust import MessageKeyCertificate, WardEntry
from konbini.protocol.visits import (
    Document,
    Enclosed,
    Member,
    Menu,
    Offer,
    OpenBody,
    Opening,
    Order,
    OrderBody,
    answer,
    refusal,
)

__all__ = ["FEE", "NUMBER", "WARD", "FarSide", "Made", "issued", "seconds"]

WARD = "999990"
FEE = 300
NUMBER = "999990-250401-10000001-0"
_HANDLES = (b"a" * 16, b"b" * 16)


def seconds(clock: Clock) -> int:
    """Give Unix seconds."""
    return clock.now() // 1000


@dataclass(slots=True, kw_only=True)
class Made:
    """What the ward remembers of one visit."""

    ticket: bytes
    opening: Opening
    menus: list[bytes] = field(default_factory=list)


class FarSide:
    """Center and ward behind one `exchange`."""

    def __init__(self, clock: Clock, *, ward: str = WARD, center: SigningKey | None = None) -> None:
        self.clock = clock
        self.center = SigningKey.generate() if center is None else center
        self.identity = SigningKey.generate()
        self.message_key = SigningKey.generate()
        self.opening = OpeningKey.generate()
        self.device = Device(
            kiosk="K-0001", signing=SigningKey.generate(), office=CenterOffice(pinned=self.center.verifying)
        )
        self.entry = WardEntry(
            ward=ward, name="見本区", name_english="Mihon", identity=self.identity.verifying.point, paper_authorities=()
        )
        self.pages = 1
        self.offers: tuple[Offer, ...] = (
            Offer(
                kind=CertificateKind.RESIDENT_RECORD,
                scopes=(Scope.SELF, Scope.WHOLE),
                options=int(Options.DOMICILE),
                fee=FEE,
            ),
        )
        self.menu_seconds = 300
        self.refuses: dict[MessageKind, list[Code]] = {}
        """Refusals that come first, one for each message of that kind."""
        self.changed_ticket: Callable[[Ticket], Ticket] = lambda ticket: ticket
        self.changed_menu: Callable[[Menu], Menu] = lambda menu: menu
        self.changed_document: Callable[[Document], Document] = lambda document: document
        self.issued: tuple[OwnIssuance, ...] = ()
        """What the ward knows to be issued on the card, newest first."""
        self.changed_list: Callable[[OwnList], OwnList] = lambda listed: listed
        self.changed_paper: Callable[[bytes], bytes] = lambda pdf: pdf
        self.carried: Callable[[Question, Answered], Answered | None] = lambda _question, answered: answered
        """What the carrier makes of an answer; None: it is lost."""
        self.heard: list[Question] = []
        self.orders: list[Order] = []
        self.visit: Made | None = None

    def prekey(self) -> bytes:
        """Give the newest PREKEY."""
        now = seconds(self.clock)
        certificate = MessageKeyCertificate(
            ward=self.entry.ward, signing=self.message_key.verifying.point, begins=now - 60, ends=now + 3600
        )
        return Prekey(
            ward=self.entry.ward,
            key_id=self.opening.sealing.key_id,
            suite=SUITE,
            sealing=self.opening.sealing.public,
            begins=now,
            ends=now + 1200,
            message_key=certificate.sign(self.identity),
        ).sign(self.message_key)

    async def exchange(self, question: Question) -> Answered:
        """Answer HELLO, OPEN, ORDER and OWNLIST."""
        self.heard.append(question)
        answers = {
            MessageKind.HELLO: self._ticket,
            MessageKind.OPEN: self._menu,
            MessageKind.ORDER: self._document,
            MessageKind.OWNLIST: self._own_list,
        }
        carried = self.carried(question, answers[question.kind](question))
        if carried is None:
            raise Refused(Code.WARD_UNREACHABLE, "no answer in time")
        return carried

    def _ticket(self, question: Question) -> Answered:
        hello = Hello.open(question.body, self.device.signing.verifying, self.device.kiosk)
        now = seconds(self.clock)
        ticket = Ticket(
            visit_id=hello.visit_id,
            kiosk=hello.kiosk,
            device_key_id=hello.device_key_id,
            ward=hello.ward,
            visit_keys=hello.visit_keys,
            issued=now,
            expires=now + TICKET_SECONDS,
            prekey=self.prekey(),
        )
        return Answered(kind=MessageKind.TICKET, body=self.changed_ticket(ticket).sign(self.center))

    def _menu(self, question: Question) -> Answered:
        body = from_bytes(OpenBody, question.body)
        context = self._from_kiosk(MessageKind.OPEN, body.ticket)
        outer = self.opening.open(body.sealed, context)
        inner = self.device.signing.verifying.open(outer, context)
        opening = from_bytes(Opening, unchecked_payload(inner))
        VerifyingKey(opening.visit_keys.signing).open(inner, context)
        _check_card(opening, body.ticket)
        self.visit = self.visit or Made(ticket=body.ticket, opening=opening)
        menu = Menu(
            offers=self.offers,
            members=(
                Member(handle=_HANDLES[0], name="見本　花子", reading="みほん　はなこ"),
                Member(handle=_HANDLES[1], name="見本　太郎", reading=""),
            ),
            closes=seconds(self.clock) + 3600,
            good_until=seconds(self.clock) + self.menu_seconds,
        )
        payload = self._or_refusal(MessageKind.OPEN, answer(self.changed_menu(menu)))
        return Answered(kind=MessageKind.MENU, body=self.to_kiosk(MessageKind.MENU, payload))

    def _document(self, question: Question) -> Answered:
        made = self._visit()
        body = from_bytes(OrderBody, question.body)
        context = self._from_kiosk(MessageKind.ORDER, made.ticket, body.ordinal)
        signed = self.opening.open(body.sealed, context)
        order = from_bytes(Order, VerifyingKey(made.opening.visit_keys.signing).open(signed, context))
        if order.menu != made.menus[-1]:
            raise Refused(Code.MENU_EXPIRED, "another menu than the last")
        self.orders.append(order)
        number = NUMBER
        pdf = encode([number, binding(order.t, order.ordinal, number), self.pages])
        document = Document(
            t=order.t,
            ordinal=order.ordinal,
            number=number,
            pdf_hash=hashlib.sha256(pdf).digest(),
            fee=order.fee,
            pages=self.pages,
            print_by=order.sent + 180,
        )
        payload = self._or_refusal(MessageKind.ORDER, answer(self.changed_document(document)))
        sealed = self.to_kiosk(MessageKind.DOCUMENT, payload, order.ordinal, pdf=self.changed_paper(pdf))
        return Answered(kind=MessageKind.DOCUMENT, body=sealed)

    def _own_list(self, question: Question) -> Answered:
        made = self._visit()
        body = from_bytes(OwnListBody, question.body)
        context = self._from_kiosk(MessageKind.OWNLIST, made.ticket, body.ordinal)
        signed = self.opening.open(body.sealed, context)
        ask = from_bytes(OwnListAsk, VerifyingKey(made.opening.visit_keys.signing).open(signed, context))
        listed = OwnList(
            t=ask.t, ordinal=ask.ordinal, since=seconds(self.clock) - 365 * 86_400, entries=self.issued, older=0
        )
        payload = self._or_refusal(MessageKind.OWNLIST, answer(self.changed_list(listed)))
        return Answered(kind=MessageKind.OWNLIST, body=self.to_kiosk(MessageKind.OWNLIST, payload, ask.ordinal))

    def to_kiosk(
        self,
        kind: MessageKind,
        payload: bytes,
        ordinal: int = 0,
        *,
        changed: Callable[[Context], Context] | None = None,
        pdf: bytes = b"",
    ) -> bytes:
        """Sign and seal to the visit; the context is the test's to change."""
        made = self._visit()
        sealing = SealingKey(made.opening.visit_keys.sealing)
        context = Context(
            kind=kind,
            sender=self.entry.ward,
            receiver=self.device.kiosk,
            visit=ticket_hash(made.ticket),
            ordinal=ordinal,
            key_id=sealing.key_id,
        )
        context = context if changed is None else changed(context)
        signed = self.message_key.sign(payload, context)
        if kind is MessageKind.MENU:
            made.menus.append(hashlib.sha256(signed).digest())
        content = to_bytes(Enclosed(signed=signed, pdf=pdf)) if kind is MessageKind.DOCUMENT else signed
        return sealing.seal(content, context, SealedSize.MEDIUM)

    def _or_refusal(self, kind: MessageKind, payload: bytes) -> bytes:
        waiting = self.refuses.get(kind)
        return refusal(waiting.pop(0)) if waiting else payload

    def _visit(self) -> Made:
        if self.visit is None:
            raise Refused(Code.VISIT_OVER, "no visit")
        return self.visit

    def _from_kiosk(self, kind: MessageKind, ticket: bytes, ordinal: int = 0) -> Context:
        return Context(
            kind=kind,
            sender=self.device.kiosk,
            receiver=self.entry.ward,
            visit=ticket_hash(ticket),
            ordinal=ordinal,
            key_id=self.opening.sealing.key_id,
        )


def issued(number: str, kiosk: str = "K-0001", *, moment: int = 1_760_000_000) -> OwnIssuance:
    """Give what a ward tells of one certificate of the card."""
    return OwnIssuance(
        number=number,
        kind=CertificateKind.RESIDENT_RECORD,
        issued=moment,
        kiosk=kiosk,
        operator="Mihon Stores",
        fate=IssuanceFate.PRINTED,
    )


def _check_card(opening: Opening, ticket: bytes) -> None:
    """Check the card's signature over t.

    Raises:
        cryptography.exceptions.InvalidSignature: it is not the card's.
    """
    t = card_challenge(
        ticket,
        opening.certificate,
        opening.algorithm,
        most_orders=opening.most_orders,
        most_minutes=opening.most_minutes,
    )
    key = x509.load_der_x509_certificate(opening.certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(opening.signature, t, padding.PKCS1v15(), hashes.SHA256())
