"""Numbers that the server gives rows, after rows came with numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.process.statements import Connection

__all__ = ["continue_numbers"]


def continue_numbers(connection: Connection, table: str, key: Sequence[str]) -> None:
    """Have a table that numbers its rows itself go on after the highest that it holds; other tables are left alone.

    Args:
        connection: within a transaction.
        table: its name, as the migrations write it.
        key: its key's columns.
    """
    if len(key) != 1:
        return
    (column,) = key
    named = "SELECT data_type FROM information_schema.columns WHERE table_schema = current_schema()"
    kind = connection.execute(f"{named} AND table_name = ? AND column_name = ?", (table, column)).fetchone()
    if kind is None or kind[0] != "bigint":
        return
    connection.execute(
        f"SELECT setval(pg_get_serial_sequence(?, ?), greatest(max({column}), 1)) FROM {table} HAVING count(*) > 0",  # noqa: S608 - names of our migrations
        (table, column),
    ).fetchone()
