"""What the tests of `konbini.process` share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.process.sqlite.rows import SqliteRows


@pytest.fixture
def migrations() -> Path:
    """Return the directory of a small schema: one table of notes."""
    return Path(__file__).parent / "schema"


@pytest.fixture
async def rows(tmp_path: Path, migrations: Path) -> AsyncIterator[SqliteRows]:
    """Open a fresh file of rows."""
    opened = SqliteRows.open(tmp_path / "notes.db", migrations)
    yield opened
    await opened.close()
