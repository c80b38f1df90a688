"""The kiosk's power: pulled, everything of it ends at once; plugged in again, it starts as it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from konbini.simulation.demo.processes import Service, running

__all__ = ["KioskPower"]


class KioskPower:
    """One kiosk's processes: the long-lived one, those of its visits, its browser; one process group.

    Args:
        service: the long-lived process.
        run: where its notification socket goes.
        logs: where its log goes.
        environment: beside this process's own.
        processes: where the process's id is kept, by the service's name.
    """

    def __init__(
        self, service: Service, *, run: Path, logs: Path, environment: Mapping[str, str], processes: dict[str, int]
    ) -> None:
        self._service = service
        self._run = run
        self._logs = logs
        self._environment = environment
        self._processes = processes
        self._ending = AsyncExitStack()
        self.on = False

    async def restore(self) -> None:
        """Plug it in; returns once the kiosk says that it is ready. Nothing happens when it is on.

        Raises:
            DidNotStartError: it did not come up.
        """
        if self.on:
            return
        process = await self._ending.enter_async_context(
            running(self._service, run=self._run, logs=self._logs, environment=self._environment)
        )
        self._processes[self._service.name] = process.pid
        self.on = True

    async def cut(self) -> None:
        """Pull the plug: kill -9 of every process of the kiosk. Nothing happens when it is off."""
        if self.on:
            os.killpg(self._processes[self._service.name], signal.SIGKILL)
            await self.end()

    async def end(self) -> None:
        """End the kiosk, where it runs still."""
        self.on = False
        await self._ending.aclose()
