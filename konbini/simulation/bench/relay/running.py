"""The benchmark from beginning to end: every way open at once, idle links and a storm each, rounds in turns."""

from __future__ import annotations

import asyncio
import resource
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock, SystemClock
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.link import LinkLimits
from konbini.simulation.bench.relay.ends import LARGE, SMALL, Kiosk
from konbini.simulation.bench.relay.figures import Figures, Storm
from konbini.simulation.bench.relay.ground import Ground
from konbini.simulation.bench.relay.ways import DIRECT, Way, listed_kib, open_ways

__all__ = ["FEWEST_IDLE", "Measured", "Plan", "measure_relay"]

FEWEST_IDLE: Final = 16
_CALLERS: Final = 32
"""Kiosks that order, with visits; at most 600 frames a minute of each pass a center."""
_AT_ONCE: Final = 16
_DIALLING: Final = 16
_SETTLING_SECONDS: Final = 1.0
_DESCRIPTORS: Final = 6
"""Of this process, for each idle kiosk: its own end, and the ward's ends of the proxies."""
_WARM: Final = 32
_FIRST: Final = 16
"""Kiosks that connect before memory is looked at: with the first ones comes what a process has once."""
_Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is done.

    Attributes:
        rounds: how often each way has its turn.
        small: orders of a turn that are answered with 1 KB.
        large: orders of a turn that are answered with 200 KB.
        handshakes: links of a turn that come up and go.
        idle: kiosks that stay connected, and are cut.
        rate: orders due in a second at the steady pace.
        seconds: of the steady pace, in each round.
        limits: how kiosks that were cut come back.
    """

    rounds: int
    small: int
    large: int
    handshakes: int
    idle: int
    rate: int
    seconds: float
    limits: LinkLimits = field(default_factory=LinkLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of each way, and what a center takes for a kiosk on its list, in KiB."""

    figures: Mapping[str, Figures]
    listed_kib: float


@dataclass(slots=True)
class _Taken:
    """What was measured of one way so far."""

    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)
    handshake: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    idle_kib: float | None = None
    storm: Storm | None = None


async def measure_relay(plan: Plan, say: _Say) -> Measured:
    """Measure in a folder of its own, which is removed at the end.

    Raises:
        DidNotStartError: a process does not start.
        RefusedError: the center refused an order.
        OSError, EOFError, TimeoutError: a link did not come up, or was lost.
        ValueError: more idle kiosks than this process may have descriptors for.
    """
    _check_descriptors(plan.idle)
    clock, entropy = SystemClock(), SystemEntropy()
    async with AsyncExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kr")))
        ground = Ground.make(folder / "t", clock, entropy, kiosks=_CALLERS + max(_FIRST + plan.idle, plan.handshakes))
        listed = await listed_kib(ground, clock)
        ways = await ending.enter_async_context(open_ways(ground, clock))
        others = _kiosks(ground, ground.town.kiosks[_CALLERS:])
        callers = [_kiosks(ground, ground.town.kiosks[:_CALLERS]) for _ in ways]
        turns = [_Turns(way, plan, mine, others, clock, entropy) for way, mine in zip(ways, callers, strict=True)]
        for turn in turns:
            ending.callback(turn.cut)
            await turn.stand_idle()  # first: what a process once had for others would hide what it takes for these
            say(f"{plan.idle} idle links, cut and back: {turn.way.name}")
        for turn in turns:
            await turn.begin()
        for number in range(1, plan.rounds + 1):
            for turn in _from(turns, number):
                await turn.take()
            say(f"round {number} of {plan.rounds}")
        return Measured(figures={turn.way.name: turn.figures() for turn in turns}, listed_kib=listed)


