"""A scripted kiosk and a scripted center: honest unless a test hands them something else to say.

The kiosk is written from the protocol alone, so that it can say what the real one never would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from konbini.process.clock import Clock
from konbini.protocol.accounts import DayFigures, FiguresBody
from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.kinds import CertificateKind, MessageKind, Mismatched, Options, Outcome, Scope
from konbini.protocol.own_list import OwnList, OwnListAsk, OwnListBody
from konbini.protocol.receipts import Ask, Final, HandedBack, Mismatch, Receipt, ReceiptBody
from konbini.protocol.sealing import OpeningKey, SealedSize, SealingKey
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tickets import (
    TICKET_SECONDS,
    Prekey,
    Ticket,
    VisitKeys,
    card_challenge,
    ticket_hash,
)
from konbini.protocol.trust import WardEntry
from konbini.protocol.visits import (
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
from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.keys import algorithm_of, sign_message
from konbini.ward_server.issuing.desk import Reply
from tests.integration.ward_server.front import Front

__all__ = ["Center", "Kiosk", "ReachedWard", "Told", "Visit"]

_NOTHING_MORE = Options(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kiosk:
    """A kiosk's name and its device's keys."""

    name: str
    signing: SigningKey
    sealing: OpeningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Center:
    """The center's ticket key; it writes whatever ticket it is asked for."""

    key: SigningKey

    def ticket(self, ticket: Ticket) -> bytes:
        """Sign a ticket."""
        return ticket.sign(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the ward answered. `kind` and `body` are as on the link; one of the others says what was in it."""

    kind: MessageKind
    body: bytes
    code: Code | None = None
    menu: Menu | None = None
    digest: bytes = b""
    document: Document | None = None
    pdf: bytes = b""
    handed: HandedBack | None = None
    own_list: OwnList | None = None

    @property
    def given_menu(self) -> Menu:
        """The menu, where there is one."""
        assert self.menu is not None, self.code
        return self.menu

    @property
    def given_document(self) -> Document:
        """The document, where there is one."""
        assert self.document is not None, self.code
        return self.document

    @property
    def given_list(self) -> OwnList:
        """The list of what was issued on the card, where there is one."""
        assert self.own_list is not None, self.code
        return self.own_list


class ReachedWard(Protocol):
    """What a kiosk knows of the ward that it speaks with, and the center between them."""

    @property
    def clock(self) -> Clock:
        """The one clock of this test."""

    @property
    def code(self) -> str:
        """The municipality code."""

    @property
    def entry(self) -> WardEntry:
        """The ward in the directory."""

    @property
    def center(self) -> Center:
        """Who signs tickets."""

    @property
    def front(self) -> Front:
        """Who takes a kiosk's messages."""

    @property
    def prekey(self) -> bytes:
        """The ward's newest PREKEY."""

    def prekey_of(self, ticket: bytes) -> bytes:
        """Give the prekey that a ticket carries, whoever signed the ticket."""

    def kiosk(self, name: str) -> Kiosk:
        """Give one of the town's kiosks."""


class Visit:
    """One visit; every message can be made with something else in it."""

    def __init__(self, ward: ReachedWard, kiosk: Kiosk, card: CardContent, visit_id: bytes) -> None:
        """Make the visit's keys."""
        self.ward, self.kiosk, self.card, self.visit_id = ward, kiosk, card, visit_id
        self.signing, self.sealing = SigningKey.generate(), OpeningKey.generate()
        self.keys = VisitKeys(signing=self.signing.verifying.point, sealing=self.sealing.sealing.public)
        self.ticket, self.t, self.menu_digest = b"", b"", b""
        self.menu: Menu | None = None

    @property
    def v(self) -> bytes:
        """The hash of the ticket."""
        return ticket_hash(self.ticket)

    @property
    def seconds(self) -> int:
        """Now, Unix seconds."""
        return self.ward.clock.now() // 1000

    def admit(
        self,
        *,
        ward: str = "",
        issued: int | None = None,
        center: Center | None = None,
        prekey: bytes = b"",
        kiosk: str = "",
    ) -> bytes:
        """Take a ticket from the center."""
        moment = self.seconds if issued is None else issued
        ticket = Ticket(
            visit_id=self.visit_id,
            kiosk=kiosk or self.kiosk.name,
            device_key_id=self.kiosk.signing.verifying.key_id,
            ward=ward or self.ward.code,
            visit_keys=self.keys.digest(),
            issued=moment,
            expires=moment + TICKET_SECONDS,
            prekey=prekey or self.ward.prekey,
        )
        self.ticket = (center or self.ward.center).ticket(ticket)
        return self.ticket

    def open_body(
        self,
        *,
        card: CardContent | None = None,
        certificate: bytes = b"",
        device: SigningKey | None = None,
        most_minutes: int = 15,
        signed_minutes: int | None = None,
    ) -> bytes:
        """Make OPEN: the card signs t, the visit key the opening, the device key both.

        Args:
            card: signs t, in the place of the visit's own.
            certificate: goes in the place of the card's.
            device: signs in the place of the kiosk's device key.
            most_minutes: what the opening says.
            signed_minutes: what the card signs, where it is something else.
        """
        card = card or self.card
        certificate, algorithm = certificate or card.auth_certificate, algorithm_of(card.auth_key)
        self.t = card_challenge(
            self.ticket, certificate, algorithm, most_orders=5, most_minutes=signed_minutes or most_minutes
        )
        opening = Opening(
            certificate=certificate,
            algorithm=algorithm,
            signature=sign_message(card.auth_key, self.t),
            most_orders=5,
            most_minutes=most_minutes,
            visit_keys=self.keys,
        )
        sealing = SealingKey(Prekey.peek(self.ward.prekey_of(self.ticket)).sealing)
        context = self._context(MessageKind.OPEN, sealing.key_id)
        message = (device or self.kiosk.signing).sign(self.signing.sign(to_bytes(opening), context), context)
        return to_bytes(OpenBody(ticket=self.ticket, sealed=sealing.seal(message, context, SealedSize.MEDIUM)))

    async def send_open(self, body: bytes) -> Told:
        """Send an OPEN and keep the menu."""
        reply = await self.ward.front.open(self.kiosk.name, self.visit_id, body)
        told = self._read(reply, body, MessageKind.MENU, 0)
        if told.menu is not None:
            self.menu, self.menu_digest = told.menu, told.digest
        return told

    async def open(self) -> Told:
        """Take a ticket, send OPEN, take the menu."""
        self.admit()
        return await self.send_open(self.open_body())

    def order_body(  # noqa: PLR0913 - the fields of an order
        self,
        *,
        ordinal: int = 1,
        kind: CertificateKind = CertificateKind.RESIDENT_RECORD,
        scope: Scope = Scope.SELF,
        options: Options = _NOTHING_MORE,
        handles: Sequence[bytes] | None = None,
        fee: int | None = None,
        sent: int | None = None,
        t: bytes = b"",
        signing: SigningKey | None = None,
    ) -> bytes:
        """Make ORDER, of the card's holder alone if nothing else is said."""
        assert self.menu is not None
        order = Order(
            t=t or self.t,
            ordinal=ordinal,
            menu=self.menu_digest,
            kind=kind,
            scope=scope,
            options=int(options),
            handles=tuple(handles or (self.menu.members[0].handle,)),
            fee=self._fee_of(kind) if fee is None else fee,
            sent=self.seconds if sent is None else sent,
        )
        sealing = SealingKey(Prekey.peek(self.ward.prekey).sealing)
        context = self._context(MessageKind.ORDER, sealing.key_id, ordinal)
        signed = (signing or self.signing).sign(to_bytes(order), context)
        sealed = sealing.seal(signed, context, SealedSize.SMALL)
        return to_bytes(OrderBody(visit=self.v, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed))

    def _fee_of(self, kind: CertificateKind) -> int:
        """Give the fee that the menu shows, of another kind where this one is not on it."""
        assert self.menu is not None
        return next((offer.fee for offer in self.menu.offers if offer.kind is kind), self.menu.offers[0].fee)

    async def send_order(self, body: bytes) -> Told:
        """Send an ORDER."""
        reply = await self.ward.front.order(self.kiosk.name, body)
        return self._read(reply, body, MessageKind.DOCUMENT, from_bytes(OrderBody, body).ordinal)

    async def order(self, ordinal: int = 1, scope: Scope = Scope.SELF, options: Options = _NOTHING_MORE) -> Told:
        """Order for the holder, or for the whole menu."""
        assert self.menu is not None
        members = self.menu.members if scope is Scope.WHOLE else self.menu.members[:1]
        handles = [member.handle for member in members]
        return await self.send_order(self.order_body(ordinal=ordinal, scope=scope, options=options, handles=handles))

    def own_list_body(
        self, ordinal: int = 1, *, t: bytes = b"", signing: SigningKey | None = None, signed_ordinal: int | None = None
    ) -> bytes:
        """Make OWNLIST: which ask of the visit; another t, key or ordinal may be signed in the place of the visit's."""
        sealing = SealingKey(Prekey.peek(self.ward.prekey).sealing)
        context = self._context(MessageKind.OWNLIST, sealing.key_id, ordinal)
        ask = OwnListAsk(t=t or self.t, ordinal=ordinal if signed_ordinal is None else signed_ordinal)
        sealed = sealing.seal((signing or self.signing).sign(to_bytes(ask), context), context, SealedSize.SMALL)
        return to_bytes(OwnListBody(visit=self.v, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed))

    async def send_own_list(self, body: bytes) -> Told:
        """Send an OWNLIST."""
        reply = await self.ward.front.own_list(self.kiosk.name, body)
        return self._read(reply, body, MessageKind.OWNLIST, from_bytes(OwnListBody, body).ordinal)

    async def own_list(self, ordinal: int = 1) -> Told:
        """Ask what was issued on the card."""
        return await self.send_own_list(self.own_list_body(ordinal))

    async def one_paper(self) -> Told:
        """Order one paper about the holder alone, take it, and go; gives what was told at the end."""
        told = await self.open()
        if told.menu is None:
            return told
        told = await self.order()
        if told.document is not None:
            await self.printed(told)
        await self.settle(self.goodbye(), ordinal=0)
        return told

    def receipt(  # noqa: PLR0913 - the fields of a receipt
        self,
        outcome: Outcome,
        *,
        ordinal: int = 1,
        number: str | None = None,
        taken: int = 0,
        returned: int = 0,
        owed: int = 0,
        t: bytes = b"",
        pages: int = 1,
    ) -> bytes:
        """Make a receipt, signed by the device key."""
        printed = pages if outcome is Outcome.PRINTED else 0
        receipt = Receipt(
            visit_id=self.visit_id,
            ordinal=ordinal,
            t=t or self.t,
            number=number,
            outcome=outcome,
            after_page=0,
            counter_before=100,
            counter_after=100 + printed,
            taken=taken,
            returned=returned,
            owed=owed,
        )
        return self.kiosk.signing.sign(to_bytes(receipt), self._context(MessageKind.RECEIPT, b"", ordinal))

    def goodbye(self) -> bytes:
        """Make the receipt that says that the resident has gone."""
        return self.receipt(Outcome.CANCELLED, ordinal=0)

    def receipt_body(self, signed: bytes, ordinal: int = 1) -> bytes:
        """Seal a receipt to the ward's newest prekey."""
        sealing = SealingKey(Prekey.peek(self.ward.prekey).sealing)
        context = self._context(MessageKind.RECEIPT, sealing.key_id, ordinal)
        sealed = sealing.seal(signed, context, SealedSize.SMALL)
        return to_bytes(ReceiptBody(visit=self.v, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed))

    async def settle(self, signed: bytes, ordinal: int = 1) -> Final:
        """Send a receipt and take FINAL.

        Raises:
            Refused: the ward refused it in the open.
        """
        body = self.receipt_body(signed, ordinal)
        reply = await self.ward.front.receipt(self.kiosk.name, body)
        if reply.kind is MessageKind.LINK_REFUSED:
            raise Refused(_link_code(reply, body))
        assert reply.kind is MessageKind.FINAL
        final = from_bytes(Final, self.read_for_device(reply, MessageKind.FINAL))
        assert final.receipt == message_hash(signed)
        return final

    async def printed(self, told: Told, ordinal: int = 1) -> Final:
        """Say that a document was printed and paid."""
        document = told.given_document
        signed = self.receipt(Outcome.PRINTED, ordinal=ordinal, number=document.number, taken=document.fee)
        return await self.settle(signed, ordinal)

    async def report(self, handed: HandedBack, *, ordinal: int = 1, found: Mismatched = Mismatched.PAPER) -> Final:
        """Say that a document did not pass the kiosk's checks, and take MISMATCH_NOTED.

        Raises:
            Refused: the ward refused it in the open.
        """
        mismatch = Mismatch(visit_id=self.visit_id, ordinal=ordinal, t=self.t, found=found, handed=handed)
        signed = self.kiosk.signing.sign(to_bytes(mismatch), self._context(MessageKind.MISMATCH, b"", ordinal))
        sealing = SealingKey(Prekey.peek(self.ward.prekey).sealing)
        context = self._context(MessageKind.MISMATCH, sealing.key_id, ordinal)
        sealed = sealing.seal(signed, context, SealedSize.SMALL)
        body = to_bytes(ReceiptBody(visit=self.v, ordinal=ordinal, key_id=sealing.key_id, sealed=sealed))
        reply = await self.ward.front.mismatch(self.kiosk.name, body)
        if reply.kind is MessageKind.LINK_REFUSED:
            raise Refused(_link_code(reply, body))
        noted = from_bytes(Final, self.read_for_device(reply, MessageKind.MISMATCH_NOTED))
        assert noted.receipt == message_hash(signed)
        return noted

    async def tell_day(self, figures: DayFigures, *, day: int | None = None) -> Final:
        """Tell a day's figures and take FIGURES_NOTED.

        Raises:
            Refused: the ward refused them in the open.
        """
        signed = figures.sign(self.kiosk.signing)
        sealing = SealingKey(Prekey.peek(self.ward.prekey).sealing)
        context = Context(
            kind=MessageKind.FIGURES, sender=self.kiosk.name, receiver=self.ward.code, key_id=sealing.key_id
        )
        sealed = sealing.seal(signed, context, SealedSize.SMALL)
        body = to_bytes(FiguresBody(day=day or figures.day, key_id=sealing.key_id, sealed=sealed))
        reply = await self.ward.front.figures(self.kiosk.name, body)
        if reply.kind is MessageKind.LINK_REFUSED:
            raise Refused(_link_code(reply, body))
        answered = from_bytes(FiguresBody, reply.body)
        context = Context(
            kind=MessageKind.FIGURES_NOTED, sender=self.ward.code, receiver=self.kiosk.name, key_id=answered.key_id
        )
        _, message_key = Prekey.open(self.ward.prekey, self.ward.entry, self.seconds)
        noted = from_bytes(Final, message_key.open(self.kiosk.sealing.open(answered.sealed, context), context))
        assert noted.receipt == message_hash(signed)
        return noted

    def read_ask(self, reply: Reply) -> Ask:
        """Read an ASK."""
        return from_bytes(Ask, self.read_for_device(reply, MessageKind.ASK))

    def read_for_device(self, reply: Reply, kind: MessageKind) -> bytes:
        """Open what the ward sealed to the device, and check its message key's signature."""
        body = from_bytes(ReceiptBody, reply.body)
        context = Context(
            kind=kind,
            sender=self.ward.code,
            receiver=self.kiosk.name,
            visit=body.visit,
            ordinal=body.ordinal,
            key_id=body.key_id,
        )
        _, message_key = Prekey.open(self.ward.prekey, self.ward.entry, self.seconds)
        return message_key.open(self.kiosk.sealing.open(body.sealed, context), context)

    def _read(self, reply: Reply, body: bytes, kind: MessageKind, ordinal: int) -> Told:
        if reply.kind is MessageKind.LINK_REFUSED:
            return Told(kind=reply.kind, body=reply.body, code=_link_code(reply, body))
        assert reply.kind is kind
        context = Context(
            kind=kind,
            sender=self.ward.code,
            receiver=self.kiosk.name,
            visit=self.v,
            ordinal=ordinal,
            key_id=self.sealing.sealing.key_id,
        )
        opened = self.sealing.open(reply.body, context)
        try:
            if kind is MessageKind.MENU:
                menu = read_answer(Menu, self._message_key().open(opened, context))
                return Told(kind=kind, body=reply.body, menu=menu, digest=message_hash(opened))
            if kind is MessageKind.OWNLIST:
                own_list = read_answer(OwnList, self._message_key().open(opened, context))
                return Told(kind=kind, body=reply.body, own_list=own_list, digest=message_hash(opened))
            enclosed = from_bytes(Enclosed, opened)
            document = read_answer(Document, self._message_key().open(enclosed.signed, context))
            handed = HandedBack(key_id=context.key_id, message_key=self._prekey().message_key, signed=enclosed.signed)
            return Told(kind=kind, body=reply.body, document=document, pdf=enclosed.pdf, handed=handed)
        except Refused as refused:
            return Told(kind=kind, body=reply.body, code=refused.code)

    def _message_key(self) -> VerifyingKey:
        ticket = Ticket.claimed(self.ticket)
        return Prekey.open(ticket.prekey, self.ward.entry, ticket.issued)[1]

    def _prekey(self) -> Prekey:
        return Prekey.peek(Ticket.claimed(self.ticket).prekey)

    def _context(self, kind: MessageKind, key_id: bytes, ordinal: int = 0) -> Context:
        return Context(
            kind=kind, sender=self.kiosk.name, receiver=self.ward.code, visit=self.v, ordinal=ordinal, key_id=key_id
        )


def _link_code(reply: Reply, body: bytes) -> Code:
    refusal = from_bytes(LinkRefusal, reply.body)
    assert refusal.answered == hashlib.sha256(body).digest()
    return Code(refusal.code)
