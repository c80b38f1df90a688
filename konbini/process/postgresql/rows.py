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
from contextlib import ExitStack, closing, suppress
from importlib.resources.abc import Traversable
from typing import Self, TypeVar

from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member, join, leave
from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.connection import GuardedSession
from konbini.process.postgresql.migrating import migrate
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.pulse import Pulse
from konbini.process.postgresql.session import StatementFault, TransactionLost
from konbini.process.readers import Readers
from konbini.process.rows import NotOpened
from konbini.process.schema import Migration, read_migrations
from konbini.process.statements import Connection
from konbini.process.writer import CommitWatch, Writer

__all__ = ["PostgresRows"]

T = TypeVar("T")

_READERS = 4
_LOOK_SECONDS = 0.5


class PostgresRows:
    """One schema of rows, open; made by `open`, ended by `close`."""

    __slots__ = ("_primary", "_pulse", "_readers", "_writer", "epoch")

    def __init__(self, primary: Primary, writer: Writer, readers: Readers, pulse: Pulse | None, epoch: int) -> None:
        self.epoch = epoch
        self._primary = primary
        self._pulse = pulse
        self._writer = writer
        self._readers = readers

    @classmethod
    def open(  # noqa: PLR0913 - what rows stand on, each named
        cls,
        address: PostgresAddress,
        migrations: Traversable,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> Self:
        """Open or create the schema and bring it up to date. Blocks: meant for the start.

        Args:
            address: of the schema.
            migrations: as for the other engine.
            watch: told of each commit (tests only).
            member: who opens it among the servers that share it; without one the rows are not fenced.
            entropy: what is random in its rows; the kernel's where none is given.
            measures: told of each commit.

        Raises:
            NotInStep: another server is at work with another build, configuration or topology.
            NotOpened: the server cannot be reached, or refuses.
            SchemaRefused: the schema and this build do not belong together.
            OSError, ValueError: the password's file cannot be used.
        """
        steps = read_migrations(migrations)
        # A session's loop cannot run in a thread whose own loop is running, as it is at a process's start.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(cls._open, Primary(address), steps, watch, member, entropy, measures=measures).result()

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` in the writer; see `Rows`."""
        return await self._writer.submit(change, step)

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment of the schema; see `Rows`."""
        return await self._readers.read(look)

    async def until_unfit(self) -> None:
        """Return when the writer stopped for good, or the others took this server for gone; see `Rows`."""
        while not self._writer.unfit and (self._pulse is None or not self._pulse.fenced):  # noqa: ASYNC110 - threads set no event here
            await asyncio.sleep(_LOOK_SECONDS)

    async def close(self) -> None:
        """Answer what was handed in, end the threads and the connections. Safe to repeat."""
        await asyncio.to_thread(self._close)

    @classmethod
    def _open(  # noqa: PLR0913 - what rows stand on, each named
        cls,
        primary: Primary,
        steps: tuple[Migration, ...],
        watch: CommitWatch | None,
        member: Member | None,
        entropy: Entropy | None,
        *,
        measures: Measures | None,
    ) -> Self:
        try:
            migrate(primary, steps)
        except (StatementFault, TransactionLost) as fault:
            raise NotOpened(f"a migration does not run: {fault}") from fault
        epoch = 0 if member is None else _join(primary, member, steps)
        with ExitStack() as undo:
            writer = Writer(lambda: GuardedSession(primary, epoch, entropy), watch=watch, measures=measures)
            writer.start()
            undo.callback(writer.finish)
            readers = []
            for _ in range(_READERS):
                readers.append(GuardedSession(primary))
                undo.callback(readers[-1].close)
            pulse = Pulse(primary, epoch) if epoch else None
            if pulse is not None:
                pulse.start()
            undo.pop_all()
            return cls(primary, writer, Readers(readers), pulse, epoch)

    def _close(self) -> None:
        self._readers.close()
        self._writer.finish()
        if self._pulse is not None and not self._pulse.stopped:
            self._pulse.stop()
            _leave(self._primary, self.epoch)


def _join(primary: Primary, member: Member, steps: tuple[Migration, ...]) -> int:
    with closing(GuardedSession(primary)) as session:
        session.begin()
        try:
            with session.lent() as connection:
                epoch = join(connection, member, steps, session.now())
            session.commit()
        except (StatementFault, TransactionLost) as fault:
            raise NotOpened(f"it could not be joined: {fault}") from fault
    return epoch


def _leave(primary: Primary, epoch: int) -> None:
    """Say goodbye; a database that cannot be reached will see that nobody beats."""
    with suppress(StatementFault, TransactionLost, NotOpened), closing(GuardedSession(primary)) as session:
        session.begin()
        with session.lent() as connection:
            leave(connection, epoch)
        session.commit()
