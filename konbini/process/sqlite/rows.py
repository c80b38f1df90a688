"""Rows in one SQLite file: one writer that commits in groups, many readers.

The file belongs to one process at a time, which holds a lock on `<file>.owner` while it is open: two servers on one
file would each believe its own order of events. The file, its log and its lock are readable by their owner only.
Invariants and limits are those of `konbini.process.rows`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Self, TypeVar

from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member, join
from konbini.process.readers import Readers
from konbini.process.rows import AlreadyOwned
from konbini.process.schema import Migration, read_migrations
from konbini.process.sqlite.connection import GuardedConnection, open_reader, open_writer
from konbini.process.sqlite.migrating import migrate
from konbini.process.statements import Connection
from konbini.process.writer import CommitWatch, Writer

__all__ = ["SqliteAddress", "SqliteRows"]

T = TypeVar("T")

_READERS = 4
_LOOK_SECONDS = 0.5
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteAddress:
    """The file of one process."""

    path: Path

    def open(
        self,
        migrations: Traversable,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> SqliteRows:
        """Open or create the file; see `SqliteRows.open`."""
        return SqliteRows.open(self.path, migrations, watch=watch, member=member, entropy=entropy, measures=measures)


class SqliteRows:
    """One file of rows, open; made by `open`, ended by `close`."""

    __slots__ = ("_ownership", "_readers", "_writer", "epoch")

    def __init__(self, writer: Writer, readers: Readers, ownership: ExitStack, epoch: int) -> None:
        self.epoch = epoch
        self._writer = writer
        self._readers = readers
        self._ownership = ownership

    @classmethod
    def open(  # noqa: PLR0913 - what rows stand on, each named
        cls,
        path: Path,
        migrations: Traversable,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> Self:
        """Open or create the file at `path` and bring its schema up to date. Blocks: meant for the start.

        Args:
            path: the database; its directory exists.
            migrations: the resource directory of the migrations, `importlib.resources.files(package) / name`.
            watch: told of each commit (tests only).
            member: who opens it; none is remembered otherwise.
            entropy: what is random in its rows; the kernel's where none is given.
            measures: told of each commit.

        Raises:
            AlreadyOwned: the file is open elsewhere.
            SchemaRefused: the file and this build do not belong together.
            sqlite3.Error, OSError: the file cannot be used.
        """
        steps = read_migrations(migrations)
        with ExitStack() as undo:
            _own(path, undo)
            _create(path)
            first = open_writer(path)
            try:
                migrate(first.connection, steps)
                epoch = 0 if member is None else _join(first, member, steps)
            finally:
                first.close()
            writer = Writer(lambda: open_writer(path, entropy), watch=watch, measures=measures)
            writer.start()
            undo.callback(writer.finish)
            readers = Readers(tuple(_reader(path, undo) for _ in range(_READERS)))
            return cls(writer, readers, undo.pop_all(), epoch)

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` in the writer; see `Rows`."""
        return await self._writer.submit(change, step)

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment of the file; see `Rows`."""
        return await self._readers.read(look)

    async def until_unfit(self) -> None:
        """Return when the writer stopped for good; see `Rows`."""
        while not self._writer.unfit:  # noqa: ASYNC110 - the writer's thread sets no event of this loop
            await asyncio.sleep(_LOOK_SECONDS)

    async def close(self) -> None:
        """Answer what was handed in, end the threads and give the file up. Safe to repeat."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.close()
        self._ownership.close()


def _join(connection: GuardedConnection, member: Member, steps: tuple[Migration, ...]) -> int:
    """Be the file's one member: whoever was is gone, since the file is ours."""
    connection.begin()
    connection.connection.execute("UPDATE member SET gone = 1 WHERE gone = 0")
    epoch = join(connection.connection, member, steps, time.time_ns() // 1_000_000)
    connection.commit()
    return epoch


def _own(path: Path, undo: ExitStack) -> None:
    """Take the lock that makes this process the file's one owner; the kernel lets go of it when the process ends."""
    # A file of its own: closing any descriptor of the database would drop SQLite's POSIX locks on it.
    lock = os.open(path.with_name(f"{path.name}.owner"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    undo.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise AlreadyOwned(str(path.name)) from fault


def _create(path: Path) -> None:
    """Create the database with its owner's rights alone (its log takes them over) and make its name durable."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY))
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _reader(path: Path, undo: ExitStack) -> GuardedConnection:
    reader = open_reader(path)
    undo.callback(reader.close)
    return reader
