"""Visits as simulated processes of the same loop: started, ended and killed as a kiosk's programs are.

What a visit runs is `konbini.kiosk.visit.serving`; its status is what its program's would be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from konbini.kiosk.channel.host import HostClient
from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.search import Places
from konbini.kiosk.visit.serving import serve_resident
from konbini.kiosk.visit.tools import Tools
from konbini.process.calls import Handler
from konbini.process.log import logger
from konbini.protocol.errors import Refused
from konbini.simulation.world.counter.channel import Channel
from konbini.simulation.world.counter.glass import Glass
from konbini.simulation.world.counter.life import Being

__all__ = ["PlainMemory", "SimulatedVisit", "SimulatedVisits"]

_KILLED = -9
_CANNOT_GO_ON = 2
_CHANNEL_LOST = 3
_FAILED = 1

_log = logger("konbini.simulation.world.counter.visits")


class MakeTools(Protocol):
    """Gives a visit its tools."""

    def __call__(self, host: HostClient, being: Being) -> Tools:
        """Give those of one process."""


class PlainMemory:
    """Where a visit's document lies: ordinary memory, wiped as the real one is."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def hold(self, document: bytes) -> None:
        """See `konbini.kiosk.visit.tools.DocumentMemory`."""
        self.wipe()
        self._octets = bytearray(document)

    @property
    def view(self) -> memoryview:
        """See `konbini.kiosk.visit.tools.DocumentMemory`."""
        return memoryview(self._octets)

    def wipe(self) -> None:
        """See `konbini.kiosk.visit.tools.DocumentMemory`."""
        self._octets[:] = bytes(len(self._octets))
        self._octets = bytearray()


class SimulatedVisit:
    """The process of one visit (`konbini.kiosk.host.ports.VisitProcess`)."""

    def __init__(self, pid: int, being: Being, channel: Channel, task: asyncio.Task[None]) -> None:
        self.pid = pid
        self.being = being
        self._channel = channel
        self._task = task

    async def wait(self) -> int:
        """See `VisitProcess`."""
        await asyncio.wait((self._task,))
        return self._status()

    async def end(self) -> None:
        """See `VisitProcess`."""
        self.being.kill()
        await asyncio.wait((self._task,))
        await self._channel.close()

    def kill(self) -> None:
        """End it as by kill -9."""
        self.being.kill()
        self._channel.cut()

    def _status(self) -> int:
        """Give the status that its program would have ended with."""
        if self._task.cancelled():
            return _KILLED
        error = self._task.exception()
        if error is None:
            return 0
        if _only(error, ConnectionError):
            return _CHANNEL_LOST
        _log.error("a visit failed", error=type(error).__name__, exc_info=error)
        return _CANNOT_GO_ON if _only(error, (Refused, OSError, ValueError)) else _FAILED


@dataclass(kw_only=True)
class SimulatedVisits:
    """A `konbini.kiosk.host.ports.VisitStarter`.

    Attributes:
        make_tools: gives each its tools.
        new_being: begins a process.
        host: the long-lived process that starts them; None for one that never dies.
        glass: where they are seen.
        places: the directory of municipalities.
        means: how one pays.
        alive: those that were started and have not ended, the oldest first.
    """

    make_tools: MakeTools
    new_being: Callable[[str], Being]
    host: Being | None
    glass: Glass
    places: Places
    means: Means
    alive: list[SimulatedVisit] = field(default_factory=list)
    _started: int = 0

    async def start(self, answers: Mapping[int, Handler]) -> SimulatedVisit:
        """Start one; see `VisitStarter`."""
        self._started += 1
        being = self.new_being(f"visit {self._started}")
        channel = Channel(answers, self.host, being)
        tools = self.make_tools(HostClient(channel), being)
        task = being.start(self._serve(tools, being))
        visit = SimulatedVisit(self._started, being, channel, task)
        self.alive.append(visit)
        task.add_done_callback(lambda _task: self.alive.remove(visit))
        task.add_done_callback(_seen)
        return visit

    @property
    def serving(self) -> SimulatedVisit | None:
        """The one whose turn it is: the oldest."""
        return self.alive[0] if self.alive else None

    async def _serve(self, tools: Tools, being: Being) -> None:
        await serve_resident(
            tools,
            places=self.places,
            means=self.means,
            open_screen=lambda first: self.glass.opened(first, being),
        )


def _seen(task: asyncio.Task[None]) -> None:
    """Look at what a visit died of: its kiosk may be dead too, and then nobody else does."""
    if not task.cancelled():
        task.exception()


def _only(error: BaseException, kinds: type[Exception] | tuple[type[Exception], ...]) -> bool:
    """Whether everything that failed is of these kinds."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(kinds)[1] is None
    return isinstance(error, kinds)
