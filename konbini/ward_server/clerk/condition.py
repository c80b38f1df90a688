"""What the clerk shows of itself: its copy, the orders between its two steps, the time-stamp service that it asks."""

from __future__ import annotations

from collections.abc import Callable

from konbini.process.clock import Clock
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.ward_server.clerk.calls import StampsCondition
from konbini.ward_server.following.figures import CopyCondition

__all__ = ["ClerkFigures"]

_MILLISECONDS = 1000


class ClerkFigures:
    """A `Condition`."""

    def __init__(
        self,
        copy: CopyCondition,
        *,
        waiting: Callable[[], int],
        stamps: Callable[[], StampsCondition | None],
        clock: Clock,
    ) -> None:
        self._copy = copy
        self._waiting = waiting
        self._stamps = stamps
        self._clock = clock

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        await self._copy.read(figures)
        figures.gauge(Metric.CLERK_WAITING, self._waiting())
        stamps = self._stamps()
        if stamps is not None:
            figures.gauge(Metric.TIME_STAMP_FAILURES, stamps.failures)
            if stamps.answered:
                age = (self._clock.now() - stamps.answered) / _MILLISECONDS
                figures.gauge(Metric.TIME_STAMP_AGE_SECONDS, age)

    async def missing(self) -> frozenset[Missing]:
        """Say what keeps it from certifying and sealing now."""
        missing, stamps = await self._copy.missing(), self._stamps()
        return missing | {Missing.TIME_STAMPS_SILENT} if stamps is not None and stamps.silent else missing
