"""A seal registration (印鑑登録), as the registry signs it for its followers, and when one may stand.

Invariants: one seal a person; a registration is signed whole, with its municipality, resident and version, and one of
another resident or version never passes as it; in force it carries the impression (印影) whose digest it names, and
cancelled (抹消) the digest alone, for ever. `version` counts the registrations and cancellations of one resident
together, from 1.

The impression is personal data: its text form shows none of it, and it is in no log.

Limits: what a seal reads (`text`) is what the operator read off it, without additions such as 印 or 之印; whether the
impression reads so, and whether it is too like another's, two persons judge.

Source: 印鑑登録証明事務処理要領 (昭和49年自治振第10号), 第2 and 第4; which seals are taken is the municipality's rule.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.pdf.seal_facts import Impression
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.dates import Date, day_after
from konbini.ward_server.residents.record import MOST_RECORD_BYTES, Presence, ResidentRecord

__all__ = [
    "MOST_IMAGE_BYTES",
    "YOUNGEST",
    "NameForm",
    "SealCancelled",
    "SealEnd",
    "SealImage",
    "SealRegistered",
    "SealRegistration",
    "SignedSeal",
    "of_age",
    "stands",
    "unchecked_seal",
]

MOST_IMAGE_BYTES = 12 * 1024
"""A registered impression is never longer; black and white, the largest seal takes less at 600 dots an inch."""
YOUNGEST = 15
"""Below this age no seal is registered (要領 第2の1)."""

_MOST_DOTS = 1200
_UNKNOWN_DAY, _UNKNOWN_MONTH_AND_DAY = 31, 1231
_A_YEAR = 10_000
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))

_Name = Annotated[str, UpTo(200)]
_Text = Annotated[str, UpTo(64)]


@unique
class NameForm(IntEnum):
    """Which of a person's names the seal shows, in whole or in part."""

    NAME = 1
    """氏名."""
    FORMER_NAME = 2
    """旧氏."""
    ALIAS = 3
    """通称."""
    KATAKANA = 4
    """氏名のカタカナ表記, of a foreign resident."""


