"""Health and readiness: what a process lacks, as a closed list.

*Healthy* means that it does its work: every standing task runs and its store answers. A process that is not is ended
and started anew. *Ready* means that it could serve now: an order at the ward, a visit at the center and the kiosk. One
that is not ready is left alone: the lease comes back by itself, or a person has to act.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum, unique
from typing import Protocol

from konbini.process.measures.figures import Figures

__all__ = ["Condition", "Health", "Missing"]

_STORE_SECONDS = 2.0


@unique
class Missing(StrEnum):
    """What can be missing; docs/metrics.md says of each what to do."""

    # Health.
    TASK_ENDED = "TASK_ENDED"
    STORE_SILENT = "STORE_SILENT"
    # Readiness.
    OUT_OF_HOURS = "OUT_OF_HOURS"
    STOPPED = "STOPPED"
    HELD = "HELD"
    FEED_BROKEN = "FEED_BROKEN"
    NOT_CURRENT = "NOT_CURRENT"
    CLERK_AWAY = "CLERK_AWAY"
    CLERK_NOT_READY = "CLERK_NOT_READY"
    TIME_STAMPS_SILENT = "TIME_STAMPS_SILENT"
    LINK_DOWN = "LINK_DOWN"
    NO_WARD = "NO_WARD"
    DEVICE_FAULT = "DEVICE_FAULT"


class Condition(Protocol):
    """One service's own: its gauges, and what keeps it from serving."""

    async def read(self, figures: Figures) -> None:
        """Give every gauge of now; what raises is left out of this reading."""

    async def missing(self) -> frozenset[Missing]:
        """Say what it lacks to serve now."""


class Health:
    """Whether a process does its work.

    Args:
        tasks_run: whether every standing task runs.
        store: asks the store's writer for an answer.
        patience: seconds until a store that does not answer counts as silent.
    """

    def __init__(
        self,
        tasks_run: Callable[[], bool],
        store: Callable[[], Awaitable[object]],
        *,
        patience: float = _STORE_SECONDS,
    ) -> None:
        self._tasks_run = tasks_run
        self._store = store
        self._patience = patience

    async def missing(self) -> frozenset[Missing]:
        """Say what it lacks to do its work."""
        missing = set() if self._tasks_run() else {Missing.TASK_ENDED}
        if not await self._store_answers():
            missing.add(Missing.STORE_SILENT)
        return frozenset(missing)

    async def _store_answers(self) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await self._store()
        except Exception:  # noqa: BLE001 - whatever an engine raises, the answer is the same
            return False
        return True
