"""Tasks that stand or fall together: those of one work, and those that a service stands on.

A task that failed unseen leaves a process that answers and does half of its work, with a watchdog that is content.
Here the first that ends says so, and whoever waits ends the process: the service manager starts it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from konbini.process.log import logger

__all__ = ["StandingTasks", "until_one_fails"]

_log = logger("konbini.process.tasks")


async def until_one_fails(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one fails or all have ended; end the others and raise what failed.

    No task group: on Python 3.11 one that has errors of its own swallows a cancellation from outside.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class StandingTasks:
    """Tasks that run until the service ends them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_ended = asyncio.Event()

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        """Start a task that must not end by itself."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @property
    def all_run(self) -> bool:
        """Whether none has ended: what the watchdog is told."""
        return not self._one_ended.is_set()

    async def one_ended(self) -> None:
        """Wait until one has ended by itself."""
        await self._one_ended.wait()

    async def close(self) -> None:
        """End those that still run."""
        running = [task for task in self._tasks if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        fault = task.exception()
        _log.error("a standing task ended", step=task.get_name(), error=type(fault).__name__, exc_info=fault)
        self._one_ended.set()
