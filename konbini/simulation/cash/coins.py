"""Coins and notes, counted by kind, and what can be paid out of a hopper (pure)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KINDS", "NOTHING", "Coins", "choose"]

KINDS = (1000, 500, 100, 50, 10)
"""What the slot knows, in yen; each kind is a multiple of the next smaller one. The thousand is a note."""
_NOTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """So many of each of `KINDS`, in its order."""

    counts: tuple[int, ...] = (0,) * len(KINDS)

    def __post_init__(self) -> None:
        if len(self.counts) != len(KINDS) or min(self.counts) < 0:
            raise ValueError("a count for each kind, none below nought")

    @classmethod
    def of(cls, *pieces: int) -> Coins:
        """Return these pieces, each a kind in yen.

        Raises:
            ValueError: a piece that is none of `KINDS`.
        """
        if not set(pieces) <= set(KINDS):
            raise ValueError("a piece that the slot does not know")
        return cls(counts=tuple(pieces.count(kind) for kind in KINDS))

    @property
    def yen(self) -> int:
        """The amount."""
        return sum(kind * count for kind, count in zip(KINDS, self.counts, strict=True))

    @property
    def pieces(self) -> tuple[int, ...]:
        """Every piece, the largest first."""
        return tuple(kind for kind, count in zip(KINDS, self.counts, strict=True) for _ in range(count))

    def __add__(self, other: Coins) -> Coins:
        return Coins(counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def __sub__(self, other: Coins) -> Coins:
        return Coins(counts=tuple(a - b for a, b in zip(self.counts, other.counts, strict=True)))

    def without_notes(self) -> Coins:
        """Return the coins alone: a hopper pays out no notes."""
        return Coins(counts=tuple(0 if kind == _NOTE else n for kind, n in zip(KINDS, self.counts, strict=True)))


NOTHING = Coins()
"""Not a single piece."""


def choose(yen: int, hopper: Coins) -> Coins:
    """Return the most that the hopper can pay of `yen` without exceeding it, largest coins first.

    Since each kind divides the next larger one, taking the largest first leaves the least unpaid.
    """
    chosen = []
    for kind, there in zip(KINDS, hopper.without_notes().counts, strict=True):
        count = min(yen // kind, there)
        chosen.append(count)
        yen -= kind * count
    return Coins(counts=tuple(chosen))
