"""The table of faults, tried at the real kiosk: a representative of each kind here, the whole of it in the long run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from konbini.kiosk.payment.means import Means
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.faults.trials import TRIALS, Trial
from konbini.simulation.faults.trying import try_all

pytestmark = pytest.mark.timeout(300)

_SHORT = frozenset(
    (
        *("card-swapped at pin", "cover-2 at pay", "cancelled + jam at pay", "slot at escrow", "plug at printing"),
        "terminal-power at printing",
    )
)
"""The card, in the middle of the paper, a lie, the money, the power, a terminal."""


def _tried_where(means: Means) -> pytest.MarkDecorator:
    rows = [trial for trial in TRIALS if trial.means is means]
    marked = [pytest.param(one, id=one.name, marks=() if one.name in _SHORT else pytest.mark.long) for one in rows]
    return pytest.mark.parametrize("trial", marked)


@asynccontextmanager
async def _running(means: Means) -> AsyncIterator[RunningTown]:
    """A town with one kiosk, and the printer of our own."""
    folder = Path(tempfile.mkdtemp(prefix="kf"))
    plan = TownPlan(
        directory=folder / "t",
        tray=folder / "tray",
        residents=1000,
        latency=NO_LATENCY,
        own_printer=True,
        means=means,
    )
    try:
        async with run_town(plan, SystemClock(), SystemEntropy()) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town() -> AsyncIterator[RunningTown]:
    """A town in which one pays with coins."""
    async with _running(Means.COINS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def cashless_town() -> AsyncIterator[RunningTown]:
    """A town in which one pays at a terminal."""
    async with _running(Means.CASHLESS) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@_tried_where(Means.COINS)
async def test_money_paper_and_screen_are_right(town: RunningTown, trial: Trial) -> None:
    """What the row says, and what holds after every row."""
    (tried,) = await try_all(town, (trial,), SystemClock(), told=lambda _tried: None)
    assert tried.faults == (), tried.found


@pytest.mark.asyncio(loop_scope="module")
@_tried_where(Means.CASHLESS)
async def test_and_where_one_pays_at_a_terminal(cashless_town: RunningTown, trial: Trial) -> None:
    """The same, with the terminal's own count of what it captured and voided."""
    (tried,) = await try_all(cashless_town, (trial,), SystemClock(), told=lambda _tried: None)
    assert tried.faults == (), tried.found


def test_the_sample_is_of_the_table() -> None:
    """No name of the sample that the table has not."""
    assert {trial.name for trial in TRIALS} >= _SHORT
