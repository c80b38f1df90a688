"""What the tests of `konbini.process` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from konbini.process.rows import Rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def migrations() -> Path:
    """Return the directory of a small schema: one table of notes."""
    return Path(__file__).parent / "schema"


@pytest.fixture
async def rows(tmp_path: Path, migrations: Path) -> AsyncIterator[Rows]:
    """Open a fresh file of rows."""
    opened = Rows.open(tmp_path / "notes.db", migrations)
    yield opened
    await opened.close()
