"""Where a test keeps rows: a folder of SQLite files, or a database of the private server."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from konbini.process.postgresql.session import StatementFault, TransactionLost
from konbini.process.stores import StoreAddress, look_once, parse_address
from tests.postgres import Server

__all__ = ["ENGINE_FAULTS", "NOTES", "Place", "PostgresPlace", "SqlitePlace", "address", "rows_of"]

NOTES = Path(__file__).parent / "integration" / "stores" / "schema"
"""A small schema: notes with different texts, and marks on notes."""
ENGINE_FAULTS = (sqlite3.Error, StatementFault, TransactionLost)
"""What a statement raises that an engine refuses."""


class Place(Protocol):
    """Where stores of a test are; each has a name."""

    @property
    def engine(self) -> str:
        """Which engine keeps them."""

    def uri(self, name: str) -> str:
        """Give a store's address as it stands in a configuration."""

    def write(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """Run any statement behind the back of whoever keeps the store, and give its rows."""

    def back_up(self, name: str) -> None:
        """Keep a copy of a store that nobody has open."""

    def restore(self, name: str) -> None:
        """Put the copy back in the store's place."""

    def lose(self, name: str) -> None:
        """Remove a store that nobody has open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlitePlace:
    """A folder."""

    folder: Path
    engine: str = "sqlite"

    def uri(self, name: str) -> str:
        """Give the address of a file."""
        return f"sqlite:{self.folder / name}.db"

    def write(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on a file."""
        with contextlib.closing(sqlite3.connect(self.folder / f"{name}.db")) as connection:
            found = connection.execute(statement).fetchall()
            connection.commit()
        return found

    def back_up(self, name: str) -> None:
        """Copy a file."""
        shutil.copy(self.folder / f"{name}.db", self.folder / f"{name}.backup")

    def lose(self, name: str) -> None:
        """Remove a file and its log."""
        for left in self.folder.glob(f"{name}.db*"):
            left.unlink()

    def restore(self, name: str) -> None:
        """Put the copy in the file's place, and take its log away."""
        for left in self.folder.glob(f"{name}.db-*"):
            left.unlink()
        shutil.copy(self.folder / f"{name}.backup", self.folder / f"{name}.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """A database, with a schema for each store; `test` begins the names of a test's own."""

    server: Server
    test: str
    engine: str = "postgresql"

    def uri(self, name: str) -> str:
        """Give the address of a schema."""
        return self.server.uri(schema=self._schema(name))

    def write(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on a schema."""
        return self.server.run(statement, schema=self._schema(name))

    def back_up(self, name: str) -> None:
        """Dump a schema."""
        self.server.dump(self._schema(name))

    def lose(self, name: str) -> None:
        """Drop a schema."""
        self.server.run(f"DROP SCHEMA {self._schema(name)} CASCADE")

    def restore(self, name: str) -> None:
        """Drop the schema and load the dump."""
        self.server.load(self._schema(name))

    def remove(self) -> None:
        """Remove the test's schemas."""
        for (schema,) in self.server.run("SELECT nspname FROM pg_namespace"):
            if str(schema).startswith(f"{self.test}_"):
                self.server.run(f"DROP SCHEMA {schema} CASCADE")

    def _schema(self, name: str) -> str:
        return f"{self.test}_{name.replace('-', '_')}"


def address(place: Place, name: str) -> StoreAddress:
    """Give the address of a store."""
    return parse_address(place.uri(name), Path())


def rows_of(place: Place, name: str, query: str) -> list[tuple[Any, ...]]:
    """Read a store beside whoever writes it."""
    return look_once(address(place, name), lambda connection: connection.execute(query).fetchall())
