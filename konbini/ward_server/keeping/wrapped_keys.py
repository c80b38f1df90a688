"""Where a store's wrapped data keys stand: each process declares its own columns.

Rotation wraps them anew, a backup leaves them out of its rows, a restored store takes them from the newest keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from konbini.process.statements import Connection
from konbini.ward_server.storage.sealing import WRAPPING_ID_BYTES, wrapping_key_of

__all__ = ["RowKey", "StoredKey", "WrappedKeys", "all_keys", "keys_after", "wrapped_by"]

RowKey: TypeAlias = tuple[int | str | bytes, ...]

_ALWAYS: Final = "1 = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKeys:
    """One table's column `wrapped`.

    Attributes:
        table: its name.
        key: the columns of its primary key.
        whose: an expression over a row that gives whom the data key is for, as it is bound into its seal.
    """

    table: str
    key: tuple[str, ...]
    whose: str = "resident"

    def put(self, connection: Connection, key: RowKey, wrapped: bytes, *, instead_of: bytes) -> None:
        """Write one, unless it has been changed meanwhile."""
        named = " AND ".join(f"{column} = ?" for column in self.key)
        connection.execute(
            f"UPDATE {self.table} SET wrapped = ? WHERE {named} AND wrapped = ?",  # noqa: S608 - names of our migrations
            (wrapped, *key, instead_of),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """One wrapped data key. `wrapping`: the id of the key-encryption key, empty where it was destroyed."""

    key: RowKey
    whose: str
    wrapped: bytes

    @property
    def wrapping(self) -> bytes:
        """The id of the key-encryption key that wraps it."""
        return wrapping_key_of(self.wrapped)


def keys_after(connection: Connection, keys: WrappedKeys, after: RowKey | None, most: int) -> tuple[StoredKey, ...]:
    """Give data keys in the order of their table, those that were destroyed (`DESTROYED`, nothing) left out.

    Args:
        connection: of the store.
        keys: which column.
        after: the key of the last one that was given, None for the first.
        most: how many.
    """
    columns = ", ".join(keys.key)
    marks = ", ".join("?" * len(keys.key))
    follows = _ALWAYS if after is None else f"({columns}) > ({marks})"
    rows = connection.execute(
        f"SELECT {columns}, {keys.whose}, wrapped FROM {keys.table} WHERE {follows} AND length(wrapped) > 0"  # noqa: S608 - names of our migrations
        f" ORDER BY {columns} LIMIT ?",
        (*(after or ()), most),
    ).fetchall()
    width = len(keys.key)
    return tuple(StoredKey(key=tuple(row[:width]), whose=row[width], wrapped=bytes(row[-1])) for row in rows)


def wrapped_by(connection: Connection, columns: Sequence[WrappedKeys]) -> dict[bytes, int]:
    """Count the data keys of some columns by the id of the key-encryption key that wraps them."""
    counts: dict[bytes, int] = {}
    for column in columns:
        found = connection.execute(
            f"SELECT substr(wrapped, 1, {WRAPPING_ID_BYTES}), count(*) FROM {column.table}"  # noqa: S608 - names of our migrations
            " WHERE length(wrapped) > 0 GROUP BY 1"
        )
        for key_id, count in found.fetchall():
            counts[bytes(key_id)] = counts.get(bytes(key_id), 0) + int(count)
    return counts


def all_keys(connection: Connection, keys: WrappedKeys, most: int = 2000) -> Iterator[StoredKey]:
    """Give every data key of a column that was not destroyed."""
    after: RowKey | None = None
    while found := keys_after(connection, keys, after, most):
        yield from found
        after = found[-1].key
