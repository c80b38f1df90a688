"""The devices of one kiosk of the simulated world, and what they told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from konbini.simulation.clock import SettableClock
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.witness import Flow, Records
from tests.unit.simulation.world.counter.passing import NOON


@pytest.fixture
def clock() -> SettableClock:
    """Give the world's clock."""
    return SettableClock(NOON)


@pytest.fixture
def records() -> Records:
    """Give what the devices tell."""
    return Records()


@pytest.fixture
async def counter(clock: SettableClock, records: Records) -> AsyncIterator[Counter]:
    """Give the devices."""
    built = Counter(Flow(kiosk="K-0001", witness=records, standing="somebody"), clock)
    yield built
    await built.close()
