"""One town for all of these tests; each leaves its kiosk free."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from tests.e2e.kiosk.visit.breaking import Breaker


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory whose path is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="kv"))
    yield path
    shutil.rmtree(path)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(folder: Path) -> AsyncIterator[RunningTown]:
    """A town with one kiosk."""
    plan = TownPlan(directory=folder / "t", tray=folder / "tray", residents=500, latency=NO_LATENCY, tell_after=1)
    async with run_town(plan, SystemClock(), SystemEntropy()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without scripts."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def breaker(town: RunningTown) -> AsyncIterator[Breaker]:
    """What breaks this town."""
    async with AsyncExitStack() as ending:
        yield Breaker(town, ending)
