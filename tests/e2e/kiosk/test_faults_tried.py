"""The table of faults, tried at the real kiosk: a representative of each kind here, the whole of it in the long run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.faults.trials import TRIALS, Trial
from konbini.simulation.faults.trying import try_all

pytestmark = pytest.mark.timeout(300)

_SHORT = frozenset(
    (
        *("card-swapped at pin", "reader-gone at pin", "b5 at card", "cover-2 at pay", "cancelled + jam at pay"),
        *("stands at pay", "slot at escrow", "silent-coin at pay", "plug at printing"),
    )
)
"""The card and its reader, before the card, in the middle of the paper, two lies, the money, the power."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town() -> AsyncIterator[RunningTown]:
    """A town with one kiosk, and the printer of our own."""
    folder = Path(tempfile.mkdtemp(prefix="kf"))
    plan = TownPlan(directory=folder / "t", tray=folder / "tray", residents=1000, latency=NO_LATENCY, own_printer=True)
    try:
        async with run_town(plan, SystemClock(), SystemEntropy()) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "trial",
    [pytest.param(trial, id=trial.name, marks=() if trial.name in _SHORT else pytest.mark.long) for trial in TRIALS],
)
async def test_money_paper_and_screen_are_right(town: RunningTown, trial: Trial) -> None:
    """What the row says, and what holds after every row."""
    (tried,) = await try_all(town, (trial,), SystemClock(), told=lambda _tried: None)
    assert tried.faults == (), tried.found


def test_the_sample_is_of_the_table() -> None:
    """No name of the sample that the table has not."""
    assert {trial.name for trial in TRIALS} >= _SHORT
