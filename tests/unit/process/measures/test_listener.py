"""The listener: figures, health and readiness, each condition broken once and seen named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Health, Missing
from konbini.process.measures.config import MeasuresConfig
from konbini.process.measures.figures import Figures
from konbini.process.measures.listener import MeasuresListener, figures_of, shown
from konbini.process.measures.ports import NoMeasures
from konbini.process.measures.shapes import ServiceName
from konbini.process.rows import answers
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.tasks import StandingTasks
from konbini.simulation.clock import SettableClock

ANY_PORT = MeasuresConfig(port=0, socket=None)


class Condition:
    """A service with one gauge, which lacks what a test says, and whose reading a test can break."""

    def __init__(self) -> None:
        self.readings = 0
        self.lacks: set[Missing] = set()
        self.broken: BaseException | None = None

    async def read(self, figures: Figures) -> None:
        """Give the number of this reading."""
        self.readings += 1
        figures.gauge(Metric.CLERK_WAITING, self.readings)
        if self.broken is not None:
            raise self.broken

    async def missing(self) -> frozenset[Missing]:
        """Say what the test says."""
        return frozenset(self.lacks)


class Watched:
    """A service behind its listener."""

    def __init__(self, rows: SqliteRows, clock: SettableClock) -> None:
        self.rows, self.clock = rows, clock
        self.figures, self.condition, self.tasks = Figures(ServiceName.CLERK), Condition(), StandingTasks()
        health = Health(lambda: self.tasks.all_run, partial(answers, rows), patience=0.2)
        self.listener = MeasuresListener(self.figures, health, self.condition, clock)
        self.address = ""
        self.session: aiohttp.ClientSession

    async def ask(self, what: str) -> tuple[int, str]:
        """Ask one address."""
        async with self.session.get(f"{self.address}/{what}") as response:
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, await response.text()

    async def missing(self, what: str) -> tuple[int, list[str]]:
        """Ask for health or readiness; both say the same twice."""
        async with self.session.get(f"{self.address}/{what}") as response:
            told = await response.json()
            word = {"health": "healthy", "ready": "ready"}[what]
            assert told[word] is (not told["missing"])
            return response.status, told["missing"]


@pytest.fixture
async def watched(rows: SqliteRows) -> AsyncIterator[Watched]:
    """Listen."""
    service = Watched(rows, SettableClock(0))
    async with AsyncExitStack() as ending:
        port = await ending.enter_async_context(service.listener.listening(ANY_PORT))
        service.address = f"http://127.0.0.1:{port}"
        service.session = await ending.enter_async_context(aiohttp.ClientSession())
        yield service
        await service.tasks.close()


async def test_figures_are_shown(watched: Watched) -> None:
    """Counters of the process and gauges of the reading, in the text format."""
    watched.figures.count(Metric.COMMITS, outcome="durable")
    status, text = await watched.ask("metrics")
    assert status == 200
    assert 'konbini_commits_total{outcome="durable"} 1.0' in text
    assert "konbini_clerk_waiting 1.0" in text
    assert text.endswith("\n")


async def test_many_who_ask_are_one_reading_a_second(watched: Watched) -> None:
    """Fifty at once do not read the store fifty times."""
    await asyncio.gather(*(watched.ask("metrics") for _ in range(50)))
    assert watched.condition.readings == 1
    await watched.clock.advance(1.0)
    await watched.ask("metrics")
    assert watched.condition.readings == 2


async def test_a_reading_that_fails_leaves_its_gauges_out(watched: Watched) -> None:
    """The counters are shown all the same, the failure is counted, and a second later it is tried again."""
    watched.condition.broken = OSError("gone")
    _, text = await watched.ask("metrics")
    assert "konbini_unread_total 1.0" in text
    assert "konbini_clerk_waiting " not in text
    watched.condition.broken = None
    await watched.clock.advance(1.0)
    assert "konbini_clerk_waiting 2.0" in (await watched.ask("metrics"))[1]


async def test_all_is_well(watched: Watched) -> None:
    """Nothing is missing."""
    assert await watched.missing("health") == (200, [])
    assert await watched.missing("ready") == (200, [])


async def test_a_task_that_ended_is_named(watched: Watched) -> None:
    """Whoever is not healthy is not ready either, and its condition is not asked."""

    async def ends() -> None:
        raise ValueError("a defect")

    watched.tasks.start(ends(), "one that ends")
    await watched.tasks.one_ended()
    watched.condition.lacks = {Missing.LINK_DOWN}
    assert await watched.missing("health") == (503, ["TASK_ENDED"])
    assert await watched.missing("ready") == (503, ["TASK_ENDED"])


async def test_a_store_that_is_closed_is_named(watched: Watched) -> None:
    """Its writer takes nothing any more."""
    await watched.rows.close()
    assert await watched.missing("health") == (503, ["STORE_SILENT"])


async def test_a_writer_that_hangs_is_named(watched: Watched) -> None:
    """A change that does not come back: the store counts as silent when the patience is over."""
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hangs(_connection: object) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    hanging = asyncio.create_task(watched.rows.write(hangs))
    assert await watched.missing("health") == (503, ["STORE_SILENT"])
    release.set()
    await hanging
    assert await watched.missing("health") == (200, [])


async def test_what_a_service_lacks_is_named(watched: Watched) -> None:
    """Readiness alone: it is healthy."""
    watched.condition.lacks = {Missing.STOPPED, Missing.LINK_DOWN}
    assert await watched.missing("ready") == (503, ["LINK_DOWN", "STOPPED"])
    assert await watched.missing("health") == (200, [])


@pytest.mark.parametrize("how", ["post", "put", "delete"])
async def test_nothing_can_be_changed(watched: Watched, how: str) -> None:
    """It is for reading."""
    ask: Callable[..., aiohttp.client._RequestContextManager] = getattr(watched.session, how)
    async with ask(f"{watched.address}/metrics") as response:
        assert response.status == 405


async def test_a_socket_serves_a_process_without_a_network(rows: SqliteRows, tmp_path: Path) -> None:
    """As registry and clerk have it; what a dead process left there is replaced."""
    config = MeasuresConfig(port=None, socket=tmp_path / "m.sock")
    for _ in range(2):
        service = Watched(rows, SettableClock(0))
        async with service.listener.listening(config):
            connector = aiohttp.UnixConnector(path=str(config.socket))
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get("http://clerk/health") as response,
            ):
                assert await response.json() == {"healthy": True, "missing": []}


async def test_nothing_listens_where_none_is_configured(rows: SqliteRows, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are the null port, which the log says, and the context passes."""
    figures = figures_of(None, ServiceName.CENTER)
    assert isinstance(figures, NoMeasures)
    assert "nothing is measured" in capsys.readouterr().err
    health = Health(lambda: True, partial(answers, rows))
    async with shown(None, figures, health, Condition(), SettableClock(0)):
        assert "listening" not in capsys.readouterr().err


async def test_commits_are_measured(tmp_path: Path, migrations: Path) -> None:
    """The writer tells of each group: how many changes, how long, and of one that was lost."""
    figures = Figures(ServiceName.CLERK)
    opened = SqliteRows.open(tmp_path / "measured.db", migrations, measures=figures)
    try:
        await asyncio.gather(
            *(opened.write(lambda connection: connection.execute("SELECT 1").fetchone()) for _ in range(5))
        )
    finally:
        await opened.close()
    text = figures.shown().decode()
    assert "konbini_commit_changes_sum 5.0" in text
    groups = text.partition('konbini_commits_total{outcome="durable"} ')[2].partition("\n")[0]
    assert f"konbini_commit_changes_count {groups}" in text
    assert f"konbini_commit_seconds_count {groups}" in text
