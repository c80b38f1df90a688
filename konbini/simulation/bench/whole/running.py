"""The benchmark from beginning to end: a town, its services without traces and with them, residents at several rates.

First as many residents as are served, and then the lowest rate, without traces: what an issue costs. Then, with traces,
each rate that this machine serves, and the highest that it serves steadily: what each service adds, and where the time
goes. A highest steady rate is looked for downwards from what was served when residents always came.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.bench.kiosk.footprint import cpu_seconds
from konbini.simulation.bench.whole.drivers import Drivers, drivers
from konbini.simulation.bench.whole.figures import KIOSKS, Slice, Spans, Window, is_steady, served
from konbini.simulation.bench.whole.spans import Collected, collecting
from konbini.simulation.bench.whole.town import Services, WholeTown, make_whole_town, services

__all__ = ["MOST_KIOSKS", "Measured", "Plan", "Traced", "VisitWentWrongError", "measure_whole"]

_SETTLING_SECONDS: Final = 2.0
_WARMING_SECONDS: Final = 5.0
"""Before the first window: each process meets its first orders, whose fonts and statements it has not prepared."""
_SPANS_SECONDS: Final = 2.5
"""Spans wait up to a second in a service before they are handed over."""
_SLICE_SECONDS: Final = 1.0
_PROCESSES: Final = 2
_SHARES: Final = (0.9, 0.8, 0.7, 0.6, 0.5)
_WITHIN: Final = 0.95
MOST_KIOSKS: Final = 64
"""So many frames a ward answers at a time, and refuses the next."""
_GUESS: Final = 60
"""Issues a second that this machine surely does not exceed: for the number of cards alone."""
_VISITS_OF_A_CARD: Final = 9
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a tmpfs: the kiosks' own disks are not this machine's
_RUNS_AT_MOST: Final = 5


class VisitWentWrongError(Exception):
    """A visit did not end with FINAL; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured.

    Attributes:
        rates: residents a second, the lowest first.
        seconds: of each window.
        kiosks: how many there are.
    """

    rates: Sequence[float]
    seconds: float
    kiosks: int

    @property
    def cards(self) -> int:
        """How many residents it takes: each may come ten times in a day."""
        a_window = self.seconds + _SETTLING_SECONDS + 1
        visits = a_window * (2 * sum(min(rate, _GUESS) for rate in self.rates) + _RUNS_AT_MOST * _GUESS)
        return max(int(visits / _VISITS_OF_A_CARD), 2 * self.kiosks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A window whose visits were traced."""

    window: Window
    spans: Mapping[str, Spans]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out.

    Attributes:
        most: residents always came; not traced.
        low: the lowest rate, or half of the most where that is less; not traced.
        rates: each of the plan's rates that was served steadily, then the highest steady one; None where there is none.
        missed: the rates that are more than this machine serves.
    """

    most: Window
    low: Window
    rates: Sequence[Traced]
    highest: Traced | None
    missed: Sequence[float]


async def measure_whole(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure, in folders below the system's temporary one, which are removed at the end.

    Raises:
        DidNotStartError, ConnectionError, TimeoutError: a process is not there.
        VisitWentWrongError: a service refused, or a document did not verify.
        ValueError: the town has too few people.
        Exception: what the registry raises; nothing of it should.
    """
    clock, entropy = SystemClock(), SystemEntropy()
    with tempfile.TemporaryDirectory(prefix="kw-") as name:
        folder = Path(name)
        whole = await make_whole_town(folder / "t", clock, entropy, say, kiosks=plan.kiosks, cards=plan.cards)
        async with _running(whole, collector=0) as (standing, kiosks):
            say("services and kiosks run; nothing is traced")
            await _warm(kiosks)
            most = await _window(0, plan, standing, kiosks)
            say(f"residents always come: {served(most).value:.1f} issues a second")
            low = await _window(min(plan.rates[0], served(most).value / 2), plan, standing, kiosks)
        rates, highest = await _traced(plan, whole, served(most).value, say)
    reached = {one.window.due for one in rates}
    return Measured(
        most=most,
        low=low,
        rates=rates,
        highest=highest,
        missed=[rate for rate in plan.rates if rate not in reached],
    )


