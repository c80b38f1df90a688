"""The benchmark from beginning to end: a town, visits in a row, what each of them took and left."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.bench.kiosk.footprint import Footprint, age, footprint
from konbini.simulation.bench.kiosk.visiting import TimedRobot
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.robot import Errand, VisitFailedError, until_free
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.printer.filling import keep_filled
from konbini.simulation.town.people import Townsperson

__all__ = ["FEWEST_VISITS", "Growth", "Measured", "Plan", "growth", "measure_kiosk"]

FEWEST_VISITS = 4
_RESIDENTS_A_VISITOR = 4
"""Of a made-up town about one in three can come: who is of age, has a good card and nothing that stops it."""
_FEWEST_RESIDENTS = 300
_MOST_VISITORS = 400
"""Making a card's key takes time; with more visits the same people come again, below the ward's daily cap."""
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many visits in a row; a card comes again once everybody was there."""

    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one figure was in the first visits and in the last (medians of a quarter each), and its highest."""

    first: float
    last: float
    most: float

    @property
    def ratio(self) -> float:
        """The last against the first; 1: no growth."""
        return self.last / self.first if self.first else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out.

    Attributes:
        taps: milliseconds from a tap to the next screen, every one.
        ready: seconds from the start of the kiosk's long-lived process to its first screen.
        ready_cpu: seconds of CPU that its processes had used by then.
        memory: MiB of all of the kiosk's processes, while the paper waits to be taken.
        host: MiB of the long-lived process between visits.
        visit: MiB of a visit's process while the paper waits.
        descriptors: of the long-lived process between visits.
        journal: bytes that the journal grew by for each visit.
        seconds: each visit, from the first tap to the next start screen.
    """

    taps: Sequence[float]
    ready: float
    ready_cpu: float
    memory: Growth
    host: Growth
    visit: Growth
    descriptors: Growth
    journal: float
    seconds: Sequence[float]


async def measure_kiosk(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure in a town of its own, which is removed at the end.

    Raises:
        VisitFailedError: a visit did not end as it should.
        DidNotStartError, PrinterDidNotStartError, PcscdUnavailable: the town did not come up.
    """
    visitors = min(plan.visits, _MOST_VISITORS)
    residents = max(_FEWEST_RESIDENTS, visitors * _RESIDENTS_A_VISITOR)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kk")))
        town_plan = TownPlan(directory=folder / "t", tray=folder / "tray", residents=residents, latency=NO_LATENCY)
        async with run_town(town_plan, SystemClock(), SystemEntropy(), say=say) as town, aiohttp.ClientSession() as web:
            await until_free(town, web)
            row = _Row(town, web, say)
            people = list(itertools.islice(town.town.population.plain_holders(), visitors))
            say(f"making {len(people)} cards")
            # In a thread: the town's devices answer the kiosk from this loop meanwhile.
            cards = [person.card for person in people if person.card is not None]
            await asyncio.to_thread(town.town.stock().prepare, cards)
            for number, person in zip(range(1, plan.visits + 1), itertools.cycle(people), strict=False):
                await row.visit(person, number, plan.visits)
            return row.measured()


class _Row:
    """Visits in a row at a kiosk that shows its first screen just now, and what was measured of them."""

    def __init__(self, town: RunningTown, web: aiohttp.ClientSession, say: Callable[[str], None]) -> None:
        self._town = town
        self._web = web
        self._say = say
        self._clock = SystemClock()
        self._journal = town.journal
        self._ready, self._at_first = age(town.processes["kiosk"]), self._look()
        self._taps: list[float] = []
        self._seconds: list[float] = []
        self._printed: list[Footprint] = []
        self._between: list[Footprint] = []

    async def visit(self, person: Townsperson, number: int, of: int) -> None:
        """Make one visit, and look at the kiosk while its paper waits and once it is free again."""
        began = self._clock.monotonic()
        robot = _Looking(self._town, person, self._web, taps=self._taps, printed=self._look_at_paper)
        last = await robot.visit(Errand())
        if last.state != "end":
            raise VisitFailedError(f"visit {number}: the screen said {last.heading}")
        self._seconds.append(self._clock.monotonic() - began)
        self._between.append(self._look())
        for path in self._town.printer.pages():
            path.unlink()
        await keep_filled(self._town.printer)
        self._say(f"visit {number} of {of}: {self._seconds[-1]:.1f} s, {self._between[-1].kib // _KIB} MiB")

    def measured(self) -> Measured:
        """Put together what was measured."""
        grown = self._between[-1].journal - self._between[0].journal
        return Measured(
            taps=self._taps,
            ready=self._ready,
            ready_cpu=self._at_first.cpu,
            memory=growth([one.kib / _KIB for one in self._printed]),
            host=growth([one.host.kib / _KIB for one in self._between]),
            visit=growth([one.visits[0].kib / _KIB for one in self._printed]),
            descriptors=growth([one.host.descriptors for one in self._between]),
            journal=grown / (len(self._between) - 1),
            seconds=self._seconds,
        )

    def _look(self) -> Footprint:
        return footprint(self._town.processes["kiosk"], self._journal)

    def _look_at_paper(self) -> None:
        self._printed.append(self._look())


class _Looking(TimedRobot):
    """Looks at the kiosk before the paper is taken: nothing of a visit is larger than then."""

    def __init__(
        self,
        town: RunningTown,
        person: Townsperson,
        web: aiohttp.ClientSession,
        *,
        taps: list[float],
        printed: Callable[[], None],
    ) -> None:
        super().__init__(town, person, web, taps=taps)
        self._printed = printed

    async def take_paper(self) -> None:
        """Look, and take it."""
        self._printed()
        await super().take_paper()


def growth(figures: Sequence[float]) -> Growth:
    """Hold the first quarter of a row of figures against the last.

    Raises:
        ValueError: there is no figure.
    """
    if not figures:
        raise ValueError("nothing was measured")
    quarter = max(1, len(figures) // 4)
    return Growth(
        first=statistics.median(figures[:quarter]), last=statistics.median(figures[-quarter:]), most=max(figures)
    )
