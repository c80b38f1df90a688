"""The resident record (住民票), as the registry signs it for its followers.

Owns the allow-list of items that leave the registry: those that a certificate prints or a rule reads (住民基本台帳法
第7条, 第30条の45). What is not a field here stays in the registry.

Invariants: a record is signed whole, with its municipality, resident and version, in a batch with others
(`konbini.protocol.batches`), and verifies alone; a record of one resident or version never passes as another's. The
individual number (個人番号) is no field of it: the record carries a salted commitment, and the number travels and is
stored apart, as an `IndividualNumberPart`. Without the part a record still verifies and says nothing of the number: the
salt has 32 random bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.batches import MOST_PROOF_BYTES, BatchOpener, sign_batch, unchecked_member
from konbini.protocol.codec import encode, encode_checked
from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, PROTOCOL, MessageKind
from konbini.protocol.shape import Digest, Line, Sized, UpTo, checked_value, from_bytes, to_bytes
from konbini.ward_server.residents.dates import BirthDate, Date

__all__ = [
    "MOST_RECORD_BYTES",
    "ForeignCategory",
    "ForeignItems",
    "IndividualNumberPart",
    "Presence",
    "RecordOpener",
    "ResidentRecord",
    "Sex",
    "SignedRecord",
    "record_bytes",
    "unchecked_record",
]

MOST_RECORD_BYTES = 16 * 1024
"""A signed record is never longer."""

_Name = Annotated[str, UpTo(200)]
_Place = Annotated[str, UpTo(300)]
_Version = Annotated[int, UpTo(2**31)]
_Salt = Annotated[bytes, Sized(32)]
_TwelveDigits = Annotated[str, Sized(12)]


@unique
class Sex(IntEnum):
    """性別."""

    MALE = 1
    FEMALE = 2
    NOT_STATED = 3


@unique
class Presence(IntEnum):
    """現存区分: whether the record stands, or why it was removed (除票)."""

    PRESENT = 1
    MOVED_OUT = 2
    """転出."""
    DIED = 3
    """死亡."""
    DECLARED_MISSING = 4
    """失踪."""
    REMOVED_EX_OFFICIO = 5
    """職権消除."""


@unique
class ForeignCategory(IntEnum):
    """法第30条の45に規定する区分."""

    MEDIUM_TO_LONG_TERM = 1
    """中長期在留者."""
    SPECIAL_PERMANENT = 2
    """特別永住者."""
    TEMPORARY_REFUGE = 3
    """一時庇護許可者."""
    PROVISIONAL_STAY = 4
    """仮滞在許可者."""
    TRANSITIONAL_BY_BIRTH = 5
    """出生による経過滞在者."""
    TRANSITIONAL_BY_LOSS = 6
    """国籍喪失による経過滞在者."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignItems:
    """What the record of a foreign resident (外国人住民) has beyond the others.

    Fields: nationality or region (国籍・地域); category; status of residence (在留資格); period of stay
    (在留期間等) and the day it ends (在留期間の満了の日); number of the residence card (在留カード等の番号); day of
    becoming a foreign resident (外国人住民となった年月日).
    """

    nationality: _Name
    category: ForeignCategory
    status_of_residence: Annotated[str, UpTo(64)]
    period_of_stay: Annotated[str, UpTo(64)]
    period_ends: Date | None
    residence_card: Annotated[str, UpTo(16)]
    became_foreign_resident: Date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRecord:
    """One resident's record at one version; what the ward does not know or the resident does not have is None.

    Texts keep their variation selectors exactly as they were entered. `version` counts from 1 for each resident.

    Fields, by group:
        whose: municipality (code of six digits), resident (宛名番号), version, household (世帯番号), order (記載順位,
            from 1).
        who: name, reading (氏名の振り仮名), former name and its reading (旧氏), alias (通称), birth (生年月日),
            sex, relationship (続柄), head (世帯主の氏名).
        where: address (住所), address_detail (方書), domicile (本籍) and its head (筆頭者),
            previous_address (転入前住所), earlier_address (異動前住所: where in this municipality they lived before).
        since: became_resident (住民となった年月日), address_set (住所を定めた年月日), notified (届出日), moved_in
            (転入日 of the last move into the municipality).
        standing: presence, leaving (転出予定日), name_in_registration (外字登録中).
        numbers: resident_code (住民票コード, eleven digits), individual_number (commitment, see
            `IndividualNumberPart`).
        foreign: `ForeignItems`, None for Japanese nationals.
        remarks: 備考.
    """

    municipality: Line
    resident: Line
    version: _Version
    household: Line
    order: Annotated[int, UpTo(999)]

    name: _Name
    reading: _Name
    former_name: _Name | None
    former_name_reading: _Name | None
    alias: _Name | None
    birth: BirthDate
    sex: Sex
    relationship: Annotated[str, UpTo(64)]
    head: _Name

    address: _Place
    address_detail: _Place | None
    domicile: _Place | None
    domicile_head: _Name | None
    previous_address: _Place | None

    became_resident: Date | None
    address_set: Date | None
    notified: Date | None
    moved_in: Date | None

    presence: Presence
    leaving: Date | None
    name_in_registration: bool

    resident_code: Annotated[str, Sized(11)] | None
    individual_number: Digest | None

    foreign: ForeignItems | None
    remarks: Annotated[str, UpTo(1000)]
    earlier_address: _Place | None = None


