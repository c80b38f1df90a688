"""Copies the rows of one process from a store to another, of either engine, and proves that they are the same.

Both stores are of this build (their migrations' digests say so). The source is read at one moment; the target is empty
and is written in one transaction: each table is read back there, in the order of its key, and its Merkle root
(RFC 6962, over the rows as arrays in the wire's encoding) is held against the root of what was read. A difference
undoes everything.

What is sealed is copied sealed: no key is asked for. Memory is bounded: rows pass in portions.

Limits: processes on the source have ended; a file's owner lock says so, a server does not.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Final, TypeAlias

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.numbering import continue_numbers
from konbini.process.rows import Rows
from konbini.process.schema import read_migrations
from konbini.process.sqlite.migrating import migrate
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import StoreAddress, open_rows
from konbini.protocol.codec import encode
from konbini.protocol.merkle import GrowingRoot

__all__ = ["CopiedTable", "CopyRefused", "copy_store"]

_PORTION: Final = 500
_PORTIONS_AHEAD: Final = 8
_LOOK_SECONDS: Final = 0.2
_Settle: TypeAlias = Callable[[Connection, str, Sequence[str]], None]
_NOT_COPIED: Final = frozenset({"applied_migration"})


class CopyRefused(Exception):  # noqa: N818 - the answer to a copy that must not be
    """The target is not empty, or what was read back is not what was read; nothing of it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """One table: how many rows there are and their root, at the source and as read back from the target."""

    name: str
    rows: int
    root: bytes
    target_rows: int
    target_root: bytes

    @property
    def same(self) -> bool:
        """Whether both hold the same rows."""
        return (self.rows, self.root) == (self.target_rows, self.target_root)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table as the migrations declare it. `key`: the columns that order its rows."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def select(self) -> str:
        """Read the table whole, in its one order."""
        return f"SELECT {', '.join(self.columns)} FROM {self.name} ORDER BY {', '.join(self.key)}"  # noqa: S608 - names of our migrations

    @property
    def insert(self) -> str:
        """Write one row."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"  # noqa: S608 - see above


async def copy_store(
    source: StoreAddress, target: StoreAddress, migrations: Traversable, *, told: Callable[[CopiedTable], None]
) -> None:
    """Copy every table in one go.

    Args:
        source: read and never changed.
        target: made if it is not there; its tables are empty.
        migrations: of the process whose stores these are.
        told: hears of each table when it was read back, before anything is committed.

    Raises:
        CopyRefused: see there.
        AlreadyOwned, NotOpened, SchemaRefused, sqlite3.Error, OSError: a store cannot be opened.
        NotStored: the target did not take it; nothing of it stays.
    """
    tables = _declared(migrations)
    first = open_rows(source, migrations)
    try:
        second = open_rows(target, migrations)
        try:
            await _copy(first, second, tables, told=told, settle=_settling(target))
        finally:
            await second.close()
    finally:
        await first.close()


def _settling(target: StoreAddress) -> _Settle:
    """Give what a table needs after rows came with their numbers: SQLite counts on by itself."""
    return continue_numbers if isinstance(target, PostgresAddress) else lambda _connection, _table, _key: None


async def _copy(
    source: Rows, target: Rows, tables: tuple[_Table, ...], *, told: Callable[[CopiedTable], None], settle: _Settle
) -> None:
    pipe = _Pipe()

    def read(connection: Connection) -> None:
        with pipe.ended_by_faults():
            _read(connection, tables, pipe)

    def load(connection: Connection) -> None:
        with pipe.ended_by_faults():
            for table in tables:
                _require_empty(connection, table)
            for table in tables:
                copied = _load(connection, table, pipe)
                settle(connection, table.name, table.key)
                told(copied)
                if not copied.same:
                    raise CopyRefused(f"{table.name}: what was read back is not what was read")

    ends = await asyncio.gather(source.read(read), target.write(load, step="copy"), return_exceptions=True)
    faults = [end for end in ends if isinstance(end, BaseException)]
    for fault in sorted(faults, key=lambda fault: isinstance(fault, _OtherSideEnded)):
        raise fault


def _declared(migrations: Traversable) -> tuple[_Table, ...]:
    """Give the tables as the migrations leave them, in the order of their declaration: a parent before its child."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, read_migrations(migrations))
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return tuple(_table(connection, name) for name in names if name not in _NOT_COPIED)


def _table(connection: sqlite3.Connection, name: str) -> _Table:
    found = connection.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (name,)).fetchall()
    columns = tuple(column for column, _ in found)
    key = tuple(column for place, column in sorted((place, column) for column, place in found if place))
    return _Table(name=name, columns=columns, key=key or columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Portion:
    """Rows of one table; the last one of a table carries its count and root, and no rows."""

    rows: list[Parameters]
    end: GrowingRoot | None = None


class _OtherSideEnded(Exception):  # noqa: N818 - not the fault itself
    """Whoever reads or whoever writes has failed, and says why."""


class _Pipe:
    """Carries portions from the thread that reads to the one that writes; neither waits for one that has failed."""

    def __init__(self) -> None:
        self._portions: queue.Queue[_Portion] = queue.Queue(_PORTIONS_AHEAD)
        self._over = threading.Event()

    @contextmanager
    def ended_by_faults(self) -> Iterator[None]:
        """Tell the other side of a fault."""
        try:
            yield
        except BaseException:
            self._over.set()
            raise

    def put(self, portion: _Portion) -> None:
        """Hand a portion on when there is room."""
        while not self._over.is_set():
            with suppress(queue.Full):
                return self._portions.put(portion, timeout=_LOOK_SECONDS)
        raise _OtherSideEnded

    def get(self) -> _Portion:
        """Take the next portion."""
        while not self._over.is_set():
            with suppress(queue.Empty):
                return self._portions.get(timeout=_LOOK_SECONDS)
        raise _OtherSideEnded


def _read(connection: Connection, tables: tuple[_Table, ...], pipe: _Pipe) -> None:
    for table in tables:
        grown = GrowingRoot()
        for rows in _in_portions(_hashed(connection.execute(table.select), grown)):
            pipe.put(_Portion(rows=rows))
        pipe.put(_Portion(rows=[], end=grown))


def _load(connection: Connection, table: _Table, pipe: _Pipe) -> CopiedTable:
    while (portion := pipe.get()).end is None:
        connection.executemany(table.insert, portion.rows)
    there = GrowingRoot()
    for _row in _hashed(connection.execute(table.select), there):
        pass
    return CopiedTable(
        name=table.name,
        rows=portion.end.size,
        root=portion.end.root,
        target_rows=there.size,
        target_root=there.root,
    )


def _require_empty(connection: Connection, table: _Table) -> None:
    if connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is not None:  # noqa: S608 - see `_Table`
        raise CopyRefused(f"the target's table {table.name} is not empty")


def _hashed(rows: Iterable[Parameters], grown: GrowingRoot) -> Iterator[Parameters]:
    for row in rows:
        grown.add(encode(list(row)))
        yield row


def _in_portions(rows: Iterator[Parameters]) -> Iterator[list[Parameters]]:
    while portion := list(islice(rows, _PORTION)):
        yield portion
