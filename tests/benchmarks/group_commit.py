"""What group commit saves: `python tests/benchmarks/group_commit.py [directory]` prints medians and ratios.

Three ways to make the same two inserts durable (WAL, synchronous=FULL), alternated in one process on one disk:

- direct: one caller, one connection, no thread;
- hops: 64 callers, each statement a hop to one database thread and back, as a statement-wise asynchronous driver does;
- groups: 64 callers through `Rows`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from konbini.process.sqlite.connection import open_writer
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection

ROUNDS, COMMITS, CALLERS = 5, 2_000, 64
TABLE = "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
INSERT = "INSERT INTO entry (text) VALUES ('an entry of some forty characters in all')"


def two_inserts(connection: Connection) -> None:
    """Do the work of one transaction."""
    connection.execute(INSERT)
    connection.execute(INSERT)


async def direct(place: Path) -> None:
    """Commit one after the other in this thread."""
    guarded = open_writer(place / "direct.db")
    guarded.connection.executescript(TABLE)
    for _ in range(COMMITS):
        guarded.connection.execute("BEGIN IMMEDIATE")
        two_inserts(guarded.connection)
        guarded.connection.execute("COMMIT")
    guarded.close()


async def hops(place: Path) -> None:
    """Send each statement to the database's thread and wait for it."""
    loop, turn = asyncio.get_running_loop(), asyncio.Lock()
    with ThreadPoolExecutor(1) as thread:
        guarded = await loop.run_in_executor(thread, open_writer, place / "hops.db")
        await loop.run_in_executor(thread, guarded.connection.executescript, TABLE)

        async def caller(commits: int) -> None:
            for _ in range(commits):
                async with turn:
                    for statement in ("BEGIN IMMEDIATE", INSERT, INSERT, "COMMIT"):
                        await loop.run_in_executor(thread, guarded.connection.execute, statement)

        await asyncio.gather(*(caller(COMMITS // CALLERS) for _ in range(CALLERS)))
        await loop.run_in_executor(thread, guarded.close)


async def groups(place: Path) -> None:
    """Hand functions to `Rows`."""
    schema = place / "schema"
    schema.mkdir()
    (schema / "0001_entry.sql").write_text(TABLE, encoding="utf-8")
    rows = SqliteRows.open(place / "groups.db", schema)

    async def caller(commits: int) -> None:
        for _ in range(commits):
            await rows.write(two_inserts)

    await asyncio.gather(*(caller(COMMITS // CALLERS) for _ in range(CALLERS)))
    await rows.close()


async def main(directory: str | None) -> None:
    """Alternate the ways and print commits a second, and each against the first."""
    ways: tuple[Callable[[Path], Awaitable[None]], ...] = (direct, hops, groups)
    rates: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            with tempfile.TemporaryDirectory(dir=directory) as place:
                before = time.perf_counter()
                await way(Path(place))
                rates[way.__name__].append(COMMITS / (time.perf_counter() - before))
    first = statistics.median(rates[ways[0].__name__])
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"{name:7} {median:8.0f} commits a second, {median / first:5.2f} times direct")  # noqa: T201 - its answer


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
