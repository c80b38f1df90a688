"""Rows in a SQLite file: what that engine alone can do, and whose its file is.

What both engines do alike is in tests/integration/stores.
"""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from konbini.process.rows import AlreadyOwned, NotStored
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from tests.notes import RecordedCommits, add, texts


@pytest.mark.parametrize("statement", ["PRAGMA synchronous = OFF", "ATTACH ':memory:' AS x", "DETACH main"])
async def test_a_change_cannot_reach_beyond_its_rows(rows: SqliteRows, statement: str) -> None:
    """Nor make the next commit less durable."""
    with pytest.raises(sqlite3.DatabaseError):
        await rows.write(lambda connection: connection.execute(statement))


@pytest.mark.parametrize("end", [sqlite3.Connection.commit, sqlite3.Connection.rollback])
async def test_nor_end_its_transaction_by_the_connections_own_methods(
    rows: SqliteRows, end: Callable[[sqlite3.Connection], None]
) -> None:
    """`with connection:` inside a change is caught as well."""

    def greedy(connection: Connection) -> None:
        add("greedy")(connection)
        assert isinstance(connection, sqlite3.Connection)
        end(connection)

    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        await rows.write(greedy)
    assert await rows.read(texts) == []


async def test_when_sqlite_ends_the_transaction_nobody_is_told_it_is_stored(tmp_path: Path, migrations: Path) -> None:
    """A conflict clause that rolls back ends the whole group, and the change before it had gone well."""
    watch = RecordedCommits()
    rows = SqliteRows.open(tmp_path / "notes.db", migrations, watch=watch)
    await rows.write(add("taken"))
    watch.gate.clear()
    held = asyncio.create_task(rows.write(add("held")))
    await asyncio.sleep(0.05)

    def conflict(connection: Connection) -> int:
        return connection.execute("INSERT OR ROLLBACK INTO note (text) VALUES ('taken')").rowcount

    group = [asyncio.create_task(rows.write(change)) for change in (add("good"), conflict, add("after"))]
    await asyncio.sleep(0)
    watch.gate.set()
    answers = await asyncio.gather(*group, return_exceptions=True)
    assert await held == 2
    assert [type(answer) for answer in answers] == [NotStored] * 3
    assert await rows.read(texts) == ["taken", "held"]
    assert await rows.write(add("the writer goes on")) == 3
    await rows.close()


async def test_a_cursor_cannot_be_carried_out_of_the_writers_thread(rows: SqliteRows) -> None:
    """What leaks out of a change is useless elsewhere."""
    leaked = await rows.write(lambda connection: connection)
    with pytest.raises(sqlite3.ProgrammingError, match="thread"):
        leaked.execute("SELECT 1")


async def test_a_file_has_one_owner(tmp_path: Path, migrations: Path, rows: SqliteRows) -> None:
    """Two servers on one file would each believe its own order of events."""
    with pytest.raises(AlreadyOwned, match=r"notes\.db"):
        SqliteRows.open(tmp_path / "notes.db", migrations)
    await rows.close()
    again = SqliteRows.open(tmp_path / "notes.db", migrations)
    await again.close()


async def test_files_are_their_owners_alone(tmp_path: Path, rows: SqliteRows) -> None:
    """Database, write-ahead log and lock are closed to group and others."""
    await rows.write(add("x"))
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert {path.name for path in tmp_path.iterdir()} >= {"notes.db", "notes.db-wal", "notes.db.owner"}
