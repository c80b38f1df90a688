"""One card for all visits; making its keys is the slow part."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.specimen import SpecimenIssuer
from tests.unit.kiosk.visit.seat import Seat, seated


@pytest.fixture(scope="session")
def content() -> CardContent:
    """What is on the card; its PIN is 1234."""
    return SpecimenIssuer().content("HANAKO")


@pytest.fixture
async def seat(content: CardContent) -> AsyncIterator[Seat]:
    """A visit at its start screen."""
    async with seated(content) as ready:
        yield ready
