"""When a server at another place (縮退運用環境用サーバー) dials the center: while outage mode is declared there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from konbini.process.clock import Clock
from konbini.ward_server.following.outage import Outages

__all__ = ["Dialling"]

_LOOK_SECONDS = 1.0


class Dialled(Protocol):
    """A link that is kept while its task runs."""

    def run(self) -> Coroutine[Any, Any, None]:
        """Keep the link until it is cancelled."""


class Dialling:
    """Keeps the link while an outage is in force, and hangs up when it has ended."""

    def __init__(self, link: Dialled, outages: Outages, clock: Clock) -> None:
        self._link = link
        self._outages = outages
        self._clock = clock

    async def run(self) -> None:
        """Look each second."""
        running: asyncio.Task[None] | None = None
        try:
            while True:
                outage = await self._outages.now()
                if outage is not None and running is None:
                    running = asyncio.create_task(self._link.run())
                elif outage is None and running is not None:
                    await _hang_up(running)
                    running = None
                if running is not None and running.done():
                    running.result()
                await self._clock.sleep(_LOOK_SECONDS)
        finally:
            if running is not None:
                await _hang_up(running)


async def _hang_up(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
