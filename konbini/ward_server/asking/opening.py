"""OPEN and ORDER: whose signatures stand on them, and what the card allowed.

The order of checks is the design's: what is cheap and forged easily comes first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from konbini.protocol.cose import Context, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LONG_VISIT_MINUTES, MOST_ORDERS, VISIT_MINUTES, MessageKind
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Ticket, card_challenge
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import Opening, Order
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge

__all__ = ["KioskRegister", "Opened", "handle_of", "open_context", "order_context", "read_opening", "read_order"]

_HANDLE_BYTES = 16


class KioskRegister:
    """The ward's own register of kiosks: enrolments that the enrolment authority signed and the ward accepted."""

    def __init__(self, signed_enrolments: Iterable[bytes], authority: VerifyingKey) -> None:
        """Check every enrolment.

        Raises:
            Refused: `SIGNATURE_INVALID`.
            ValueError: a kiosk stands twice.
        """
        self._by_name: dict[str, Enrolment] = {}
        for signed in signed_enrolments:
            enrolment = Enrolment.open(signed, authority)
            if enrolment.kiosk in self._by_name:
                raise ValueError(f"kiosk {enrolment.kiosk} stands twice in the register")
            self._by_name[enrolment.kiosk] = enrolment

    def find(self, kiosk: str, device_key_id: bytes, moment: int) -> Enrolment:
        """Find a kiosk by name and key.

        Raises:
            Refused: `KIOSK_UNKNOWN`: not in the register, another key, or not in force at `moment`.
        """
        enrolment = self.named(kiosk, moment)
        if enrolment.device_key_id != device_key_id:
            raise Refused(Code.KIOSK_UNKNOWN, f"{kiosk}: another device key")
        return enrolment

    @property
    def names(self) -> frozenset[str]:
        """Every kiosk that stands in it, in force or not."""
        return frozenset(self._by_name)

    def is_operated_by(self, kiosk: str, operator: str) -> bool:
        """Say whether a kiosk of this register is one of this operator's."""
        enrolment = self._by_name.get(kiosk)
        return enrolment is not None and enrolment.operator == operator

    def operator_of(self, kiosk: str) -> str:
        """Name who runs a kiosk, whether or not it is in force now; empty where it does not stand here."""
        enrolment = self._by_name.get(kiosk)
        return "" if enrolment is None else enrolment.operator

    def operated_by(self, operator: str) -> frozenset[str]:
        """Name the kiosks of an operator."""
        return frozenset(name for name in self._by_name if self.is_operated_by(name, operator))

    def knows(self, kiosk: str, moment: int) -> bool:
        """Say whether a kiosk of this name is in force at `moment`."""
        enrolment = self._by_name.get(kiosk)
        return enrolment is not None and enrolment.in_force(moment)

    def named(self, kiosk: str, moment: int) -> Enrolment:
        """Find a kiosk by name.

        Raises:
            Refused: `KIOSK_UNKNOWN`.
        """
        if not self.knows(kiosk, moment):
            raise Refused(Code.KIOSK_UNKNOWN, kiosk)
        return self._by_name[kiosk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An OPEN whose signatures hold: the card's over t, the visit key's, the kiosk's device key's."""

    ticket: Ticket
    visit: bytes
    t: bytes
    opening: Opening

    @property
    def visit_signing(self) -> VerifyingKey:
        """The visit's signing key."""
        return VerifyingKey(self.opening.visit_keys.signing)

    @property
    def last_moment(self) -> int:
        """When the minutes that the card allowed are over, Unix seconds."""
        return self.ticket.issued + 60 * self.opening.most_minutes


def open_context(*, kiosk: str, ward: str, visit: bytes, key_id: bytes) -> Context:
    """Give the context of OPEN."""
    return Context(kind=MessageKind.OPEN, sender=kiosk, receiver=ward, visit=visit, key_id=key_id)


def order_context(*, kiosk: str, ward: str, visit: bytes, ordinal: int, key_id: bytes) -> Context:
    """Give the context of ORDER."""
    return Context(kind=MessageKind.ORDER, sender=kiosk, receiver=ward, visit=visit, ordinal=ordinal, key_id=key_id)


def read_opening(  # noqa: PLR0913 - what a visit is opened with, and who judges it
    message: bytes,
    ticket_bytes: bytes,
    ticket: Ticket,
    enrolment: Enrolment,
    context: Context,
    *,
    cards: CardJudge = X509_CARDS,
) -> Opened:
    """Check the signatures of OPEN, the inner one by the visit key, the outer one by the device key.

    Args:
        message: what OPEN sealed.
        ticket_bytes: the ticket as received.
        ticket: the same, checked.
        enrolment: the kiosk in the ward's own register.
        context: of OPEN.
        cards: judges the card's signature.

    Raises:
        Refused: `DEVICE_SIGNATURE_INVALID`, `CARD_SIGNATURE_INVALID`, `TICKET_INVALID` (other visit keys),
            `SIGNATURE_INVALID` (the visit key's), `MALFORMED`.
    """
    try:
        by_visit_key = VerifyingKey(enrolment.signing).open(message, context)
    except Refused as refused:
        raise Refused(Code.DEVICE_SIGNATURE_INVALID, refused.detail) from refused
    opening = from_bytes(Opening, unchecked_payload(by_visit_key))
    if opening.visit_keys.digest() != ticket.visit_keys:
        raise Refused(Code.TICKET_INVALID, "other visit keys than the ticket's")
    VerifyingKey(opening.visit_keys.signing).open(by_visit_key, context)
    if not 1 <= opening.most_orders <= MOST_ORDERS or opening.most_minutes not in (VISIT_MINUTES, LONG_VISIT_MINUTES):
        raise Refused(Code.MALFORMED, "limits that no card is asked to sign")
    t = card_challenge(
        ticket_bytes,
        opening.certificate,
        opening.algorithm,
        most_orders=opening.most_orders,
        most_minutes=opening.most_minutes,
    )
    cards.check_signature(opening.certificate, opening.algorithm, opening.signature, t)
    return Opened(ticket=ticket, visit=hashlib.sha256(ticket_bytes).digest(), t=t, opening=opening)


def read_order(message: bytes, opened: Opened, menu_hash: bytes, context: Context) -> Order:
    """Check an ORDER's signature and that it belongs to this visit and this menu.

    Raises:
        Refused: `SIGNATURE_INVALID`, `MALFORMED`, `ORDER_OUT_OF_TURN`, `CHANGED_LOOK_AGAIN` (another menu).
    """
    order = from_bytes(Order, opened.visit_signing.open(message, context))
    if order.t != opened.t or order.ordinal != context.ordinal:
        raise Refused(Code.ORDER_OUT_OF_TURN, "of another visit or ordinal")
    if not 1 <= order.ordinal <= opened.opening.most_orders:
        raise Refused(Code.ORDER_OUT_OF_TURN, "more than the card allowed")
    if order.menu != menu_hash:
        raise Refused(Code.CHANGED_LOOK_AGAIN, "another menu")
    return order


def handle_of(key: bytes, visit_id: bytes, resident: str) -> bytes:
    """Give a resident's handle within a visit: HMAC-SHA-256 under the ward's handle key, 16 bytes."""
    return hmac.digest(key, visit_id + resident.encode(), "sha256")[:_HANDLE_BYTES]
