"""What a day's account (日計) is made of: FIGURES of a kiosk with its money, COUNTS of the center without.

A day is Japan's, and an order is counted to the day on which its visit's ticket was given: a moment that stands in the
ticket, so that kiosk, center and ward count alike.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CENTER, MessageKind, Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import Line, Sized, UpTo, from_bytes, to_bytes

__all__ = ["CenterCounts", "DayFigures", "FiguresBody", "KioskCount", "day_of", "put_together", "span_of"]

Day = Annotated[int, UpTo(99_991_231)]
"""yyyymmdd."""
_Count = Annotated[int, UpTo(1_000_000)]
_Sum = Annotated[int, UpTo(2**40)]
_DAY_SECONDS = 24 * 60 * 60
_MOST_COUNTS_BYTES = 512 * 1024


def day_of(moment: int) -> int:
    """Give the day in Japan of a moment (Unix seconds), as yyyymmdd."""
    day = dt.datetime.fromtimestamp(moment, JAPAN)
    return day.year * 10_000 + day.month * 100 + day.day


def span_of(day: int) -> tuple[int, int]:
    """Give when a day in Japan begins and ends, in Unix seconds.

    Raises:
        Refused: `MALFORMED`: no day.
    """
    try:
        begins = int(dt.datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=JAPAN).timestamp())
    except ValueError as error:
        raise Refused(Code.MALFORMED, f"{day} is no day") from error
    return begins, begins + _DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresBody:
    """The body on the link of FIGURES and FIGURES_NOTED: of which day, and to which key the rest is sealed."""

    day: Day
    key_id: Annotated[bytes, Sized(8)]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """FIGURES, kiosk to ward: what the kiosk's journal holds of one day and this ward; signed by the device key.

    Orders by what became of them, and their money in yen. Sent when the ward has every receipt of the day, and anew
    where the journal holds something else since.
    """

    kiosk: Line
    ward: Line
    day: Day
    visits: _Count
    cancelled: _Count
    printed: _Count
    void: _Count
    jam: _Count
    in_doubt: _Count
    taken: _Sum
    returned: _Sum
    owed: _Sum

    def sign(self, device: SigningKey) -> bytes:
        """Sign with the kiosk's device key."""
        return device.sign(to_bytes(self), _figures_context(self.kiosk, self.ward))

    @classmethod
    def open(cls, signed: bytes, device: VerifyingKey, kiosk: str, ward: str) -> DayFigures:
        """Check with the enrolled key of `kiosk`.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`, `MISROUTED`.
        """
        figures = from_bytes(cls, device.open(signed, _figures_context(kiosk, ward)), 4096)
        if (figures.kiosk, figures.ward) != (kiosk, ward):
            raise Refused(Code.MISROUTED, "figures of another kiosk or ward")
        return figures


def put_together(kiosk: str, ward: str, day: int, visits: int, receipts: Iterable[Receipt]) -> DayFigures:
    """Put a day's figures together from the receipts of its orders, at the kiosk as at the ward."""
    each = tuple(receipts)
    counted = Counter(receipt.outcome for receipt in each)
    return DayFigures(
        kiosk=kiosk,
        ward=ward,
        day=day,
        visits=visits,
        cancelled=counted[Outcome.CANCELLED],
        printed=counted[Outcome.PRINTED],
        void=counted[Outcome.VOID],
        jam=counted[Outcome.JAM],
        in_doubt=counted[Outcome.IN_DOUBT],
        taken=sum(receipt.taken for receipt in each),
        returned=sum(receipt.returned for receipt in each),
        owed=sum(receipt.owed for receipt in each),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskCount:
    """What the center's rows say of one kiosk at one ward on one day.

    `ordered` counts visits in which an ORDER passed; of these so many are `finished` and so many not.
    """

    kiosk: Line
    ordered: _Count
    finished: _Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterCounts:
    """COUNTS, center to ward: its rows of one day, by kiosk; counts alone, since it knows no money.

    Signed with the center's ticket key, and sent again while the day is young.
    """

    ward: Line
    day: Day
    kiosks: tuple[KioskCount, ...]

    def sign(self, center: SigningKey) -> bytes:
        """Sign with the center's ticket key."""
        return center.sign(to_bytes(self), _counts_context(self.ward))

    @classmethod
    def open(cls, signed: bytes, center: VerifyingKey, ward: str) -> CenterCounts:
        """Check with the center's pinned key.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`, `MISROUTED`.
        """
        counts = from_bytes(cls, center.open(signed, _counts_context(ward)), _MOST_COUNTS_BYTES)
        if counts.ward != ward:
            raise Refused(Code.MISROUTED, "counts of another ward")
        return counts


def _figures_context(kiosk: str, ward: str) -> Context:
    return Context(kind=MessageKind.FIGURES, sender=kiosk, receiver=ward)


def _counts_context(ward: str) -> Context:
    return Context(kind=MessageKind.COUNTS, sender=CENTER, receiver=ward)
