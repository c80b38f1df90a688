"""A house for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.ward_server.console.house import House, open_house
from tests.integration.ward_server.ward import Ward


@pytest.fixture
async def house(ward: Ward) -> AsyncIterator[House]:
    """Open a console beside the ward."""
    async with open_house(ward) as running:
        yield running
