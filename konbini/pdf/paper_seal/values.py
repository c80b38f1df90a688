"""One value of a printed item, in memory and on the wire.

In memory it is what the paper shows: a text exactly as printed, a mark, the digest of a printed image, or that
something is printed which the seal may not repeat. On the wire a text that is a day in the Japanese era is a number of
days, since half of a resident record is dates; the day writes the same text again, so that each value has one
encoding.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum
from typing import Final, TypeAlias

from konbini.pdf.era import from_era, in_era
from konbini.pdf.printed import Mark, check_line
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused

__all__ = ["IMAGE_DIGEST_BYTES", "ItemValue", "Withheld", "check_value", "to_wire", "value_of"]

IMAGE_DIGEST_BYTES: Final = 16
"""The first bytes of SHA-256: enough that nobody makes a second image (an image of ours is no choice of a forger's)."""
_FIRST_DAY: Final = date(1873, 1, 1)  # Japan's first day in the Gregorian calendar


class Withheld(Enum):
    """Something is printed that the law forbids to spread."""

    PRINTED = -4


ItemValue: TypeAlias = str | bytes | Mark | Withheld
"""A text as printed, the digest of a printed image, a mark, or that a withheld item is printed."""

_OF_A_DAY: Final = "日"
"""Ends each day as `in_era` writes it, and seldom anything else."""
_SIGNS: Final[dict[int, Mark | Withheld]] = {
    -1: Mark.OMITTED,
    -2: Mark.UNUSED,
    -3: Mark.BLANK,
    -4: Withheld.PRINTED,
}
_NUMBERS: Final = {sign: number for number, sign in _SIGNS.items()}


def check_value(value: ItemValue) -> None:
    """Refuse a value that no paper shows.

    Raises:
        ValueError: a text that is empty, too long, or no line of printed characters; a digest of another size.
    """
    if isinstance(value, str):
        check_line(value)
    elif isinstance(value, bytes) and len(value) != IMAGE_DIGEST_BYTES:
        raise ValueError("the digest of an image has another size")


def to_wire(value: ItemValue) -> Value:
    """Give a value's one encoding."""
    if isinstance(value, str):
        day = from_era(value) if value.endswith(_OF_A_DAY) else None
        return value if day is None else (day - _FIRST_DAY).days
    return value if isinstance(value, bytes) else _NUMBERS[value]


def value_of(value: Value) -> ItemValue:
    """Read a value.

    Raises:
        Refused: `MALFORMED`, also for a day that is written as text.
    """
    if type(value) is int:
        return _sign_or_day(value)
    if not isinstance(value, str | bytes) or (isinstance(value, str) and from_era(value) is not None):
        raise Refused(Code.MALFORMED, "page seal: not a value of an item")
    return value


def _sign_or_day(number: int) -> ItemValue:
    if number < 0:
        if number not in _SIGNS:
            raise Refused(Code.MALFORMED, "page seal: an unknown mark")
        return _SIGNS[number]
    try:
        return in_era(_FIRST_DAY + timedelta(days=number))
    except OverflowError as error:
        raise Refused(Code.MALFORMED, "page seal: a day beyond the calendar") from error