_COMMITMENT_AT = [field.name for field in dataclasses.fields(ResidentRecord)].index("individual_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecord:
    """A record together with the very bytes that the registry signed, and their place in the batch."""

    record: ResidentRecord
    data: bytes

    @classmethod
    def sign(cls, record: ResidentRecord, key: SigningKey) -> SignedRecord:
        """Sign one record alone with the registry's record key.

        Raises:
            ValueError: longer than `MOST_RECORD_BYTES`.
        """
        return cls(record=record, data=cls.sign_all((record_bytes(record),), key, record.municipality)[0])

    @staticmethod
    def sign_all(records: Sequence[bytes], key: SigningKey, municipality: str) -> tuple[bytes, ...]:
        """Sign the bytes of a municipality's records with one signature."""
        return sign_batch(records, key, _context(municipality))

    @classmethod
    def open(cls, data: bytes, key: VerifyingKey, municipality: str) -> SignedRecord:
        """Check the signature and the municipality; whose record it is and how new, the caller compares.

        Raises:
            Refused: `RECORD_NOT_SIGNED`.
        """
        return RecordOpener(key, municipality).open(data)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the signed bytes."""
        return hashlib.sha256(self.data).digest()


class RecordOpener:
    """Opens the records of one municipality; of a run of them that were signed together it checks one signature."""

    def __init__(self, key: VerifyingKey, municipality: str) -> None:
        self._municipality = municipality
        self._batches = BatchOpener(key, _context(municipality))

    def open(self, data: bytes) -> SignedRecord:
        """Check the signature and the municipality; whose record it is and how new, the caller compares.

        Raises:
            Refused: `RECORD_NOT_SIGNED`.
        """
        try:
            record = from_bytes(ResidentRecord, self._batches.open(data), MOST_RECORD_BYTES)
        except Refused as refused:
            raise Refused(Code.RECORD_NOT_SIGNED, refused.detail) from refused
        if record.municipality != self._municipality:
            raise Refused(Code.RECORD_NOT_SIGNED, "of another municipality")
        return SignedRecord(record=record, data=data)


def record_bytes(record: ResidentRecord, commitment: bytes | None = None) -> bytes:
    """Give what is signed of a record.

    Args:
        record: the record.
        commitment: to a new individual number, in place of the record's own; None where it has no new one.

    Raises:
        TypeError: a field breaks its own declaration.
        ValueError: signed it would be longer than `MOST_RECORD_BYTES`.
    """
    values = checked_value(record)
    if commitment is not None:
        values[_COMMITMENT_AT] = commitment
    data = encode_checked(values)
    if len(data) > MOST_RECORD_BYTES - MOST_PROOF_BYTES:
        raise ValueError(f"a record of {len(data)} bytes")
    return data


def unchecked_record(data: bytes) -> ResidentRecord:
    """Read a signed record without checking its signature, to show what the registry's own socket gave.

    Raises:
        Refused: `MALFORMED`, `OVERSIZE`.
    """
    return from_bytes(ResidentRecord, unchecked_member(data), MOST_RECORD_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndividualNumberPart:
    """個人番号, with the salt that opens the commitment in the record. Never logged; its text form names no number."""

    municipality: Line
    resident: Line
    salt: _Salt
    number: _TwelveDigits

    def __repr__(self) -> str:
        return "IndividualNumberPart(...)"

    def commitment(self) -> bytes:
        """Give what the record carries: SHA-256(CBOR [domain, municipality, resident, salt, number])."""
        domain = f"{PROTOCOL} individual number"
        return hashlib.sha256(encode([domain, self.municipality, self.resident, self.salt, self.number])).digest()

    def to_bytes(self) -> bytes:
        """Encode; to be sealed before it is stored."""
        return to_bytes(self)

    @classmethod
    def open(cls, data: bytes, record: ResidentRecord) -> IndividualNumberPart:
        """Read a part and check it against the signed record that it belongs to.

        Raises:
            Refused: `RECORD_NOT_SIGNED`: not the number that this record was signed with.
        """
        try:
            part = from_bytes(cls, data, 1024)
        except Refused as refused:
            raise Refused(Code.RECORD_NOT_SIGNED, "not an individual number") from refused
        whose = (part.municipality, part.resident)
        if whose != (record.municipality, record.resident) or part.commitment() != record.individual_number:
            raise Refused(Code.RECORD_NOT_SIGNED, "the individual number of another record")
        return part


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.RECORD, sender=municipality, receiver=ANYONE)
