"""What is signed once and carried by others: ward directory, kiosk enrolments, message-key certificates.

Roots of trust (docs/keys.md): a kiosk pins the directory authority's key, a ward and the center pin the
enrolment authority's key. Neither key is on a machine that serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.sealing import PUBLIC_BYTES
from konbini.protocol.shape import Line, Moment, Sized, UpTo, from_bytes, to_bytes

__all__ = [
    "MESSAGE_KEY_SECONDS",
    "Enrolment",
    "MessageKeyCertificate",
    "Point",
    "SealingPoint",
    "WardDirectory",
    "WardEntry",
]

Point = Annotated[bytes, Sized(65)]
"""A P-256 public key as an uncompressed point."""
SealingPoint = Annotated[bytes, Sized(PUBLIC_BYTES)]
"""A public key that one seals to."""
MESSAGE_KEY_SECONDS = 86_400
"""How long a message key may be certified for."""
_DIRECTORY_AUTHORITY = "directory authority"
_ENROLMENT_AUTHORITY = "enrolment authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class WardEntry:
    """One ward of the directory.

    `paper_authorities` are DER certificates: what may stand above the certificate that signs its documents.
    """

    ward: Line
    name: Line
    name_english: Line
    identity: Point
    paper_authorities: tuple[Annotated[bytes, UpTo(4096)], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardDirectory:
    """The list of wards that a kiosk believes, never going back in version."""

    version: int
    issued: Moment
    wards: tuple[WardEntry, ...]

    def sign(self, authority: SigningKey) -> bytes:
        """Sign with the directory authority's key, offline."""
        return authority.sign(to_bytes(self), _trust_context(MessageKind.DIRECTORY, _DIRECTORY_AUTHORITY))

    @classmethod
    def open(cls, signed: bytes, authority: VerifyingKey, *, newest_seen: int) -> WardDirectory:
        """Check the signature and the version.

        Raises:
            Refused: `SIGNATURE_INVALID`, or `MALFORMED` where the version goes back behind `newest_seen`.
        """
        payload = authority.open(signed, _trust_context(MessageKind.DIRECTORY, _DIRECTORY_AUTHORITY))
        directory = from_bytes(cls, payload)
        if directory.version < newest_seen:
            raise Refused(Code.MALFORMED, f"directory {directory.version} after {newest_seen}")
        return directory

    def entry(self, ward: str) -> WardEntry:
        """Find a ward.

        Raises:
            Refused: `WARD_UNREACHABLE`, it takes no part.
        """
        for entry in self.wards:
            if entry.ward == ward:
                return entry
        raise Refused(Code.WARD_UNREACHABLE, f"{ward} is not in the directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One kiosk's keys, as the enrolment authority saw them when the machine was set up."""

    kiosk: Line
    operator: Line
    signing: Point
    sealing: SealingPoint
    begins: Moment
    ends: Moment

    def sign(self, authority: SigningKey) -> bytes:
        """Sign with the enrolment authority's key."""
        return authority.sign(to_bytes(self), _trust_context(MessageKind.ENROLMENT, _ENROLMENT_AUTHORITY))

    @classmethod
    def open(cls, signed: bytes, authority: VerifyingKey) -> Enrolment:
        """Check the signature; whether it is in force is asked with `in_force`.

        Raises:
            Refused: `SIGNATURE_INVALID`.
        """
        return from_bytes(cls, authority.open(signed, _trust_context(MessageKind.ENROLMENT, _ENROLMENT_AUTHORITY)))

    @property
    def device_key_id(self) -> bytes:
        """The id of the device's signing key."""
        return VerifyingKey(self.signing).key_id

    def in_force(self, moment: int) -> bool:
        """Say whether the enrolment holds at `moment` (Unix seconds)."""
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKeyCertificate:
    """A ward's message key for a day, certified by its identity key."""

    ward: Line
    signing: Point
    begins: Moment
    ends: Moment

    def sign(self, identity: SigningKey) -> bytes:
        """Sign with the ward's identity key."""
        return identity.sign(to_bytes(self), _trust_context(MessageKind.MESSAGE_KEY, self.ward))

    @classmethod
    def open(cls, signed: bytes, entry: WardEntry, moment: int, *, skew: int = 30) -> VerifyingKey:
        """Check against the ward's identity in the directory and give the message key.

        Raises:
            Refused: `SIGNATURE_INVALID`: not this ward's, or not of this day (give or take `skew` seconds).
        """
        payload = VerifyingKey(entry.identity).open(signed, _trust_context(MessageKind.MESSAGE_KEY, entry.ward))
        certificate = from_bytes(cls, payload)
        if certificate.ends - certificate.begins > MESSAGE_KEY_SECONDS:
            raise Refused(Code.SIGNATURE_INVALID, "message key of a longer life than a day")
        if certificate.ward != entry.ward or not certificate.begins - skew <= moment < certificate.ends + skew:
            raise Refused(Code.SIGNATURE_INVALID, "message key of another ward or day")
        return VerifyingKey(certificate.signing)

    @classmethod
    def peek(cls, signed: bytes) -> MessageKeyCertificate:
        """Read a certificate without believing it.

        Raises:
            Refused: `MALFORMED`.
        """
        return from_bytes(cls, unchecked_payload(signed))


def _trust_context(kind: MessageKind, sender: str) -> Context:
    return Context(kind=kind, sender=sender, receiver=ANYONE)
