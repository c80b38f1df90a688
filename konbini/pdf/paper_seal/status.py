"""The status list: what became of each paper of one municipality, two bits a paper, signed and published as a file.

Values and packing are those of the IETF's Token Status List (two bits a status, the first in a byte's lowest bits, the
whole compressed with zlib); the envelope is ours, since our encoding has no maps. A list is of one municipality and one
incarnation of its ward: a ward restored from a backup begins another list, so that no place is ever given twice.
Whoever asks downloads the whole list, so that nobody learns which paper is asked about.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.pdf.paper_seal.issuers import IssuerList, KeyUse
from konbini.pdf.paper_seal.page_seal import MOST_INDEX, PageSeal
from konbini.protocol.codec import decode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Line, Moment, Sized, UpTo, from_bytes, to_bytes

__all__ = ["MOST_STATUS_BYTES", "Status", "StatusList", "check_status"]

MOST_STATUS_BYTES: Final = 8 << 20
"""Of a signed list."""
_FORMAT: Final = 1
_BITS: Final = 2
_PER_BYTE: Final = 8 // _BITS
_MASK: Final = (1 << _BITS) - 1


@unique
class Status(IntEnum):
    """What became of a paper; values of the Token Status List."""

    VALID = 0
    """Printed, and not withdrawn (VALID)."""
    WITHDRAWN = 1
    """The municipality takes it back (INVALID)."""
    UNSETTLED = 2
    """Being made, or nobody knows yet whether it was printed (SUSPENDED)."""
    VOID = 3
    """Never handed out: the print failed (application-specific)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """The statuses of one incarnation of a ward, by status index.

    Attributes:
        format: 1.
        key_id: of the key that signs it.
        municipality: its code.
        incarnation: the digit that stands in the issuance numbers.
        issued: when it was made.
        expires: from when on it must not be relied on.
        bits: 2, of each status.
        count: how many papers it covers, from index 0 on.
        packed: the statuses, packed and compressed with zlib.
    """

    format: Annotated[int, UpTo(255)]
    key_id: Annotated[bytes, Sized(8)]
    municipality: Line
    incarnation: Annotated[int, UpTo(9)]
    issued: Moment
    expires: Moment
    bits: Annotated[int, UpTo(8)]
    count: Annotated[int, UpTo(MOST_INDEX + 1)]
    packed: bytes

    @classmethod
    def of(  # noqa: PLR0913 - the fields of a list
        cls,
        statuses: Sequence[Status],
        *,
        key_id: bytes,
        municipality: str,
        incarnation: int,
        issued: int,
        expires: int,
    ) -> StatusList:
        """Make a list of the statuses of index 0, 1, 2 and so on."""
        return cls(
            format=_FORMAT,
            key_id=key_id,
            municipality=municipality,
            incarnation=incarnation,
            issued=issued,
            expires=expires,
            bits=_BITS,
            count=len(statuses),
            packed=zlib.compress(_packed(statuses), 9),
        )

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the municipality's key for status lists.

        Raises:
            ValueError: another key than the list names.
        """
        if key.verifying.key_id != self.key_id:
            raise ValueError("a status list names the key that signs it")
        return key.sign(to_bytes(self), _context(self.municipality))

    @classmethod
    def open(cls, signed: bytes, issuers: IssuerList) -> StatusList:
        """Check a list.

        Raises:
            Refused: `OVERSIZE`; `MALFORMED`; `VERSION_UNKNOWN`; `PAPER_KEY_UNKNOWN`; `SIGNATURE_INVALID`;
                `PAPER_KEY_EXPIRED`: its key was not in force when it was made.
        """
        if len(signed) > MOST_STATUS_BYTES:
            raise Refused(Code.OVERSIZE, "a status list too long")
        payload = unchecked_payload(signed)
        named = _key_id(payload)
        key = issuers.key(named, KeyUse.STATUS)
        VerifyingKey(key.point).open(signed, _context(key.municipality))
        found = from_bytes(cls, payload, MOST_STATUS_BYTES)
        if found.municipality != key.municipality:
            raise Refused(Code.PAPER_KEY_UNKNOWN, f"{found.municipality} under a key of {key.municipality}")
        key.check_in_force(_day(found.issued))
        found.statuses()
        return found

    def statuses(self) -> bytes:
        """Give the packed statuses, inflated.

        Raises:
            Refused: `MALFORMED`: not two bits a status, or not as many bytes as the count calls for.
        """
        due = -(-self.count // _PER_BYTE)
        inflating = zlib.decompressobj()
        try:
            statuses = inflating.decompress(self.packed, due + 1)
        except zlib.error as error:
            raise Refused(Code.MALFORMED, "status list: not compressed") from error
        if self.bits != _BITS or len(statuses) != due or not inflating.eof or inflating.unused_data:
            raise Refused(Code.MALFORMED, "status list: of another size than it says")
        return statuses

    def status(self, index: int) -> Status:
        """Give the status of one paper.

        Raises:
            Refused: `PAPER_STATUS_UNKNOWN`: the list ends before it.
        """
        if not 0 <= index < self.count:
            raise Refused(Code.PAPER_STATUS_UNKNOWN, "the list was made before this paper")
        byte, place = divmod(index, _PER_BYTE)
        return Status(self.statuses()[byte] >> place * _BITS & _MASK)

    def every(self) -> tuple[Status, ...]:
        """Give the status of each paper, by index.

        Raises:
            Refused: `MALFORMED`, as `statuses`.
        """
        packed = self.statuses()
        return tuple(
            Status(packed[index // _PER_BYTE] >> index % _PER_BYTE * _BITS & _MASK) for index in range(self.count)
        )

    def is_current(self, moment: int) -> bool:
        """Say whether the list is still to be relied on at a moment (Unix seconds)."""
        return moment < self.expires


def check_status(page: PageSeal, listed: StatusList) -> None:
    """Refuse a page of a paper that is not valid.

    Raises:
        Refused: `PAPER_VOID`; `PAPER_WITHDRAWN`; `PAPER_STATUS_UNKNOWN`: not settled yet, newer than the list, or of
            another list than this one.
    """
    if (page.municipality, page.number.incarnation) != (listed.municipality, listed.incarnation):
        raise Refused(Code.PAPER_STATUS_UNKNOWN, "another list than this paper's")
    code = _REFUSALS.get(listed.status(page.status_index))
    if code is not None:
        raise Refused(code, f"paper {page.status_index} of {page.municipality}")


_REFUSALS: Final = {
    Status.WITHDRAWN: Code.PAPER_WITHDRAWN,
    Status.UNSETTLED: Code.PAPER_STATUS_UNKNOWN,
    Status.VOID: Code.PAPER_VOID,
}


def _packed(statuses: Sequence[Status]) -> bytes:
    packed = bytearray(-(-len(statuses) // _PER_BYTE))
    for index, status in enumerate(statuses):
        byte, place = divmod(index, _PER_BYTE)
        packed[byte] |= int(status) << place * _BITS
    return bytes(packed)


def _key_id(payload: bytes) -> bytes:
    match decode(payload, MOST_STATUS_BYTES):
        case [version, bytes() as key_id, *_] if type(version) is int:
            if version != _FORMAT:
                raise Refused(Code.VERSION_UNKNOWN, f"status list of format {version}")
            return key_id
        case _:
            raise Refused(Code.MALFORMED, "not a status list")


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment, JAPAN).date()


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.STATUS_LIST, sender=municipality, receiver=ANYONE)
