"""A process's tables, whole: as its migrations declare them, row after row in one order, with a Merkle root.

Whoever moves all rows of a store reads and writes them through here: a copy to another engine, a backup. What says who
has the rows open (`konbini.process.membership`) is of the store that is left, and stays there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Final, TypeAlias

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.numbering import continue_numbers
from konbini.process.schema import read_migrations
from konbini.process.sqlite.migrating import migrate
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import StoreAddress
from konbini.protocol.codec import encode
from konbini.protocol.merkle import GrowingRoot

__all__ = ["Settle", "Table", "declared_tables", "hashed", "in_portions", "is_empty", "settling"]

Settle: TypeAlias = Callable[[Connection, str, Sequence[str]], None]
"""Told of a table and its key when rows came with their numbers."""

_PORTION: Final = 500
_NOT_MOVED: Final = frozenset({"applied_migration", "member"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
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


def declared_tables(migrations: Traversable) -> tuple[Table, ...]:
    """Give the tables as the migrations leave them, in the order of their declaration: a parent before its child."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, read_migrations(migrations))
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return tuple(_table(connection, name) for name in names if name not in _NOT_MOVED)


def is_empty(connection: Connection, table: Table) -> bool:
    """Say whether a table has no row."""
    return connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None  # noqa: S608 - see `Table`


def hashed(rows: Iterable[Parameters], grown: GrowingRoot) -> Iterator[Parameters]:
    """Give rows on, and have each grow the root."""
    for row in rows:
        grown.add(encode(list(row)))
        yield row


def in_portions(rows: Iterator[Parameters]) -> Iterator[list[Parameters]]:
    """Give rows in lists that memory holds at once."""
    while portion := list(islice(rows, _PORTION)):
        yield portion


def settling(target: StoreAddress) -> Settle:
    """Give what a table needs after rows came with their numbers: SQLite counts on by itself."""
    return continue_numbers if isinstance(target, PostgresAddress) else lambda _connection, _table, _key: None


def _table(connection: sqlite3.Connection, name: str) -> Table:
    found = connection.execute("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (name,)).fetchall()
    columns = tuple(column for column, _ in found)
    key = tuple(column for place, column in sorted((place, column) for column, place in found if place))
    return Table(name=name, columns=columns, key=key or columns)
