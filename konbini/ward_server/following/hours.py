"""How far an outage has come, by wall clock and monotonic clock together. Pure.

An outage is declared for hours. The wall clock alone would let whoever sets it back make them longer; the monotonic
clock alone does not outlast a restart. So a process reckons a moment that never goes back and never runs slower than
the monotonic clock: of the two ends the earlier one wins. A later process of the same rows begins no earlier than the
moment that was seen last.

Limits: a wall clock that is set on ends an outage early, which is the safe side; two persons declare another. While
no process runs only the wall clock counts, from the moment seen last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Reckoned", "reckon"]

_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A moment of an outage.

    Attributes:
        number: which outage.
        moment: reckoned, Unix milliseconds.
        at: monotonic seconds at which it was that moment.
    """

    number: int
    moment: int
    at: float

    def now(self, monotonic: float) -> int:
        """Count on from it."""
        return self.moment + round((monotonic - self.at) * _MILLISECONDS)


def reckon(known: Reckoned | None, *, number: int, seen: int, wall: int, monotonic: float) -> Reckoned:
    """Give what to count on from.

    Args:
        known: what this process counted on from before.
        number: the outage that is asked about.
        seen: a moment of it that any process reckoned before, its beginning at least; Unix milliseconds.
        wall: the wall clock, Unix milliseconds.
        monotonic: the monotonic clock, seconds.
    """
    least = max(seen, wall)
    if known is not None and known.number == number and known.now(monotonic) >= least:
        return known
    return Reckoned(number=number, moment=least, at=monotonic)
