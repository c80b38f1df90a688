"""Messages 4 and 5: OPEN and MENU, ORDER and DOCUMENT."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, TypeVar

from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Scope
from konbini.protocol.own_list import OwnList
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, Yen, from_value, to_bytes
from konbini.protocol.tickets import VisitKeys

__all__ = [
    "CARD_ES256",
    "CARD_ES384",
    "CARD_RS256",
    "PRINT_SECONDS",
    "Document",
    "Enclosed",
    "Handle",
    "Member",
    "Menu",
    "Offer",
    "OpenBody",
    "Opening",
    "Order",
    "OrderBody",
    "answer",
    "message_hash",
    "read_answer",
    "refusal",
]

M = TypeVar("M")

CARD_RS256 = -257
"""RSASSA-PKCS1-v1_5 with SHA-256, as cards sign today (IANA COSE algorithms)."""
CARD_ES256 = -7
CARD_ES384 = -35
PRINT_SECONDS = 180
"""From when ORDER was sent to the last moment at which printing may begin."""

Handle = Annotated[bytes, Sized(16)]
"""A member of the household within one visit: a keyed hash of (visit id, resident)."""
_GOOD = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBody:
    """The body of OPEN on the link: the ticket in the open, the rest sealed to the ward's prekey."""

    ticket: Annotated[bytes, UpTo(8192)]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What OPEN seals: signed by the visit key, and around that by the kiosk's device key.

    `algorithm`, `most_orders` and `most_minutes` are parts of t that the ward cannot know otherwise.
    """

    certificate: Annotated[bytes, UpTo(4096)]
    algorithm: int
    signature: Annotated[bytes, UpTo(1024)]
    most_orders: Annotated[int, UpTo(5)]
    most_minutes: Annotated[int, UpTo(30)]
    visit_keys: VisitKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One kind of certificate that can be drawn for these people.

    `options` are the bits of `Options` that may be asked for.
    """

    kind: CertificateKind
    scopes: tuple[Scope, ...]
    options: Annotated[int, UpTo(63)]
    fee: Yen


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person whom a certificate may show.

    `reading` is the name in kana (振り仮名), for whoever goes by ear; empty where the ward tells none.
    """

    handle: Handle
    name: Annotated[str, UpTo(256)]
    reading: Annotated[str, UpTo(256)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Message 4, ward to kiosk. The first of `members` is the card's holder."""

    offers: tuple[Offer, ...]
    members: tuple[Member, ...]
    closes: Moment
    good_until: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBody:
    """The body of ORDER on the link: which ticket and which order, and the rest sealed."""

    visit: Digest
    ordinal: Annotated[int, UpTo(5)]
    key_id: Annotated[bytes, Sized(8)]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Message 5, kiosk to ward, signed by the visit key, sent when the money is in escrow."""

    t: Digest
    ordinal: Annotated[int, UpTo(5)]
    menu: Digest
    kind: CertificateKind
    scope: Scope
    options: Annotated[int, UpTo(63)]
    handles: tuple[Handle, ...]
    fee: Yen
    sent: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Message 5, ward to kiosk, as it is signed; the paper goes beside it (`Enclosed`), under its hash.

    `print_by` is the last moment at which printing may begin. It says nothing of a person, so that a kiosk can hand the
    signed bytes back, and a ward hold them against its own rows.
    """

    t: Digest
    ordinal: Annotated[int, UpTo(5)]
    number: Line
    pdf_hash: Digest
    fee: Yen
    pages: Annotated[int, UpTo(12)]
    print_by: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """What DOCUMENT seals: the signed answer, and the paper that it names; no paper beside a refusal."""

    signed: Annotated[bytes, UpTo(1024)]
    pdf: bytes


def answer(message: Menu | Document | OwnList) -> bytes:
    """Encode what was asked for."""
    return encode([_GOOD, decode(to_bytes(message), 1 << 20)])


def refusal(code: Code) -> bytes:
    """Encode a refusal that stands in the place of what was asked for."""
    return encode([int(code), None])


def read_answer(kind: type[M], data: bytes) -> M:
    """Read an answer of the class `kind`.

    Raises:
        Refused: what the ward answered instead, or `MALFORMED`.
    """
    value: Value = decode(data, 1 << 20)
    if not isinstance(value, list) or len(value) != 2 or type(value[0]) is not int:  # noqa: PLR2004 - [code, content]
        raise Refused(Code.MALFORMED, kind.__name__)
    code, content = value
    if code == _GOOD:
        return from_value(kind, content)
    try:
        named = Code(code)
    except ValueError as error:
        raise Refused(Code.MALFORMED, "a code that is on no list") from error
    raise Refused(named, "the ward's answer")


def message_hash(signed: bytes) -> bytes:
    """Give H(MENU) or H(RECEIPT): the SHA-256 of the signed bytes as they were received."""
    return hashlib.sha256(signed).digest()
