"""How long the steps of the newest orders took: the times of one process, in memory, as a person reads them. Pure.

Moments and times are seconds of a monotonic clock. Invariant: of each step the newest `MOST` times of the last hour are
kept and no others, so that memory and the reading of it stay bounded however much is issued.

Limits: the times of one process, gone when it ends; what many processes did, and what was long ago, is in the histogram
that the same measuring feeds (`konbini_order_step_seconds`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["MOST", "SPAN_SECONDS", "StepTimes", "TimesOfStep"]

MOST: Final = 1000
"""Times that are kept of one step."""
SPAN_SECONDS: Final = 3600.0
"""How far back they go."""
_PARTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesOfStep:
    """One step: how many times are kept, and how long half of them and 95 of 100 took at most, in seconds."""

    step: str
    count: int
    p50: float
    p95: float


class StepTimes:
    """The times of a closed list of steps."""

    def __init__(self, steps: Iterable[str]) -> None:
        self._taken: dict[str, deque[tuple[float, float]]] = {step: deque(maxlen=MOST) for step in steps}

    def took(self, step: str, seconds: float, now: float) -> None:
        """Keep how long a step took.

        Raises:
            KeyError: no step of the list.
        """
        self._taken[step].append((now, seconds))

    def newest(self, now: float) -> tuple[TimesOfStep, ...]:
        """Give each step that was taken within the last hour, in the order of the list."""
        found = ((step, _within(taken, now)) for step, taken in self._taken.items())
        return tuple(
            TimesOfStep(step=step, count=len(times), p50=_least(times, 50), p95=_least(times, 95))
            for step, times in found
            if times
        )


def _within(taken: Iterable[tuple[float, float]], now: float) -> list[float]:
    return sorted(seconds for at, seconds in taken if now - at <= SPAN_SECONDS)


def _least(times: Sequence[float], part: int) -> float:
    """Give the least time that so many of a hundred do not exceed (nearest rank)."""
    return times[math.ceil(part * len(times) / _PARTS) - 1]
