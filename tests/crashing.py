"""A watch at a store's commits that ends its process with SIGKILL at one edge of one of them."""

from __future__ import annotations

import os
import signal

__all__ = ["Crash"]


class Crash:
    """Ends the process before or after the n-th commit that holds a step; without a step every commit counts."""

    def __init__(self, edge: str, *, step: str | None = None, nth: int = 1) -> None:
        """Keep where to end.

        Args:
            edge: `before` or `after`.
            step: as the store names it.
            nth: counted from 1.
        """
        self._edge, self._step, self._left = edge, step, nth

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """Count, and end here if this is the place."""
        if self._counts(steps):
            self._left -= 1
            self._end("before")

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """End here if this is the place."""
        if self._counts(steps):
            self._end("after")

    def _counts(self, steps: tuple[str, ...]) -> bool:
        return self._step is None or self._step in steps

    def _end(self, edge: str) -> None:
        if edge == self._edge and self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
