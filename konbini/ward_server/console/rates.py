"""How often one may ask: a bucket for each key, which fills with time. Pure but for its memory.

Moments are seconds of a monotonic clock. A key is a session, a terminal or an address; what is full again is
forgotten, so that no list of keys grows.
"""

from __future__ import annotations

from typing import Final

__all__ = ["Rates"]

_MOST_KEYS: Final = 4096


_SECONDS: Final = 60.0


class Rates:
    """The buckets of one rate: `most` requests at once, and as many again each minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str, now: float) -> bool:
        """Take one from a key's bucket; False where there is nothing in it."""
        left = self._in_bucket(*self._left.get(key, (float(self._most), now)), now)
        if key not in self._left and len(self._left) >= _MOST_KEYS:
            self._forget(now)
            if len(self._left) >= _MOST_KEYS:
                return False
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        return allowed

    def _forget(self, now: float) -> None:
        """Forget the buckets that are full again."""
        self._left = {
            key: (left, since)
            for key, (left, since) in self._left.items()
            if self._in_bucket(left, since, now) < self._most
        }

    def _in_bucket(self, left: float, since: float, now: float) -> float:
        """Say what is in a bucket now, in which so much was left at a moment."""
        return min(left + (now - since) * self._most / _SECONDS, self._most)
