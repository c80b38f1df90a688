"""A small town, made once, for the tests that only read it."""

import datetime as dt
from pathlib import Path

import pytest

from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.town import Town

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> SettableClock:
    """Give noon in Japan on the day of the town."""
    return SettableClock(int(NOW.timestamp()) * 1000)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make a town of 300 people and two kiosks."""
    directory: Path = tmp_path_factory.mktemp("t")
    clock = SettableClock(int(NOW.timestamp()) * 1000)
    return make_town(directory / "town", clock, SeededEntropy(1), seed=5, residents=300, kiosks=2)