async def _traced(
    plan: Plan, whole: WholeTown, most: float, say: Callable[[str], None]
) -> tuple[list[Traced], Traced | None]:
    port = _free_port()
    async with collecting(port) as collected, _running(whole, collector=port) as (standing, kiosks):
        say("services and kiosks run again; every visit is traced")
        await _warm(kiosks)

        async def at(rate: float) -> Traced | None:
            window = await _window(rate, plan, standing, kiosks)
            await asyncio.sleep(_SPANS_SECONDS)
            traced = _joined(window, collected)
            steady = is_steady(window) and bool(traced.window.visits)
            say(f"{rate:.1f} a second are due: {served(window).value:.1f} served, {'' if steady else 'not '}steadily")
            return traced if steady else None

        within = [rate for rate in plan.rates if rate <= most * _WITHIN]
        found = [one for rate in within if (one := await at(rate)) is not None]
        for share in _SHARES:
            if (one := await at(most * share)) is not None:
                return found, one
        return found, None


def _joined(window: Window, collected: Collected) -> Traced:
    """Take a window's visits with their spans; one whose spans were dropped on the way says nothing."""
    spans = {one.trace: dict(collected.of(one.trace)) for one in window.visits}
    whole = {trace for trace, its in spans.items() if {"ward.frame order", "ward.frame receipt"} <= its.keys()}
    visits = [one for one in window.visits if one.trace in whole]
    collected.forget()
    traced = Window(due=window.due, visits=visits, slices=window.slices, waited=window.waited, kiosks=window.kiosks)
    return Traced(window=traced, spans=spans)


@asynccontextmanager
async def _running(whole: WholeTown, *, collector: int) -> AsyncIterator[tuple[Services, Drivers]]:
    async with AsyncExitStack() as ending:
        memory = _MEMORY if _MEMORY.is_dir() else None
        journals = ending.enter_context(tempfile.TemporaryDirectory(prefix="kw-", dir=memory))
        standing = await ending.enter_async_context(
            services(whole, SystemClock(), SystemEntropy(), collector=collector)
        )
        kiosks = await ending.enter_async_context(drivers(whole, standing, Path(journals), processes=_PROCESSES))
        yield standing, kiosks


async def _warm(kiosks: Drivers) -> None:
    await kiosks.start(0)
    await asyncio.sleep(_WARMING_SECONDS)
    await kiosks.stop()


async def _window(rate: float, plan: Plan, standing: Services, kiosks: Drivers) -> Window:
    """Let residents come at a rate, and look at the clock and every process once a second."""
    await kiosks.start(rate)
    await asyncio.sleep(_SETTLING_SECONDS)
    readings = [_read(standing, kiosks)]
    while readings[-1][0] - readings[0][0] < plan.seconds:
        await asyncio.sleep(_SLICE_SECONDS)
        readings.append(_read(standing, kiosks))
    played = await kiosks.stop()
    if played.faults:
        raise VisitWentWrongError(f"{len(played.faults)} visits went wrong; the first: {played.faults[0]}")
    begin, end = readings[0][0], readings[-1][0]
    slices = [
        Slice(
            seconds=after - before,
            ended=sum(before <= visit.ended < after for visit in played.visits),
            cpu={name: used[name] - had[name] for name in used},
        )
        for (before, had), (after, used) in pairwise(readings)
    ]
    if not any(one.ended for one in slices):
        raise TimeoutError(f"no visit ended within {end - begin:.0f} s: this machine has no time for so many processes")
    visits = [visit for visit in played.visits if begin <= visit.due < end]
    return Window(due=rate, visits=visits, slices=slices, waited=played.waited, kiosks=kiosks.kiosks)


def _read(standing: Services, kiosks: Drivers) -> tuple[float, dict[str, float]]:
    used = {name: cpu_seconds(pid) for name, pid in standing.pids.items()}
    used[KIOSKS] = sum(map(cpu_seconds, kiosks.pids))
    return time.perf_counter(), used


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
