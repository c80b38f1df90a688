"""One town of full size for all that is counted."""

import datetime as dt

import pytest

from konbini.simulation.town.people import Population
from konbini.simulation.town.populate import populate

TODAY = dt.date(2026, 11, 20)


@pytest.fixture(scope="session")
def population() -> Population:
    """Make 10,000 people."""
    return populate(20261120, 10_000, TODAY)
