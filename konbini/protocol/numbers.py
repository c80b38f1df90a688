"""The issuance number (発行番号) and the binding of a document to its order (docs/protocol.md).

A number reads `NNNNNN-YYMMDD-SSSSSSSS-C`: the municipality code, the day of issue in Japan (years 2000 to 2099,
no Japanese calendar), a serial and a check digit. The serial's first digit is the incarnation of the store that gave
it, a range: one for each life of each server of the ward, so that a store restored from a backup, and a second server,
go on in another. The other seven count within it and do not restart with the day, so that a clock set back repeats
nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL

__all__ = ["MOST_COUNTER", "IssuanceNumber", "binding"]

MOST_COUNTER = 9_999_999
"""The last number of one incarnation."""
_CENTURY = 2000
_CENTURY_YEARS = 100
_FORM = re.compile(
    r"(?P<ward>[0-9]{6})-(?P<date>[0-9]{6})-(?P<incarnation>[0-9])(?P<counter>[0-9]{7})-(?P<check>[0-9])", re.ASCII
)
_WARD = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceNumber:
    """One number of one paper, for ever.

    Attributes:
        ward: the municipality code, 6 digits.
        date: the day of issue in Japan.
        incarnation: the range, 0 to 9.
        counter: 1 to `MOST_COUNTER` within the incarnation.
    """

    ward: str
    date: dt.date
    incarnation: int
    counter: int

    def __post_init__(self) -> None:
        """Refuse what no number can hold.

        Raises:
            ValueError: a part is out of its range.
        """
        if _WARD.fullmatch(self.ward) is None:
            raise ValueError("a municipality code has six digits")
        if not _CENTURY <= self.date.year < _CENTURY + _CENTURY_YEARS:
            raise ValueError("numbers are of the years 2000 to 2099")
        if not 0 <= self.incarnation <= 9 or not 1 <= self.counter <= MOST_COUNTER:  # noqa: PLR2004 - one digit
            raise ValueError("the incarnation is one digit, the counter 1 to 9,999,999")

    @classmethod
    def of(cls, ward: str, date: dt.date, incarnation: int, counter: int) -> Self:
        """Make the number of the `counter`-th paper of an incarnation, counted from 1.

        Raises:
            ValueError: a part is out of its range; an incarnation whose counter is used up issues nothing more.
        """
        return cls(ward=ward, date=date, incarnation=incarnation % 10, counter=counter)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as it stands in a message, on paper, or as an operator typed it.

        Raises:
            Refused: `MALFORMED`: not of the form, no such day, or the check digit says that a digit is wrong.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise Refused(Code.MALFORMED, "not of the form of an issuance number")
        year, month, day = (int(found["date"][start : start + 2]) for start in (0, 2, 4))
        try:
            number = cls(
                ward=found["ward"],
                date=dt.date(_CENTURY + year, month, day),
                incarnation=int(found["incarnation"]),
                counter=int(found["counter"]),
            )
        except ValueError as error:
            raise Refused(Code.MALFORMED, "no such issuance number") from error
        if str(number) != text:
            raise Refused(Code.MALFORMED, "the check digit of an issuance number")
        return number

    def __str__(self) -> str:
        serial = f"{self.incarnation}{self.counter:07d}"
        date = self.date.strftime("%y%m%d")
        return f"{self.ward}-{date}-{serial}-{_check_digit(self.ward + date + serial)}"


def binding(t: bytes, ordinal: int, number: str) -> bytes:
    """Give the 32 bytes that tie a document to one order of one visit.

    They stand in the PDF under the catalogue's /PieceInfo /Konbini /Private /Binding, so that the signature of the
    paper covers them: SHA-256 of CBOR ["konbini/1 binding", t, ordinal, number].

    Args:
        t: what the card signed to open the visit.
        ordinal: which order of the visit.
        number: the issuance number's text.
    """
    return hashlib.sha256(encode([f"{PROTOCOL} binding", t, ordinal, number])).digest()


def _check_digit(digits: str) -> int:
    """Give the check digit of ISO/IEC 7064 MOD 11,10: it finds every single wrong digit."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10
