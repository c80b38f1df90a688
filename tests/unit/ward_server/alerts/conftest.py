"""Rows of `issuing`, and what the tests of alerts share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append

WARD, KIOSKS = "131997", frozenset({"K-0001", "K-0002"})
NOON = 1_795_143_600_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the rows are."""
    return tmp_path / "issuing.db"


def open_rows(file: Path) -> SqliteRows:
    """Open rows of `issuing`."""
    return SqliteRows.open(file, files("konbini.ward_server.issuing") / "migrations")


@pytest.fixture
async def rows(file: Path) -> AsyncIterator[SqliteRows]:
    """Open them."""
    opened = open_rows(file)
    yield opened
    await opened.close()


async def record(rows: SqliteRows, *events: AuditEvent, about: str = "K-0001", code: Code = Code.BUSY) -> None:
    """Append entries."""

    def change(connection: Connection) -> None:
        for event in events:
            append(connection, AuditEntry(moment=NOON, event=event, about=about, code=code))

    await rows.write(change)
