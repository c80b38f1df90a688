"""A watch at a store's commits that ends a process with SIGKILL, its own if no other is named, at an edge of one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

__all__ = ["Crash"]


class Crash:
    """Ends a process before or after the n-th commit that holds a step; without a step every commit counts."""

    def __init__(
        self, edge: str, *, step: str | None = None, nth: int = 1, victim: Callable[[], int] = os.getpid
    ) -> None:
        """Keep where to end.

        Args:
            edge: `before` or `after`.
            step: as the store names it.
            nth: counted from 1.
            victim: gives the process that is ended there.
        """
        self._edge, self._step, self._left, self._victim = edge, step, nth, victim

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
            os.kill(self._victim(), signal.SIGKILL)
