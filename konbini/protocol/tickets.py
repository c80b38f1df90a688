"""Messages 0 to 3: PREKEY, HELLO, TICKET, and what the card signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Protocol

from konbini.protocol.codec import Value, encode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, CENTER, PROTOCOL, SUITE, MessageKind
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, from_bytes, to_bytes
from konbini.protocol.trust import MessageKeyCertificate, Point, SealingPoint, WardEntry

__all__ = [
    "CLOCK_SKEW_SECONDS",
    "PREKEY_SECONDS",
    "TICKET_SECONDS",
    "Hello",
    "Prekey",
    "Ticket",
    "TicketOffice",
    "VisitKeys",
    "card_challenge",
    "ticket_hash",
]

TICKET_SECONDS = 60
CLOCK_SKEW_SECONDS = 30
PREKEY_SECONDS = 1200
"""How long a prekey may be accepted."""
_PURPOSE = "issue certificates at a kiosk"
_KeyId = Annotated[bytes, Sized(8)]
_VisitId = Annotated[bytes, Sized(16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prekey:
    """Message 0, ward to everybody: what kiosks seal OPEN, ORDER, RECEIPT and their like to.

    A new one every 10 minutes, accepted for 20, none made ahead. Signed by the message key that it carries.
    """

    ward: Line
    key_id: _KeyId
    suite: int
    sealing: SealingPoint
    begins: Moment
    ends: Moment
    message_key: Annotated[bytes, UpTo(1024)]

    def sign(self, message_key: SigningKey) -> bytes:
        """Sign with the ward's message key of the day."""
        return message_key.sign(to_bytes(self), Context(kind=MessageKind.PREKEY, sender=self.ward, receiver=ANYONE))

    @classmethod
    def open(cls, signed: bytes, entry: WardEntry, moment: int) -> tuple[Prekey, VerifyingKey]:
        """Check a prekey against the ward directory, not against whoever brought it.

        The payload names the certificate that checks it, so the payload is read before it is believed.

        Returns:
            The prekey and the ward's message key of the day.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`, `PREKEY_UNKNOWN` (out of time, too long-lived, another suite).
        """
        claimed = cls.peek(signed)
        message_key = MessageKeyCertificate.open(claimed.message_key, entry, moment)
        context = Context(kind=MessageKind.PREKEY, sender=entry.ward, receiver=ANYONE)
        prekey = from_bytes(cls, message_key.open(signed, context))
        if prekey.ward != entry.ward or prekey.suite != SUITE:
            raise Refused(Code.PREKEY_UNKNOWN, "of another ward or suite")
        if prekey.ends - prekey.begins > PREKEY_SECONDS:
            raise Refused(Code.PREKEY_UNKNOWN, "of a longer life than 20 minutes")
        if not prekey.begins - CLOCK_SKEW_SECONDS <= moment < prekey.ends:
            raise Refused(Code.PREKEY_UNKNOWN, "out of its time")
        return prekey, message_key

    @classmethod
    def peek(cls, signed: bytes) -> Prekey:
        """Read a prekey without believing it: its own maker, and whoever goes on to check it, may."""
        return from_bytes(cls, unchecked_payload(signed))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitKeys:
    """The public halves of a visit's fresh keys."""

    signing: Point
    sealing: SealingPoint

    def digest(self) -> bytes:
        """Give H(visit keys)."""
        return hashlib.sha256(to_bytes(self)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Message 1, kiosk to the office that gives its tickets, sent after the PIN is typed."""

    visit_id: _VisitId
    kiosk: Line
    device_key_id: _KeyId
    ward: Line
    visit_keys: Digest

    def sign(self, device: SigningKey, office: str = CENTER) -> bytes:
        """Sign with the kiosk's device key, for the office of this name."""
        return device.sign(to_bytes(self), Context(kind=MessageKind.HELLO, sender=self.kiosk, receiver=office))

    @classmethod
    def open(cls, signed: bytes, device: VerifyingKey, kiosk: str, office: str = CENTER) -> Hello:
        """Check with the enrolled key of the kiosk at the other end of the link, as the office of this name.

        Raises:
            Refused: `SIGNATURE_INVALID`, or `MISROUTED` where it names another kiosk or key.
        """
        context = Context(kind=MessageKind.HELLO, sender=kiosk, receiver=office)
        hello = from_bytes(cls, device.open(signed, context))
        if hello.kiosk != kiosk or hello.device_key_id != device.key_id:
            raise Refused(Code.MISROUTED, "HELLO names another kiosk or key")
        return hello


class TicketOffice(Protocol):
    """Whoever gives a kiosk its tickets (`konbini.protocol.offices`)."""

    @property
    def name(self) -> str:
        """Who HELLO is for and TICKET is from."""

    def key(self, claimed: Ticket) -> VerifyingKey:
        """Give the key that has to have signed; raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Message 2, office to kiosk: leave to ask one ward once, for 60 seconds."""

    visit_id: _VisitId
    kiosk: Line
    device_key_id: _KeyId
    ward: Line
    visit_keys: Digest
    issued: Moment
    expires: Moment
    prekey: Annotated[bytes, UpTo(4096)]

    def sign(self, key: SigningKey, office: str = CENTER) -> bytes:
        """Sign with the center's ticket key; as a ward's office, with the message key that the prekey names."""
        return key.sign(to_bytes(self), Context(kind=MessageKind.TICKET, sender=office, receiver=ANYONE))

    @classmethod
    def open(cls, signed: bytes, office: TicketOffice, moment: int) -> Ticket:
        """Check signature and time.

        Raises:
            Refused: `TICKET_INVALID`, `TICKET_EXPIRED`.
        """
        ticket = cls.read(signed, office)
        if ticket.issued > moment + CLOCK_SKEW_SECONDS:
            raise Refused(Code.TICKET_INVALID, "post-dated")
        if moment >= ticket.expires + CLOCK_SKEW_SECONDS:
            raise Refused(Code.TICKET_EXPIRED)
        return ticket

    @classmethod
    def claimed(cls, signed: bytes) -> Ticket:
        """Read a ticket without believing it: whose office has to have signed it is asked by the kiosk it names.

        Raises:
            Refused: `TICKET_INVALID`.
        """
        try:
            return from_bytes(cls, unchecked_payload(signed))
        except Refused as refused:
            raise Refused(Code.TICKET_INVALID, refused.detail) from refused

    @classmethod
    def read(cls, signed: bytes, office: TicketOffice) -> Ticket:
        """Check the signature alone: for whoever looks at a visit that its ticket has opened already.

        Raises:
            Refused: `TICKET_INVALID`.
        """
        context = Context(kind=MessageKind.TICKET, sender=office.name, receiver=ANYONE)
        try:
            ticket = from_bytes(cls, office.key(cls.claimed(signed)).open(signed, context))
        except Refused as refused:
            raise Refused(Code.TICKET_INVALID, refused.detail) from refused
        if ticket.expires - ticket.issued != TICKET_SECONDS:
            raise Refused(Code.TICKET_INVALID, "of another length than 60 s")
        return ticket

    def answers(self, hello: Hello) -> None:
        """Compare every field with the HELLO that asked.

        Raises:
            Refused: `TICKET_INVALID`, naming the field.
        """
        for name in ("visit_id", "kiosk", "device_key_id", "ward", "visit_keys"):
            if getattr(self, name) != getattr(hello, name):
                raise Refused(Code.TICKET_INVALID, f"another {name} than asked for")


def ticket_hash(signed: bytes) -> bytes:
    """Give v, the SHA-256 of the ticket's bytes as they were received."""
    return hashlib.sha256(signed).digest()


def card_challenge(ticket: bytes, certificate: bytes, algorithm: int, *, most_orders: int, most_minutes: int) -> bytes:
    """Give t, what the card signs to open a visit; nobody hands it to the kiosk.

    Args:
        ticket: the signed ticket's bytes.
        certificate: the card's user-authentication certificate (DER), read in this session.
        algorithm: the COSE number of the card's signature algorithm: -257 is RSASSA-PKCS1-v1_5 with SHA-256.
        most_orders: how many certificates the resident allows this visit.
        most_minutes: how long the resident allows this visit to be.
    """
    parts: list[Value] = [
        f"{PROTOCOL} open visit",
        ticket,
        hashlib.sha256(certificate).digest(),
        algorithm,
        _PURPOSE,
        most_orders,
        most_minutes,
    ]
    return hashlib.sha256(encode(parts)).digest()
