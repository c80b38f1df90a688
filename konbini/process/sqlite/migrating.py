"""Brings a SQLite file to this build's schema.

Every table must be STRICT, so that a text never lands in an integer column unseen.
"""

from __future__ import annotations

import sqlite3

from konbini.process.schema import LEDGER, Migration, SchemaRefused, not_applied

__all__ = ["migrate"]


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """Bring the schema to the last of `migrations`, each in a transaction of its own.

    Raises:
        SchemaRefused: the file is newer than this build, a migration was edited after it had been applied, one ends
            its own transaction, or a table is not STRICT.
        sqlite3.Error: a migration does not run; those before it stay applied.
    """
    connection.execute(LEDGER)
    applied = connection.execute("SELECT number, digest FROM applied_migration ORDER BY number").fetchall()
    for migration in not_applied(migrations, applied):
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
