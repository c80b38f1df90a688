"""Whose a postcode (郵便番号) is: runs of numbers, each with the municipalities that share it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import chain

from konbini.kiosk.places.spelling import digits

__all__ = ["Postcodes", "Run"]

Run = tuple[int, int, tuple[str, ...]]
"""First and last postcode, seven digits as numbers, and the codes of those to whom all between them belong."""
_WHOLE = 7
_SHORTEST = 3


class Postcodes:
    """All runs; never changed once they are in.

    Args:
        runs: ascending and apart.

    Raises:
        ValueError: they are not, or a run is nobody's.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._firsts, self._lasts = array("I"), array("I")
        self._owners: list[tuple[str, ...]] = []
        known: dict[tuple[str, ...], tuple[str, ...]] = {}
        before = -1
        for first, last, owners in runs:
            if not before < first <= last or not owners:
                raise ValueError("runs of postcodes are ascending, apart and somebody's")
            self._firsts.append(first)
            self._lasts.append(last)
            self._owners.append(known.setdefault(owners, owners))
            before = last

    def owners(self) -> frozenset[str]:
        """Give the codes of all who have a postcode."""
        return frozenset(chain.from_iterable(set(self._owners)))

    def find(self, text: str) -> tuple[str, ...]:
        """Give whose a postcode is, by its seven digits or by its first three to six; municipality codes, ascending.

        A number between two of one municipality that Japan Post has not given out, or has given to one large office, is
        answered as its neighbours; a number between two municipalities is nobody's.
        """
        typed = digits(text)
        if not _SHORTEST <= len(typed) <= _WHOLE:
            return ()
        first, last = int(typed.ljust(_WHOLE, "0")), int(typed.ljust(_WHOLE, "9"))
        found: set[str] = set()
        for place in range(bisect_left(self._lasts, first), len(self._firsts)):
            if self._firsts[place] > last:
                break
            found.update(self._owners[place])
        return tuple(sorted(found))
