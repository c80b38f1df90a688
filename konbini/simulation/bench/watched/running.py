"""The benchmark from beginning to end: one ward whose orders come at a set pace, watched and not, slice by slice.

What makes a p99 unsteady is met by the design: orders never pause, so that no slice begins with an idle machine; a
slice counts only when the browsers have opened or left the page and the console has seen it; the two ways alternate
within one run over one store; what the benchmark itself keeps in memory (a made-up town) is out of the collector's
sight.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock, SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.measures.figures import Figures
from konbini.process.measures.ports import Measures, NoMeasures
from konbini.process.measures.shapes import ServiceName
from konbini.process.stores import SqliteAddress
from konbini.simulation.bench.kiosk.footprint import cpu_seconds
from konbini.simulation.bench.ward.orders import VISITS_A_DAY
from konbini.simulation.bench.ward.registry import CardIssuer, StreamingRegistry
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.bench.ward.stores import WardKeys, fill, open_filled, over_rows
from konbini.simulation.bench.watched.figures import Slice, Watched, turns, watched
from konbini.simulation.bench.watched.house import House, open_house
from konbini.simulation.bench.watched.pacing import Counting, Pacing
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Measured", "Plan", "measure_watched"]

_SEED: Final = 7
_KIOSKS: Final = 64
_KEY_ID_BYTES: Final = 20
_FEWEST_RESIDENTS: Final = 2_000
_SETTLING_SECONDS: Final = 2.0
"""After a change of ways, before anything counts: the console looks every two seconds whether a browser has gone."""
_CHANGING_SECONDS: Final = 3.0
"""What a change of ways may take on a slow machine; for the number of cards alone."""
_ORDERS_OF_A_RESIDENT: Final = 4
"""Of VISITS_A_DAY: about half of the residents may order."""
_COUNTED: Final = 2_000
_MS: Final = 1000
_MICROSECONDS: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured.

    Attributes:
        pairs: of a slice that is watched and one that is not.
        seconds: that count of each slice.
        rate: orders that are due in a second.
        people: how many watch.
    """

    pairs: int
    seconds: float
    rate: int
    people: int

    @property
    def orders(self) -> int:
        """How many there will be at most."""
        a_slice = self.seconds + _SETTLING_SECONDS + _CHANGING_SECONDS
        return int(2 * self.pairs * a_slice * self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out.

    Attributes:
        watched: the two ways against each other.
        counting: microseconds that counting one order takes, where it is not counted and where it is.
        boards: the fewest and the most boards that a browser was sent in a second.
        asked: how often a second the console asked for the live view while it was watched.
        answer: milliseconds that an answer took, median.
        waited: the most orders that waited for a kiosk at the end of a slice.
    """

    watched: Watched
    counting: tuple[float, float]
    boards: tuple[float, float]
    asked: float
    answer: float
    waited: int

    @property
    def keeps_pace(self) -> bool:
        """Whether orders were served as fast as they came: otherwise their times are those of a queue that grows."""
        return self.waited < _KIOSKS


async def measure_watched(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure, in a folder below the system's temporary one, which is removed at the end.

    Raises:
        ValueError: there are too few cards for so many orders.
        ConnectionError, DidNotStartError: the console or its people are not there.
        TimeoutError: the same, or orders come so much faster than they are served that a slice has none.
        Exception: what a store or the ledger raises; nothing of it should.
    """
    keys, clock = WardKeys(SUMIKAWA.code, SystemClock(), SystemEntropy()), SystemClock()
    issuer = CardIssuer(keys.entropy.token(_KEY_ID_BYTES))
    count = max(_FEWEST_RESIDENTS, plan.orders // _ORDERS_OF_A_RESIDENT)
    residents = Residents(_SEED, count, Now(milliseconds=clock.now()).day)
    registry = StreamingRegistry(residents, issuer, keys.record, keys.municipality, to_seconds(clock.now()))
    figures = Figures(ServiceName.ISSUING)
    async with AsyncExitStack() as ending:
        files = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kb-")))
        address = SqliteAddress(path=files / "issuing.db")
        await fill(address, keys, registry)
        rows = open_filled(address, figures)
        ending.push_async_callback(rows.close)
        store = over_rows(rows, keys, registry)
        await store.follower.renew()
        cards = _cards(plan, residents, issuer)
        pacing = Pacing(store, keys, Counting(figures, clock), cards, kiosks=_KIOSKS, rate=plan.rate)
        house = await ending.enter_async_context(
            open_house(files / "t", store, keys, kiosks=_KIOSKS, people=plan.people)
        )
        say(
            f"{plan.people} people signed in at the console; {plan.rate} orders a second; {plan.pairs} pairs of"
            f" {plan.seconds:g} s watched and {plan.seconds:g} s not; their browsers stand for other machines, and run"
            " while nobody else here wants to"
        )
        counting = _counting(clock)
        ending.enter_context(_out_of_sight())
        taken, boards = await _Measuring(plan, pacing, house, store.follower.renew).run(say)
        slices = [_slice_of(*one, pacing) for one in taken]
        asked = [
            second
            for is_watched, begin, end in taken
            if is_watched
            for second in house.asked.seconds[begin.asked : end.asked]
        ]
        if not all(one.latencies for one in slices):
            raise TimeoutError(f"{pacing.left} orders wait: this machine serves none of those that come so fast")
        if not asked:
            raise ConnectionError("the console did not ask for the live view, or was not answered")
        watching = sum(one.seconds for one in slices if one.is_watched)
        return Measured(
            watched=watched(slices),
            counting=counting,
            boards=(min(boards), max(boards)),
            asked=len(asked) / watching,
            answer=statistics.median(asked) * _MS,
            waited=max(pacing.left, *(end.waiting for _, _begin, end in taken)),
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """At one moment: the clock, CPU seconds of each process, how often the console asked, orders that wait."""

    moment: float
    issuing: float
    console: float
    readers: float
    asked: int
    waiting: int


class _Measuring:
    """Takes the slices in their turn while orders come."""

    def __init__(self, plan: Plan, pacing: Pacing, house: House, renew: Callable[[], Awaitable[None]]) -> None:
        self._plan = plan
        self._pacing = pacing
        self._house = house
        self._renew = renew
        self._is_watched = False
        self._since = 0.0
        self._boards: list[float] = []

    async def run(self, say: Callable[[str], None]) -> tuple[list[tuple[bool, _Reading, _Reading]], list[float]]:
        """Give for each slice its way and the readings around it, and the boards that a browser was sent in a second.

        Raises:
            ConnectionError, TimeoutError: the console or its people are not there any more.
            ExceptionGroup: of these, or of what the ledger raises.
        """
        taken = []
        async with asyncio.TaskGroup() as orders:
            orders.create_task(self._pacing.run())
            for number, is_watched in enumerate(turns(self._plan.pairs), 1):
                taken.append((is_watched, *await self._slice(is_watched)))
                say(f"slice {number} of {2 * self._plan.pairs}")
            await self._change(is_watched=False)
            self._pacing.end()
        return taken, self._boards

    async def _slice(self, is_watched: bool) -> tuple[_Reading, _Reading]:  # noqa: FBT001 - the way
        await self._change(is_watched=is_watched)
        await self._renew()
        await asyncio.sleep(_SETTLING_SECONDS)
        begin = self._read()
        await asyncio.sleep(self._plan.seconds)
        return begin, self._read()

    async def _change(self, *, is_watched: bool) -> None:
        if is_watched is self._is_watched:
            return
        self._is_watched = is_watched
        if is_watched:
            await self._house.watch()
            self._since = time.perf_counter()
        else:
            passed = time.perf_counter() - self._since
            self._boards += [boards / passed for boards in await self._house.rest()]

    def _read(self) -> _Reading:
        house = self._house
        return _Reading(
            time.perf_counter(),
            time.process_time(),
            cpu_seconds(house.console_pid),
            cpu_seconds(house.readers_pid),
            len(house.asked.seconds),
            self._pacing.waiting,
        )


def _slice_of(is_watched: bool, begin: _Reading, end: _Reading, pacing: Pacing) -> Slice:  # noqa: FBT001 - the way
    return Slice(
        is_watched=is_watched,
        seconds=end.moment - begin.moment,
        latencies=pacing.due_between(begin.moment, end.moment),
        issuing=end.issuing - begin.issuing,
        console=end.console - begin.console,
        readers=end.readers - begin.readers,
    )


@contextmanager
def _out_of_sight() -> Iterator[None]:
    """Keep what was made so far out of the collector's sight: `issuing` has no town in memory, and pays for none."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _counting(clock: Clock) -> tuple[float, float]:
    """Give the microseconds that counting an order takes where nothing is counted, and where it is."""
    each: tuple[Measures, ...] = (NoMeasures(), Figures(ServiceName.ISSUING))
    found = []
    for measures in each:
        counting = Counting(measures, clock)
        begun = time.process_time()
        for _ in range(_COUNTED):
            with counting.order():
                pass
        found.append((time.process_time() - begun) / _COUNTED * _MICROSECONDS)
    return found[0], found[1]


def _cards(plan: Plan, residents: Residents, issuer: CardIssuer) -> Iterator[CardSerial]:
    """Give cards in their turn, as often as each may.

    Raises:
        ValueError: that is not often enough.
    """
    serials = residents.draw(max(plan.orders, 4 * _KIOSKS))
    if len(serials) * VISITS_A_DAY < plan.orders or len(serials) < _KIOSKS * 2:
        raise ValueError(f"{residents.count} residents are too few for {plan.orders} orders")
    return itertools.cycle([issuer.card(serial) for serial in serials])
