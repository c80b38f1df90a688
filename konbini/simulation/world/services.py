"""The services of the world: each a process with a disk, lives one after another, and a supervisor that starts it anew.

What a life runs is the service's own wiring (`serve` of its `main`), on its own clock and chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.tasks import StandingTasks
from konbini.simulation.world.processes import Process, Step

__all__ = ["Serve", "Supervised"]

_AGAIN_SECONDS = 1.0

Serve = Callable[[Clock, Entropy, StandingTasks], AbstractAsyncContextManager[object]]


@dataclass(eq=False, kw_only=True)
class Supervised:
    """One service, kept running.

    Attributes:
        name: of its processes.
        serve: enters its wiring.
        clock: of the machine that it runs on.
        entropy: all its lives draw from it.
        again: seconds from a death to the next life.
        build: of the program that its next life runs.
        watched: told of each step of each life.
        lives: how many there were.
        served: what the present life's context gave; None while it is none.
    """

    name: str
    serve: Serve
    clock: Clock
    entropy: Entropy
    again: float = _AGAIN_SECONDS
    build: int = 0
    watched: Callable[[Process, Step], None] | None = None
    lives: int = 0
    served: Any = None
    process: Process = field(init=False)
    faults: list[str] = field(default_factory=list)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _held_down: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Be nobody until the first life."""
        self.process = Process(name=self.name, alive=False)

    async def run(self) -> None:
        """Start life after life, until cancelled."""
        try:
            while True:
                self.lives += 1
                self.process = Process(name=self.name, build=self.build, watched=self.watched)
                life = self.process.start(self._live())
                await asyncio.wait((life,))
                self._up.clear()
                self.served = None
                if not life.cancelled() and (fault := life.exception()) is not None:
                    self.faults.append(f"{type(fault).__name__}: {fault}")
                self.process.kill()
                await self.process.unwound()
                await asyncio.sleep(self.again)
        finally:
            self.process.kill()

    async def up(self) -> None:
        """Wait until a life serves."""
        await self._up.wait()

    def kill(self) -> None:
        """End the present life at once."""
        self._up.clear()
        self.process.kill()

    async def _live(self) -> None:
        tasks = StandingTasks()
        async with self.serve(self.clock, self.entropy, tasks) as served:
            self.served = served
            self._up.set()
            await tasks.one_ended()
