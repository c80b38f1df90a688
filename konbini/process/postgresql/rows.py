"""Rows in a schema of a PostgreSQL database: one writing connection that commits in groups, a few that read.

Several servers may hold the same schema open. Whoever writes holds the schema's lock for the length of a transaction
(`konbini.process.postgresql.connection`), so the invariants of `konbini.process.writer` hold across all of them.

Limits: a connection that breaks after COMMIT was sent leaves it unknown whether the group is there. Its callers are
answered `NotStored`, and what they do again must be keyed so that it counts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.resources.abc import Traversable
from typing import Self, TypeVar

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.connection import GuardedSession
from konbini.process.postgresql.migrating import migrate
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.session import StatementFault, TransactionLost
from konbini.process.readers import Readers
from konbini.process.rows import NotOpened
from konbini.process.schema import Migration, read_migrations
from konbini.process.statements import Connection
from konbini.process.writer import CommitWatch, Writer

__all__ = ["PostgresRows"]

T = TypeVar("T")

_READERS = 4


class PostgresRows:
    """One schema of rows, open; made by `open`, ended by `close`."""

    __slots__ = ("_readers", "_writer")

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    @classmethod
    def open(cls, address: PostgresAddress, migrations: Traversable, *, watch: CommitWatch | None = None) -> Self:
        """Open or create the schema and bring it up to date. Blocks: meant for the start.

        Args:
            address: of the schema.
            migrations: as for the other engine.
            watch: told of each commit (tests only).

        Raises:
            NotOpened: the server cannot be reached, or refuses.
            SchemaRefused: the schema and this build do not belong together.
            OSError, ValueError: the password's file cannot be used.
        """
        steps = read_migrations(migrations)
        # A session's loop cannot run in a thread whose own loop is running, as it is at a process's start.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(cls._open, Primary(address), steps, watch).result()

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` in the writer; see `Rows`."""
        return await self._writer.submit(change, step)

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment of the schema; see `Rows`."""
        return await self._readers.read(look)

    async def close(self) -> None:
        """Answer what was handed in, end the threads and the connections. Safe to repeat."""
        await asyncio.to_thread(self._close)

    @classmethod
    def _open(cls, primary: Primary, steps: tuple[Migration, ...], watch: CommitWatch | None) -> Self:
        try:
            migrate(primary, steps)
        except (StatementFault, TransactionLost) as fault:
            raise NotOpened(f"a migration does not run: {fault}") from fault
        with ExitStack() as undo:
            writer = Writer(lambda: GuardedSession(primary), watch=watch)
            writer.start()
            undo.callback(writer.finish)
            readers = []
            for _ in range(_READERS):
                readers.append(GuardedSession(primary))
                undo.callback(readers[-1].close)
            undo.pop_all()
            return cls(writer, Readers(readers))

    def _close(self) -> None:
        self._readers.close()
        self._writer.finish()
