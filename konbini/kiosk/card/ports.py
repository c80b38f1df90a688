"""What the kiosk sees of a card and of its reader.

Every foreseen refusal is a `konbini.protocol.errors.Refused` with one of the 1xx codes. A session is one card,
exclusively held from connecting to unpowering; it belongs to one visit and one event loop, and is used by one task
at a time.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["CardReader", "CardSession", "Presence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether the reader works, and whether something lies on it."""

    reader: bool
    card: bool


class CardSession(Protocol):
    """One individual-number card (個人番号カード), phone or ward card (専用カード), held until `close`."""

    @property
    def needs_pin(self) -> bool:
        """Whether the kiosk has to ask for the PIN; a phone that asks its holder itself needs none."""
        ...

    @property
    def pin_digits(self) -> int:
        """How many digits this card's PIN has."""
        ...

    @property
    def certificate(self) -> bytes:
        """The user-authentication certificate (利用者証明用電子証明書) that was read in this session, DER.

        Raises:
            RuntimeError: this card shows it only after its PIN, and no PIN was verified.
        """
        ...

    @property
    def algorithm(self) -> int:
        """The COSE number of the algorithm that the certificate's key signs with; raises as `certificate`."""
        ...

    @property
    def tries_left(self) -> int:
        """How often the PIN may still be missed; read before any PIN is tried, updated after each.

        Where the kiosk asks for no PIN it says nothing, and is the card's full number.
        """
        ...

    async def verify_pin(self, pin: bytearray) -> None:
        """Show the PIN (ASCII digits) to the card; `pin` is all zeros when this returns or raises.

        A card that shows its certificate only after the PIN is read now.

        Raises:
            Refused: PIN_WRONG (the session goes on, `tries_left` is new), PIN_LOCKED; CARD_REMOVED, CARD_CHANGED,
                CARD_MUTE, CARD_FAULT, READER_UNAVAILABLE, WRONG_CARD where it has no certificate of ours (the
                session is over).
            ValueError: not the digits this card's PIN is made of; the card was not asked and no try is spent.
        """
        ...

    async def sign(self, message: bytes) -> bytes:
        """Have the card sign `message` as its key calls for, and check it with this session's certificate.

        For an RSA key that is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2), for a P-384 key ECDSA with SHA-384.

        Raises:
            Refused: CARD_CHANGED when the signature is not this certificate's; PHONE_NOT_CONFIRMED when the phone
                still wants its holder's face or code; CARD_REMOVED, CARD_MUTE, CARD_FAULT, READER_UNAVAILABLE. The
                session is over.
            RuntimeError: this card needs a PIN, and none was verified in this session.
        """
        ...

    async def close(self) -> None:
        """Take the power off the card and let it go; may be called again, never raises."""
        ...


class CardReader(Protocol):
    """The one reader of a kiosk."""

    async def open(self) -> CardSession:
        """Hold the card that lies on the reader, tell what it is, read what it shows before its PIN.

        That is its tries left, and its certificate unless it is a phone that shows it only after the PIN. A locked
        card opens, with no tries left: saying so is the screen's.

        Raises:
            Refused: NO_CARD, WRONG_CARD, CARD_REMOVED, CARD_MUTE, CARD_FAULT, READER_UNAVAILABLE.
        """
        ...

    def presence(self) -> AsyncGenerator[Presence, None]:
        """What is there now, at once, and then each change, for ever; never raises.

        Close it (`contextlib.aclosing`) when no more is wanted: a thread waits behind it.
        """
        ...
