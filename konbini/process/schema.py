"""Numbered migration files, applied when a file of rows is opened.

A migration is `NNNN_name.sql` in a resource directory of the package that owns the rows, numbered from 0001 without
gaps. Each is one transaction together with its line in `applied_migration`, so that a crash leaves a whole number of
them. What was applied is compared by digest at each start: a file written by a newer build, or with a migration that
has been edited since, is refused and left as it is. Every table must be STRICT, so that a text never lands in an
integer column unseen.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from dataclasses import dataclass
from importlib.resources.abc import Traversable

__all__ = ["Migration", "SchemaRefused", "migrate", "read_migrations"]

_NAME = re.compile(r"(?P<number>[0-9]{4})_[a-z0-9_]+\.sql", re.ASCII)

_LEDGER = "CREATE TABLE IF NOT EXISTS applied_migration (number INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT"


class SchemaRefused(Exception):  # noqa: N818 - the answer to a file or a build that does not fit
    """This build and this file of rows do not belong together; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of a schema; `number` counts from 1."""

    number: int
    statements: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.statements.encode()).digest()


def read_migrations(directory: Traversable) -> tuple[Migration, ...]:
    """Read the migrations of `directory`, in order; other files are passed over.

    Raises:
        SchemaRefused: there is none, or the numbers have a gap or a double.
    """
    named = [(match, entry) for entry in directory.iterdir() if (match := _NAME.fullmatch(entry.name))]
    migrations = sorted(
        (
            Migration(number=int(match["number"]), statements=entry.read_text(encoding="utf-8"))
            for match, entry in named
        ),
        key=lambda migration: migration.number,
    )
    numbers = [migration.number for migration in migrations]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise SchemaRefused(f"migrations are numbered from 1 without gaps, not {numbers}")
    return tuple(migrations)


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """Bring the schema to the last of `migrations`, each in a transaction of its own.

    Raises:
        SchemaRefused: the file is newer than this build, a migration was edited after it had been applied, one ends
            its own transaction, or a table is not STRICT.
        sqlite3.Error: a migration does not run; those before it stay applied.
    """
    connection.execute(_LEDGER)
    applied = connection.execute("SELECT number, digest FROM applied_migration ORDER BY number").fetchall()
    expected = [(migration.number, migration.digest) for migration in migrations[: len(applied)]]
    if applied != expected:
        raise SchemaRefused(
            f"{len(applied)} migrations are applied and differ from the {len(migrations)} of this build"
        )
    for migration in migrations[len(applied) :]:
        _apply(connection, migration)
    _require_strict(connection)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{migration.statements}")
        _require_open(connection, migration)
        connection.execute("INSERT INTO applied_migration VALUES (?, ?)", (migration.number, migration.digest))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _require_open(connection: sqlite3.Connection, migration: Migration) -> None:
    if not connection.in_transaction:
        raise SchemaRefused(f"migration {migration.number} ends its own transaction")


def _require_strict(connection: sqlite3.Connection) -> None:
    loose = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
        " AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    ).fetchall()
    if loose:
        raise SchemaRefused(f"every table is STRICT, but not {sorted(name for (name,) in loose)}")