def _check_descriptors(idle: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1024 + _DESCRIPTORS * idle
    if soft < wanted and hard != resource.RLIM_INFINITY and hard < wanted:
        raise ValueError(f"{idle} idle kiosks need {wanted} descriptors, and this process may have {hard}")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _kiosks(ground: Ground, names: Sequence[str]) -> Sequence[Kiosk]:
    return [Kiosk(ground, name) for name in names]


def _from(turns: Sequence[_Turns], number: int) -> Sequence[_Turns]:
    """Give the turns of a round: each begins with another way."""
    first = number % len(turns)
    return [*turns[first:], *turns[:first]]


class _Turns:
    """One way's turns."""

    def __init__(  # noqa: PLR0913, PLR0917 - what one way is measured with
        self, way: Way, plan: Plan, callers: Sequence[Kiosk], others: Sequence[Kiosk], clock: Clock, entropy: Entropy
    ) -> None:
        self.way = way
        self._plan, self._callers, self._others = plan, callers, others
        self._clock, self._entropy = clock, entropy
        self._taken = _Taken()

    async def begin(self) -> None:
        """Bring the callers' links up, their visits too, and warm the way up."""
        for kiosk in self._callers:
            await kiosk.dial(self.way.port)
            if self.way.needs_visit:
                await kiosk.begin()
        for size in (SMALL, LARGE):
            await self._orders(size, _WARM)

    def cut(self) -> None:
        """Cut all links."""
        for kiosk in (*self._callers, *self._others):
            kiosk.cut()

    async def take(self) -> None:
        """Take one turn."""
        plan, taken = self._plan, self._taken
        if self.way.name != DIRECT:
            taken.small.append(await self._cost(self._orders(SMALL, plan.small)) / plan.small)
            taken.large.append(await self._cost(self._orders(LARGE, plan.large)) / plan.large)
            taken.handshake.append(await self._cost(self._come_and_go()) / plan.handshakes)
        await self._pace()

    async def stand_idle(self) -> None:
        """Have idle links, then cut them all at once and wait until they are back."""
        if self.way.name == DIRECT:
            return
        idle, first = self._others[_FIRST : _FIRST + self._plan.idle], self._others[:_FIRST]
        await _each(first, lambda kiosk: kiosk.dial(self.way.port), _DIALLING)
        before = self.way.tree.kib()
        await _each(idle, lambda kiosk: kiosk.dial(self.way.port), _DIALLING)
        await self._clock.sleep(_SETTLING_SECONDS)
        self._taken.idle_kib = (self.way.tree.kib() - before) / len(idle)
        for kiosk in (*first, *idle):
            kiosk.cut()
        for kiosk in (*first, *idle):
            await kiosk.gone()
        self._taken.storm = await self._storm(idle)
        for kiosk in idle:
            kiosk.cut()

    def figures(self) -> Figures:
        """Give what was measured."""
        taken = self._taken
        return Figures(
            small=taken.small,
            large=taken.large,
            handshake=taken.handshake,
            idle_kib=taken.idle_kib,
            storm=taken.storm,
            latencies=taken.latencies,
        )

    async def _storm(self, idle: Sequence[Kiosk]) -> Storm:
        before, began = self.way.tree.cpu(), self._clock.monotonic()
        await _each(idle, self._come_back, len(idle))
        seconds = self._clock.monotonic() - began
        cpu = tuple(after - start for after, start in zip(self.way.tree.cpu(), before, strict=True))
        return Storm(kiosks=len(idle), seconds=seconds, cpu=cpu)

    async def _come_back(self, kiosk: Kiosk) -> None:
        """Dial as `konbini.process.link` does: after a random part of a bound that doubles with each attempt."""
        limits, attempt = self._plan.limits, 0
        while True:
            bound = min(limits.first_pause_seconds * 2.0**attempt, limits.longest_pause_seconds)
            await self._clock.sleep(int.from_bytes(self._entropy.token(4)) / 2**32 * bound)
            try:
                async with asyncio.timeout(limits.dial_seconds):
                    await kiosk.dial(self.way.port)
            except (OSError, EOFError):  # a TimeoutError is an OSError
                attempt += 1
            else:
                return

    async def _cost(self, work: Awaitable[None]) -> float:
        before = sum(self.way.tree.cpu())
        await work
        return sum(self.way.tree.cpu()) - before

    async def _orders(self, size: int, count: int) -> None:
        """Order so often, some kiosks at a time, each its own next when it has its answer."""

        async def one(number: int) -> None:
            for _ in range(number, count, _AT_ONCE):
                kiosk = await waiting.get()
                await kiosk.order(size)
                waiting.put_nowait(kiosk)

        waiting = self._waiting()
        await asyncio.gather(*map(one, range(_AT_ONCE)))

    def _waiting(self) -> asyncio.Queue[Kiosk]:
        waiting: asyncio.Queue[Kiosk] = asyncio.Queue()
        for kiosk in self._callers:
            waiting.put_nowait(kiosk)
        return waiting

    async def _come_and_go(self) -> None:
        async def once(kiosk: Kiosk) -> None:
            await kiosk.dial(self.way.port)
            kiosk.cut()

        await _each(self._others[: self._plan.handshakes], once, _DIALLING)

    async def _pace(self) -> None:
        """Have orders come due at the steady rate, whether or not the earlier ones are answered."""
        rate, began = self._plan.rate, self._clock.monotonic()
        waiting = self._waiting()

        async def one(due: float) -> None:
            kiosk = await waiting.get()
            await kiosk.order(SMALL)
            waiting.put_nowait(kiosk)
            self._taken.latencies.append(self._clock.monotonic() - due)

        async with asyncio.TaskGroup() as orders:
            for number in range(round(rate * self._plan.seconds)):
                due = began + number / rate
                await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
                orders.create_task(one(due))


async def _each(kiosks: Sequence[Kiosk], act: Callable[[Kiosk], Awaitable[None]], most: int) -> None:
    """Do something with each, at most so many at a time."""
    turns = asyncio.Semaphore(most)

    async def one(kiosk: Kiosk) -> None:
        async with turns:
            await act(kiosk)

    async with asyncio.TaskGroup() as group:
        for kiosk in kiosks:
            group.create_task(one(kiosk))
