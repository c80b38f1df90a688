"""The ways to make the same two inserts durable; each begins with an empty store and is timed without its opening.

- direct: one caller, one connection, `sqlite3` called in its own thread (WAL, synchronous=FULL);
- awaits: 64 callers, each statement a hop to one database thread and back, as a statement-wise driver does;
- groups: 64 callers through our `Rows`, one writer that commits in groups;
- sessions: PostgreSQL, 16 connections at a time, each transaction its own (`fsync` and full-page writes on);
- groups on PostgreSQL: 64 callers through our `Rows` there.

Every way answers its caller when the commit is durable, and no earlier.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.session import Session
from konbini.process.sqlite.connection import open_writer
from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress, StoreAddress, open_rows

__all__ = ["CALLERS", "SESSIONS", "Way", "ways"]

CALLERS: Final = 64
SESSIONS: Final = 16
_TABLE: Final = "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
_INSERT: Final = "INSERT INTO entry (text) VALUES ('an entry of some forty characters in all')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way.

    Attributes:
        name: in the figures.
        ours: whether it is how our stores write.
        run: makes so many commits in a fresh folder or schema of this name, and gives the seconds that they took.
    """

    name: str
    ours: bool
    run: Callable[[str, int], Awaitable[float]]


def ways(folder: Path, server: Callable[[str], PostgresAddress]) -> tuple[Way, ...]:
    """Give all of them.

    Args:
        folder: where files go.
        server: gives the address of a schema by its name.
    """
    migrations = folder / "migrations"
    migrations.mkdir()
    (migrations / "0001_entry.sql").write_text(_TABLE, encoding="utf-8")

    async def on_sqlite(name: str, commits: int) -> float:
        return await _groups(SqliteAddress(path=folder / f"{name}-groups.db"), migrations, commits)

    async def on_postgresql(name: str, commits: int) -> float:
        return await _groups(server(f"{name}_groups"), migrations, commits)

    return (
        Way(name="sqlite3, direct calls", ours=False, run=lambda name, commits: _direct(folder / name, commits)),
        Way(
            name="SQLite, each statement awaited", ours=False, run=lambda name, commits: _awaits(folder / name, commits)
        ),
        Way(name="SQLite, our group commit", ours=True, run=on_sqlite),
        Way(
            name=f"PostgreSQL, {SESSIONS} connections",
            ours=False,
            run=lambda name, commits: _sessions(server(name), migrations, commits),
        ),
        Way(name="PostgreSQL, our group commit", ours=True, run=on_postgresql),
    )


def _two_inserts(connection: Connection) -> None:
    connection.execute(_INSERT)
    connection.execute(_INSERT)


async def _direct(place: Path, commits: int) -> float:
    guarded = open_writer(place.with_suffix(".direct.db"))
    connection = guarded.connection
    connection.executescript(_TABLE)
    begun = time.perf_counter()
    for _ in range(commits):
        connection.execute("BEGIN IMMEDIATE")
        _two_inserts(connection)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    guarded.close()
    return seconds


async def _awaits(place: Path, commits: int) -> float:
    loop, turn = asyncio.get_running_loop(), asyncio.Lock()
    with ThreadPoolExecutor(1) as thread:
        guarded = await loop.run_in_executor(thread, open_writer, place.with_suffix(".awaits.db"))
        await loop.run_in_executor(thread, guarded.connection.executescript, _TABLE)

        async def commit() -> None:
            async with turn:
                for statement in ("BEGIN IMMEDIATE", _INSERT, _INSERT, "COMMIT"):
                    await loop.run_in_executor(thread, guarded.connection.execute, statement)

        seconds = await _called(commit, commits)
        await loop.run_in_executor(thread, guarded.close)
    return seconds


async def _groups(address: StoreAddress, migrations: Path, commits: int) -> float:
    rows = await asyncio.to_thread(open_rows, address, migrations)
    try:

        async def commit() -> None:
            await rows.write(_two_inserts)

        return await _called(commit, commits)
    finally:
        await rows.close()


async def _called(commit: Callable[[], Awaitable[None]], commits: int) -> float:
    """Let the callers make the commits, each one after the other."""

    async def caller() -> None:
        for _ in range(commits // CALLERS):
            await commit()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(caller())
    return (time.perf_counter() - begun) * commits / (commits // CALLERS * CALLERS)


async def _sessions(address: PostgresAddress, migrations: Path, commits: int) -> float:
    rows = await asyncio.to_thread(open_rows, address, migrations)
    await rows.close()
    return await asyncio.to_thread(_all_sessions, address, commits)


def _all_sessions(address: PostgresAddress, commits: int) -> float:
    """Let as many threads as there are connections make the commits."""

    def some(session: Session) -> None:
        for _ in range(commits // SESSIONS):
            session.run("BEGIN")
            session.fetch(_INSERT, ())
            session.fetch(_INSERT, ())
            session.run("COMMIT")

    with ExitStack() as ending, ThreadPoolExecutor(SESSIONS) as threads:
        sessions = list(threads.map(lambda _: Session.connect(address), range(SESSIONS)))
        for session in sessions:
            ending.callback(session.close)
        begun = time.perf_counter()
        list(threads.map(some, sessions))
        return (time.perf_counter() - begun) * commits / (commits // SESSIONS * SESSIONS)
