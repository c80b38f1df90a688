"""The bytes in the code: a COSE_Sign1 (ES256) whose payload names its key and carries a page's body.

    payload = [1, key id, coding, packed body]        external_aad = context of PAGE_SEAL, from the municipality to `*`

The municipality in the context is the one that the issuer list gives the key: a key of one municipality signs for no
other. Nothing is inflated before the signature is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.pdf.paper_seal.issuers import IssuerKey, IssuerList, KeyUse
from konbini.pdf.paper_seal.page_seal import PageSeal, pack, unpack
from konbini.protocol.codec import decode, encode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind

__all__ = [
    "MOST_SEAL_BYTES",
    "SIGNATURE_BYTES",
    "SignedPage",
    "is_signed_by",
    "open_page",
    "payload_of",
    "sign_page",
    "signature_of",
    "with_signature",
]

MOST_SEAL_BYTES: Final = 2953
"""What the largest QR code holds (version 40, level L)."""
SIGNATURE_BYTES: Final = 64
_FORMAT: Final = 1
_KEY_ID_BYTES: Final = 8
_START: Final = bytes.fromhex("d28443a10126a0")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPage:
    """A page whose signature holds, and the key that the issuer list names for it."""

    seal: PageSeal
    key: IssuerKey


def payload_of(seal: PageSeal, key_id: bytes) -> bytes:
    """Give what is signed for a page."""
    return encode([_FORMAT, key_id, *pack(seal.to_wire())])


def sign_page(seal: PageSeal, key: SigningKey) -> bytes:
    """Sign a page."""
    return key.sign(payload_of(seal, key.verifying.key_id), _context(seal.municipality))


def signature_of(signed: bytes) -> bytes:
    """Give the signature alone, 64 bytes: all of a seal that cannot be made again from the page's facts."""
    return signed[-SIGNATURE_BYTES:]


def with_signature(seal: PageSeal, key_id: bytes, signature: bytes) -> bytes:
    """Put a page and the signature that it was given together again.

    Raises:
        ValueError: not a signature's size.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError("a signature has 64 bytes")
    return _START + encode(payload_of(seal, key_id)) + encode(signature)


def is_signed_by(data: bytes, key: VerifyingKey, municipality: str) -> bool:
    """Say whether a seal's signature is a key's, for a municipality."""
    try:
        key.open(data, _context(municipality))
    except Refused:
        return False
    return True


def open_page(data: bytes, issuers: IssuerList) -> SignedPage:
    """Check a page's seal.

    Args:
        data: what the code holds.
        issuers: whose keys are believed.

    Raises:
        Refused: `OVERSIZE`; `MALFORMED`; `VERSION_UNKNOWN`; `PAPER_KEY_UNKNOWN` (not listed, of another use, or of
            another municipality than the page names); `SIGNATURE_INVALID`; `PAPER_KEY_EXPIRED`: not in force on the day
            of issue.
    """
    if len(data) > MOST_SEAL_BYTES:
        raise Refused(Code.OVERSIZE, f"{len(data)} bytes, {MOST_SEAL_BYTES} allowed")
    key_id, coding, packed = _read_payload(unchecked_payload(data))
    key = issuers.key(key_id, KeyUse.PAGES)
    VerifyingKey(key.point).open(data, _context(key.municipality))
    seal = PageSeal.from_wire(unpack(coding, packed))
    if seal.municipality != key.municipality:
        raise Refused(Code.PAPER_KEY_UNKNOWN, f"{seal.municipality} under a key of {key.municipality}")
    key.check_in_force(seal.issued_on)
    return SignedPage(seal=seal, key=key)


def _read_payload(payload: bytes) -> tuple[bytes, int, bytes]:
    match decode(payload, MOST_SEAL_BYTES):
        case [version, *rest] if type(version) is int:
            if version != _FORMAT:
                raise Refused(Code.VERSION_UNKNOWN, f"page seal of format {version}")
        case _:
            raise Refused(Code.MALFORMED, "not a page seal")
    match rest:
        case [bytes() as key_id, coding, bytes() as packed] if len(key_id) == _KEY_ID_BYTES and type(coding) is int:
            return key_id, coding, packed
        case _:
            raise Refused(Code.MALFORMED, "not a page seal")


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.PAGE_SEAL, sender=municipality, receiver=ANYONE)
