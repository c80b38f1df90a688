"""How often: a sliding window for each name."""

from __future__ import annotations

from collections import deque

from konbini.protocol.errors import Code, Refused

__all__ = ["Window"]


class Window:
    """Counts what each name did within the last `seconds`; at most as many moments are kept as are allowed."""

    def __init__(self, seconds: float) -> None:
        """Take the length of the window.

        Raises:
            ValueError: no length.
        """
        if seconds <= 0:
            raise ValueError("a window has a length")
        self._seconds = seconds
        self._moments: dict[str, deque[float]] = {}

    def spend(self, name: str, most: int, moment: float) -> None:
        """Count one more, or refuse it.

        Raises:
            Refused: `QUOTA`: `most` were counted within the window.
        """
        moments = self._moments.setdefault(name, deque())
        while moments and moments[0] <= moment - self._seconds:
            moments.popleft()
        if len(moments) >= most:
            raise Refused(Code.QUOTA, f"{most} within {self._seconds:g} s")
        moments.append(moment)

    def restore(self, name: str, moment: float) -> None:
        """Count one of before a restart; called in the order of time."""
        self._moments.setdefault(name, deque()).append(moment)
