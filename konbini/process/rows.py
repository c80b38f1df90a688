"""Rows: one SQLite file, one writer that commits in groups, many readers.

The file belongs to one process at a time, which holds a lock on `<file>.owner` while it is open: two servers on one
file would each believe its own order of events. The file, its log and its lock are readable by their owner only.

A store is a class that holds a `Rows` and runs plain functions on it:

    number = await rows.write(lambda connection: reserve(connection, visit), step="reserve")
    page = await rows.read(recent_issuances)

Invariants: see `konbini.process.writer`; in addition, a read sees one moment of the file however many statements it
takes, and everything that was answered before it began.

Limits: a function runs in a thread of `Rows`, does no waiting, touches nothing but its connection and the values that
it closes over, and ends no transaction (`konbini.process.connection` refuses that). Deferred constraints are not for
these files: they would be found at the COMMIT and undo the whole group.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Self, TypeVar

from konbini.process.connection import GuardedConnection, open_reader, open_writer
from konbini.process.schema import SchemaRefused, migrate, read_migrations
from konbini.process.writer import CommitWatch, NotStored, Writer

__all__ = ["CANNOT_OPEN", "AlreadyOwned", "CommitWatch", "NotStored", "Rows", "SchemaRefused"]

T = TypeVar("T")

_READERS = 4
_OWNER_ONLY = 0o600


class AlreadyOwned(Exception):  # noqa: N818 - the answer to a second owner
    """Another `Rows`, here or in another process, holds this file open."""


CANNOT_OPEN = (AlreadyOwned, SchemaRefused, sqlite3.Error)
"""What `Rows.open` raises beside an OSError."""


class Rows:
    """One file of rows, open; made by `open`, ended by `close`."""

    __slots__ = ("_idle", "_ownership", "_threads", "_writer")

    def __init__(self, writer: Writer, readers: tuple[GuardedConnection, ...], ownership: ExitStack) -> None:
        self._writer = writer
        self._ownership = ownership
        self._idle: queue.SimpleQueue[GuardedConnection] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._threads = ThreadPoolExecutor(len(readers), thread_name_prefix="rows-reader")

    @classmethod
    def open(cls, path: Path, migrations: Traversable, *, watch: CommitWatch | None = None) -> Self:
        """Open or create the file at `path` and bring its schema up to date. Blocks: meant for the start.

        Args:
            path: the database; its directory exists.
            migrations: the resource directory of the migrations, `importlib.resources.files(package) / name`.
            watch: told of each commit (tests only).

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
            finally:
                first.close()
            writer = Writer(lambda: open_writer(path), watch=watch)
            writer.start()
            undo.callback(writer.finish)
            readers = tuple(_reader(path, undo) for _ in range(_READERS))
            return cls(writer, readers, undo.pop_all())

    async def write(self, change: Callable[[sqlite3.Connection], T], *, step: str = "") -> T:
        """Run `change` in the writer and return what it returned, once that is durable.

        Args:
            change: a function of the connection; it may be undone and is then not run again.
            step: the name under which a `CommitWatch` sees it.

        Raises:
            NotStored: nobody was promised this change; see `konbini.process.writer`.
            Exception: what `change` raised; its change is undone.
        """
        return await self._writer.submit(change, step)

    async def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Run `look` on one moment of the file.

        Raises:
            Exception: what `look` raised; an attempt to write is a sqlite3.Error.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, look)

    async def close(self) -> None:
        """Answer what was handed in, end the threads and give the file up. Safe to repeat."""
        await asyncio.to_thread(self._close)

    def _look(self, look: Callable[[sqlite3.Connection], T]) -> T:
        reader = self._idle.get()
        try:
            return reader.look(look)
        finally:
            self._idle.put(reader)

    def _close(self) -> None:
        self._threads.shutdown()
        self._ownership.close()


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
