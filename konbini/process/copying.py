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
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from konbini.process.rows import Rows
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import StoreAddress, open_rows
from konbini.process.tables import Settle, Table, declared_tables, hashed, in_portions, is_empty, settling
from konbini.protocol.merkle import GrowingRoot

__all__ = ["CopiedTable", "CopyRefused", "copy_store"]

_PORTIONS_AHEAD: Final = 8
_LOOK_SECONDS: Final = 0.2


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
    tables = declared_tables(migrations)
    first = open_rows(source, migrations)
    try:
        second = open_rows(target, migrations)
        try:
            await _copy(first, second, tables, told=told, settle=settling(target))
        finally:
            await second.close()
    finally:
        await first.close()


async def _copy(
    source: Rows, target: Rows, tables: tuple[Table, ...], *, told: Callable[[CopiedTable], None], settle: Settle
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


def _read(connection: Connection, tables: tuple[Table, ...], pipe: _Pipe) -> None:
    for table in tables:
        grown = GrowingRoot()
        for rows in in_portions(hashed(connection.execute(table.select), grown)):
            pipe.put(_Portion(rows=rows))
        pipe.put(_Portion(rows=[], end=grown))


def _load(connection: Connection, table: Table, pipe: _Pipe) -> CopiedTable:
    while (portion := pipe.get()).end is None:
        connection.executemany(table.insert, portion.rows)
    there = GrowingRoot()
    for _row in hashed(connection.execute(table.select), there):
        pass
    return CopiedTable(
        name=table.name,
        rows=portion.end.size,
        root=portion.end.root,
        target_rows=there.size,
        target_root=there.root,
    )


def _require_empty(connection: Connection, table: Table) -> None:
    if not is_empty(connection, table):
        raise CopyRefused(f"the target's table {table.name} is not empty")
