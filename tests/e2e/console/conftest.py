"""Chromium with a virtual authenticator for each person, at a console beside a running ward."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from konbini.simulation.town.town import Town
from tests.e2e.console.seats import open_chromium, open_seat
from tests.integration.ward_server.console.house import House, open_house
from tests.integration.ward_server.ward import make_keys, open_ward


@pytest.fixture(scope="session")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make the town's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town")


@pytest.fixture
async def house(town_keys: Town, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Open a ward with its console."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w")) as ward, open_house(ward) as running:
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Start the browser."""
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
def seat(chromium: Browser) -> Callable[[], Awaitable[Page]]:
    """Give what opens a window of its own, with an authenticator of its own that verifies its person."""

    async def open_one() -> Page:
        return (await open_seat(chromium)).page

    return open_one
