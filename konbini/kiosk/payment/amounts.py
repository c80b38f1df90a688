"""Sums of yen: what is still to be put in, what is due back, and whether the device's count balances (pure).

All amounts are whole yen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["MOST_YEN", "CashCounts", "Ending", "Settlement", "change", "missing"]

MOST_YEN = 100_000
"""More than any visit can cost; a larger amount is a defect or a damaged frame."""


def missing(fee: int, escrow: int) -> int:
    """Return what the resident still has to put in; 0 when it is enough."""
    return max(_amount(fee) - _amount(escrow), 0)


def change(fee: int, escrow: int) -> int:
    """Return what is due back when the fee is kept.

    Raises:
        ValueError: the escrow does not cover the fee; nothing may be captured then.
    """
    if _amount(escrow) < _amount(fee):
        raise ValueError("an escrow below the fee is returned, never captured")
    return escrow - fee


def _amount(yen: int) -> int:
    if not 0 <= yen <= MOST_YEN:
        raise ValueError(f"{yen} is no amount of a visit")
    return yen


@dataclass(frozen=True, slots=True, kw_only=True)
class CashCounts:
    """The device's own count over its life, which no other process can write.

    Attributes:
        taken: all money that residents put in and that was accepted.
        returned: all money that the device paid out to residents: change and whole escrows.
        owed: what it could not pay out, in all; each amount stands on a slip.
        escrow: what lies between slot and cash box now; belongs to the resident.
    """

    taken: int
    returned: int
    owed: int
    escrow: int

    def __post_init__(self) -> None:
        if min(self.taken, self.returned, self.owed, self.escrow) < 0 or self.kept < 0:
            raise ValueError("a count of cash that does not balance")

    @property
    def kept(self) -> int:
        """What is the ward's: equal to the fees of the certificates printed, once every order is settled."""
        return self.taken - self.returned - self.owed - self.escrow


@unique
class Ending(Enum):
    """How an asking ended; the first word stays."""

    CAPTURED = "captured"
    GIVEN_BACK = "given back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How the money of one order ended; what RECEIPT says of it.

    Attributes:
        ending: captured, or given back.
        taken: what was in escrow.
        returned: what was paid out.
        owed: what should have been paid out and could not be; it goes on a slip.
    """

    ending: Ending
    taken: int
    returned: int
    owed: int

    def __post_init__(self) -> None:
        kept = self.taken - self.returned - self.owed
        if min(self.taken, self.returned, self.owed, kept) < 0 or (self.ending is Ending.GIVEN_BACK and kept):
            raise ValueError("a settlement that does not balance")

    @property
    def kept(self) -> int:
        """The fee kept; 0 when the escrow was given back."""
        return self.taken - self.returned - self.owed
