"""Both engines: one PostgreSQL server for the tests of one worker, schemas of its own for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import Server, check_installed, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Run a private server."""
    check_installed()
    with serving() as running:
        yield running


@pytest.fixture
def postgres_place(server: Server) -> Iterator[PostgresPlace]:
    """Return a place on the private server, emptied after the test."""
    place = PostgresPlace(server=server, test=f"t{secrets.token_hex(6)}")
    yield place
    place.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return where the test keeps its rows, on each engine in turn."""
    if request.param == "sqlite":
        return SqlitePlace(folder=tmp_path)
    found: PostgresPlace = request.getfixturevalue("postgres_place")
    return found