@unique
class SealEnd(IntEnum):
    """Why an operator cancels a registration; what the rules cancel by themselves has the change that did it."""

    AT_REQUEST = 1
    """廃止申請."""
    LOST = 2
    """亡失届."""
    EX_OFFICIO = 3
    """職権."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealImage:
    """The impression as it was scanned: a greyscale PNG cut to its own extent, and its samples an inch.

    Raises:
        Refused: `CHANGE_INVALID`: no picture that goes to paper as it is, or of a size that no seal has: one that goes
            into a square of 8 mm, or not into one of 25 mm.
    """

    png: Annotated[bytes, UpTo(MOST_IMAGE_BYTES)]
    dots_per_inch: Annotated[int, UpTo(_MOST_DOTS)]

    def __post_init__(self) -> None:
        self.impression()

    def __repr__(self) -> str:
        return "SealImage(...)"

    def impression(self) -> Impression:
        """Give it as paper takes it, at its true size."""
        try:
            return Impression(png=self.png, dots_per_inch=self.dots_per_inch)
        except ValueError as error:
            raise Refused(Code.CHANGE_INVALID, str(error)) from error

    @property
    def digest(self) -> bytes:
        """SHA-256 of the picture's file."""
        return hashlib.sha256(self.png).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRegistered:
    """What is registered: the body of SEAL_REGISTERED. The change's date of effect is the day of registration.

    Fields: number (登録番号, of the 印鑑登録証), given once in all time; form; what the seal reads; the name in
    katakana, registered with a seal of that form alone; image.
    """

    number: Line
    form: NameForm
    text: _Text
    katakana: _Name | None
    image: SealImage


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCancelled:
    """Why the registration is cancelled: the body of SEAL_CANCELLED."""

    reason: SealEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRegistration:
    """One resident's registration at one version; `name` is the 氏名 under which it was made, `registered` the day."""

    municipality: Line
    resident: Line
    version: Annotated[int, UpTo(2**31)]
    in_force: bool
    number: Line
    registered: Date
    form: NameForm
    text: _Text
    name: _Name
    katakana: _Name | None
    image_digest: Digest
    image: SealImage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedSeal:
    """A registration together with the very bytes that the registry signed."""

    registration: SealRegistration
    data: bytes

    @classmethod
    def sign(cls, registration: SealRegistration, key: SigningKey) -> SignedSeal:
        """Sign with the registry's record key.

        Raises:
            ValueError: longer than an entry of the feed carries, or image, digest and state disagree.
        """
        if not _whole(registration):
            raise ValueError("a registration whose image is not what it says")
        data = key.sign(to_bytes(registration), _context(registration.municipality))
        if len(data) > MOST_RECORD_BYTES:
            raise ValueError(f"a seal registration of {len(data)} bytes")
        return cls(registration=registration, data=data)

    @classmethod
    def open(cls, data: bytes, key: VerifyingKey, municipality: str) -> SignedSeal:
        """Check signature, municipality and the image's digest; whose it is and how new, the caller compares.

        Raises:
            Refused: `RECORD_NOT_SIGNED`.
        """
        try:
            registration = from_bytes(SealRegistration, key.open(data, _context(municipality)), MOST_RECORD_BYTES)
        except Refused as refused:
            raise Refused(Code.RECORD_NOT_SIGNED, refused.detail) from refused
        if registration.municipality != municipality or not _whole(registration):
            raise Refused(Code.RECORD_NOT_SIGNED, "of another municipality, or another image than its own")
        return cls(registration=registration, data=data)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the signed bytes, the image among them."""
        return hashlib.sha256(self.data).digest()


def unchecked_seal(data: bytes) -> SealRegistration:
    """Read a signed registration without checking its signature, to show what the registry's own socket gave.

    Raises:
        Refused: `MALFORMED`, `OVERSIZE`.
    """
    return from_bytes(SealRegistration, unchecked_payload(data), MOST_RECORD_BYTES)


def stands(registration: SealRegistration, record: ResidentRecord) -> bool:
    """Say whether a registration in force may stand beside a record.

    It may while the record stands, shows somebody of age on the day of registration, and has the name that the seal
    reads: all its characters, in their order, in the name of its form; in katakana, while the name itself is the same.
    """
    present = record.presence is Presence.PRESENT
    return present and of_age(record.birth, registration.registered) and _reads(registration, record)


def of_age(birth: int, day: int) -> bool:
    """Say whether whoever was born so is of age on a day; where part of the birth date is unknown, at the latest.

    An age is reached with the end of the day before the birthday (年齢計算ニ関する法律), so it counts on that day.
    """
    year, month, month_day = birth // _A_YEAR, birth // 100 % 100, birth % 100
    unknown = 0 if month_day else _UNKNOWN_DAY if month else _UNKNOWN_MONTH_AND_DAY
    return bool(year) and birth + unknown + YOUNGEST * _A_YEAR <= day_after(day)


def _reads(registration: SealRegistration, record: ResidentRecord) -> bool:
    if registration.form is NameForm.KATAKANA:
        source = registration.katakana if record.foreign and record.name == registration.name else None
    else:
        named = {NameForm.NAME: record.name, NameForm.FORMER_NAME: record.former_name, NameForm.ALIAS: record.alias}
        source = named[registration.form] if registration.katakana is None else None
    shown, left = _letters(registration.text), iter(_letters(source or ""))
    return bool(shown) and all(letter in left for letter in shown)  # `in` goes on where the letter before was found


def _letters(text: str) -> str:
    """Give what of a name can be cut into a seal: no space, no selector (a seal has its own forms), one case."""
    return "".join(
        letter for letter in text if not letter.isspace() and not any(ord(letter) in each for each in _SELECTORS)
    ).casefold()


def _whole(registration: SealRegistration) -> bool:
    image = registration.image
    return registration.in_force == (image is not None) and (image is None or image.digest == registration.image_digest)


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.SEAL, sender=municipality, receiver=ANYONE)
