"""A ward for each test; the town's keys are made once a session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from konbini.simulation.town.town import Town
from tests.integration.ward_server.ward import Ward, make_keys, open_ward


@pytest.fixture(scope="session")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make the town's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town")


@pytest.fixture
async def ward(town_keys: Town, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    """Open a ward with all its processes."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w")) as running:
        yield running
