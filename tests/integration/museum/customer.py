"""Residents at shops: the kiosk's own half of the protocol and its own look at the paper, before the ward's use cases.

What came out is kept with whose card it was; who is on it is read from the paper itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import cast

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types

from konbini.kiosk.channel.host import Host
from konbini.kiosk.visit.ward import CardProof, Device, GivenDocument, GivenMenu, WardVisit, Wish
from konbini.pdf.verification import verify
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import CertificateKind, MessageKind, Options, Scope
from konbini.protocol.numbers import binding
from konbini.protocol.offices import CenterOffice
from konbini.simulation.card.keys import algorithm_of, sign_message
from konbini.ward_server.issuing.desk import Desk, Reply
from konbini.ward_server.issuing.opening import Openings
from konbini.ward_server.issuing.ordering import Orders
from konbini.ward_server.issuing.settling import Receipts
from tests.integration.ward_server.front import DeskFront
from tests.integration.ward_server.kiosk import Told
from tests.integration.ward_server.relay import Relay
from tests.integration.ward_server.ward import Ward

__all__ = ["Counter", "Customer", "Paper", "text_of"]


class Counter(DeskFront):
    """The ward's use cases, made once as the gateway makes them, so that they keep what they keep."""

    def __init__(self, desk: Desk) -> None:
        """Make them."""
        super().__init__(desk)
        self._openings, self._orders, self._receipts = Openings(desk), Orders(desk), Receipts(desk)

    async def open(self, kiosk: str, visit_id: bytes, body: bytes) -> Reply:
        """Take an OPEN."""
        return await self._openings.take(kiosk, visit_id, body)

    async def order(self, kiosk: str, body: bytes) -> Reply:
        """Take an ORDER."""
        return await self._orders.take(kiosk, body)

    async def receipt(self, kiosk: str, body: bytes) -> Reply:
        """Take a RECEIPT."""
        return await self._receipts.take(kiosk, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What came out: whose card it was, and the PDF whose pages were printed."""

    holder: str
    pdf: bytes


@dataclass(slots=True)
class Customer:
    """One resident with a card at one kiosk; `papers` and `refusals` are everybody's."""

    ward: Ward
    holder: str
    kiosk: str
    papers: list[Paper]
    refusals: list[str]
    front: Counter | None = None
    visit: WardVisit | None = None
    given: GivenMenu | None = None
    document: GivenDocument | None = field(default=None, repr=False)

    async def open(self) -> bool:
        """Put the card on, take the menu; say whether there is one."""
        kiosk, card = self.ward.kiosk(self.kiosk), self.ward.card(self.holder)
        office = CenterOffice(pinned=self.ward.center.key.verifying)
        device = Device(kiosk=kiosk.name, signing=kiosk.signing, office=office)
        relay = cast("Host", Relay(self.ward, kiosk.name))
        visit = self.visit = WardVisit(
            device=device, entry=self.ward.entry, host=relay, visit_id=self.ward.entropy.token(16)
        )
        try:
            await visit.admit(self._seconds())
            t = visit.challenge(card.auth_certificate, algorithm_of(card.auth_key))
            proof = CardProof(
                certificate=card.auth_certificate,
                algorithm=algorithm_of(card.auth_key),
                signature=sign_message(card.auth_key, t),
            )
            self.given = await visit.open(proof)
        except Refused as refused:
            self.refusals.append(refused.code.name)
            return False
        return True

    async def order(
        self,
        kind: CertificateKind = CertificateKind.RESIDENT_RECORD,
        scope: Scope = Scope.SELF,
        options: Options = Options.HEAD_AND_RELATIONSHIP,
    ) -> None:
        """Order one certificate, look at it as the kiosk does, and print it."""
        assert self.given is not None
        assert self.visit is not None
        menu, visit = self.given.menu, self.visit
        members = menu.members if scope is Scope.WHOLE else menu.members[:1]
        fee = next(offer.fee for offer in menu.offers if offer.kind is kind)
        if kind is CertificateKind.SEAL_REGISTRATION:
            options = Options(0)
        handles = tuple(member.handle for member in members)
        wish = Wish(kind=kind, scope=scope, options=options, handles=handles, fee=fee)
        relay = Relay(self.ward, self.kiosk)
        try:
            found = await visit.order(wish, 1, self.given, self._seconds, lambda: relay.prekey(self.ward.code))
            self._look_at(found)
        except Refused as refused:
            self.refusals.append(refused.code.name)
            return
        self.document = found
        self.papers.append(Paper(holder=self.holder, pdf=found.pdf))

    async def come(
        self,
        kind: CertificateKind = CertificateKind.RESIDENT_RECORD,
        scope: Scope = Scope.SELF,
        options: Options = Options.HEAD_AND_RELATIONSHIP,
    ) -> None:
        """Come, order one certificate, tell how it ended, and go."""
        if await self.open():
            await self.order(kind, scope, options)
        await self.go()

    async def go(self) -> None:
        """Tell the ward how the visit ended."""
        assert self.visit is not None
        told = self.ward.visit(self.holder, self.ward.kiosk(self.kiosk), self.visit.visit_id)
        told.ticket, told.t = self.visit._ticket, self.visit.t
        try:
            if self.document is not None:
                await told.printed(Told(kind=MessageKind.DOCUMENT, body=b"", document=self.document.document))
            await told.settle(told.goodbye(), ordinal=0)
        except Refused as refused:
            self.refusals.append(refused.code.name)

    def _look_at(self, found: GivenDocument) -> None:
        """Hold the paper against what the ward signed, as the kiosk does before it prints."""
        assert self.visit is not None
        document = found.document
        assert hashlib.sha256(found.pdf).digest() == document.pdf_hash
        verify(
            found.pdf,
            authorities=self.ward.entry.paper_authorities,
            moment=self._seconds(),
            number=document.number,
            binding=binding(self.visit.t, document.ordinal, document.number),
            pages=document.pages,
        )

    def _seconds(self) -> int:
        return self.ward.clock.now() // 1000


def text_of(pdf: bytes) -> str:
    """Give the text of all pages."""
    document = pdfium.PdfDocument(pdf)
    try:
        return "\n".join(_text(page) for page in document)
    finally:
        document.close()


def _text(page: pdfium.PdfPage) -> str:
    text = page.get_textpage()
    try:
        return str(text.get_text_bounded())
    finally:
        text.close()
        page.close()
