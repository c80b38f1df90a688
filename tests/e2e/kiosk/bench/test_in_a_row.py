"""Visits in a row at one kiosk: nothing of it grows. 1,000 of them are long; a few stand for them in the short run."""

from __future__ import annotations

import pytest

from konbini.simulation.bench.kiosk.running import Measured, Plan, measure_kiosk

_JOURNAL_BYTES = 8192
"""Most that a visit with one certificate adds to the journal."""
_DESCRIPTORS = 3
"""By so many a count may differ between two looks: a question under way to printer, cash or ward."""
_MEMORY_MIB = 250
_MOST_GROWTH = 1.05


def holds(found: Measured, visits: int) -> None:
    """Hold what was measured against what may grow, and against the aim for memory."""
    assert len(found.seconds) == visits
    assert found.memory.most < _MEMORY_MIB
    assert found.descriptors.last <= found.descriptors.first + _DESCRIPTORS
    assert found.visit.ratio < _MOST_GROWTH


@pytest.mark.timeout(400)
async def test_a_few_visits() -> None:
    """Processes of visits are alike, descriptors stay, and the memory's aim is kept."""
    holds(await measure_kiosk(Plan(visits=4), print), 4)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
async def test_a_thousand_visits() -> None:
    """The long-lived process does not grow either, and the journal by no more than what a visit writes."""
    found = await measure_kiosk(Plan(visits=1000), print)
    holds(found, 1000)
    assert found.host.ratio < _MOST_GROWTH
    assert found.journal < _JOURNAL_BYTES
