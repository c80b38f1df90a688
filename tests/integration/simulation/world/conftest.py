"""A kiosk of the simulated world before a ward that runs as itself: its own wiring, a real link, real papers."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.places.bundled import bundled
from konbini.kiosk.printing.raster import PageRaster
from konbini.kiosk.session.flow import State
from konbini.kiosk.visit.atlas import Atlas
from konbini.pdf.verification import verify
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.tasks import StandingTasks
from konbini.protocol.kinds import Outcome
from konbini.simulation.card.applet import Card
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.town import Town
from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.counter.kiosk import Counter, Fittings, run_kiosk
from konbini.simulation.world.counter.person import Person, Stay, Visitor
from konbini.simulation.world.counter.visits import SimulatedVisits
from konbini.simulation.world.counter.witness import Flow, Records
from tests.integration.ward_server.own_machine import machine_config
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward, make_keys, open_ward

_MOMENT = 0.1


@dataclass(slots=True, kw_only=True)
class Stand:
    """The kiosk, what it stands before, and what was seen of it."""

    ward: Ward
    journal: Path
    records: Records
    counter: Counter
    visits: SimulatedVisits | None = None
    running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Start the long-lived process."""
        fittings = Fittings(
            open_rows=lambda migrations, **given: SqliteRows.open(self.journal, migrations, **given),
            verify=verify,
            rasterise=PageRaster,
            places=Atlas(bundled()),
        )
        kiosk = run_kiosk(
            machine_config(self.ward),
            self.ward.clock,
            SeededEntropy(7),
            StandingTasks(),
            counter=self.counter,
            fittings=fittings,
        )
        self.visits = await self.running.enter_async_context(kiosk)

    async def end(self) -> None:
        """End it."""
        running, self.running = self.running, AsyncExitStack()
        ending = asyncio.create_task(running.aclose())
        await self.ward.go_on_until(ending.done)
        ending.result()

    def card(self, holder: str = HEAD) -> Card:
        """Give a resident's card."""
        return Card(self.ward.card(holder))

    def person(self, holder: str = HEAD, habits: Habits | None = None, other_card: Card | None = None) -> Person:
        """Give a resident of the ward."""
        own = habits or Habits()
        return Person(name=holder, card=self.card(holder), pin="1234", habits=own, other_card=other_card)

    async def visited(self, person: Person, errand: Errand | None = None) -> Stay:
        """Let somebody go through a visit while time passes."""
        visiting = asyncio.create_task(self.begun(person, errand).visit())
        await self.ward.go_on_until(visiting.done)
        return visiting.result()

    def begun(self, person: Person, errand: Errand | None = None) -> Visitor:
        """Let somebody come."""
        return Visitor(self.counter, person, errand or Errand(), random.Random(3))  # noqa: S311 - a person's habits are no secret

    async def kill_visit_once(self, step: Step) -> None:
        """Kill the visit's process a moment after its order's step is in the journal."""
        while self.step() is not step:
            await self.ward.clock.sleep(_MOMENT)
        assert self.visits is not None
        assert self.visits.serving is not None
        self.visits.serving.kill()

    def step(self) -> Step | None:
        """Give the step of the one order there is."""
        found = self._rows("SELECT step FROM paper_order")
        return Step(found[0][0]) if found else None

    async def until(self, state: State) -> None:
        """Let time pass until a screen is shown."""
        await self.ward.go_on_until(lambda: self._state() is state)

    def outcomes(self) -> list[Outcome]:
        """Give how the orders ended, as the journal has it."""
        query = "SELECT outcome FROM receipt WHERE ordinal > 0 ORDER BY rowid"
        return [Outcome(outcome) for (outcome,) in self._rows(query)]

    def opened(self) -> int:
        """Give how many visits a ward has opened."""
        return len(self._rows("SELECT visit_id FROM visit"))

    def _state(self) -> State | None:
        seen = self.counter.glass.look()
        return None if seen is None else seen.view.state

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the kiosk's journal beside it."""
        with closing(sqlite3.connect(self.journal)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make the town's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town")


@pytest.fixture
async def stand(town_keys: Town, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> AsyncIterator[Stand]:
    """Open the ward, and the kiosk before it."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w")) as ward:
        records = Records()
        counter = Counter(Flow(kiosk="W-0001", witness=records), ward.clock)
        ready = Stand(ward=ward, journal=tmp_path / "journal.db", records=records, counter=counter)
        await ready.start()
        yield ready
        await ready.end()
        await counter.close()


@pytest.fixture(scope="session")
def cache() -> Iterator[Path]:
    """Give a folder for the towns of whole worlds; sockets are named below it, so its path is short."""
    path = Path(tempfile.mkdtemp(prefix="kw"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def towns(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the towns of worlds made there, and kept from test to test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache
