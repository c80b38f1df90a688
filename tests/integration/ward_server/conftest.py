"""A ward for each test; the town's keys are made once a session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from konbini.simulation.town.town import Town
from tests.integration.ward_server.ward import Ward, make_keys, open_ward
from tests.places import Place


@pytest.fixture(scope="session")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make the town's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def rows_place(request: pytest.FixtureRequest) -> Place | None:
    """Return where a ward keeps its rows: files of its own, and among the long tests a server."""
    found: Place | None = None if request.param == "sqlite" else request.getfixturevalue("postgres_place")
    return found


@pytest.fixture
async def ward(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, rows_place: Place | None
) -> AsyncIterator[Ward]:
    """Open a ward with all its processes."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), place=rows_place) as running:
        yield running
