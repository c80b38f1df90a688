"""Hides what the console keeps anew, under another lookup key: names, codes, changes of staff, evidence, look-ups.

A row that its triggers let nobody change is emptied, removed and written again as it was. Nothing here is looked up by
a keyed hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["rehash_console"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hidden:
    """A table with a column `hidden`; all are constants of this module. `stays`: what was kept is never changed."""

    table: str
    columns: tuple[str, ...]
    stays: bool = True

    @property
    def key(self) -> str:
        """Its primary key, to which what is hidden is bound."""
        return self.columns[0]


_TABLES: Final = (
    _Hidden(table="person", columns=("person", "hidden"), stays=False),
    _Hidden(table="once_code", columns=("code_id", "hidden"), stays=False),
    _Hidden(table="look_up", columns=("log_index", "hidden"), stays=False),
    _Hidden(
        table="staff_change",
        columns=(
            *("change_id", "hidden", "kind", "person", "state"),
            *("entered_by", "entered_at", "concluded_by", "concluded_at"),
        ),
    ),
    _Hidden(
        table="act",
        columns=("act_id", "hidden", "person", "name", "about", "digest", "moment", "state", "code", "log_index"),
    ),
    _Hidden(
        table="disclosure",
        columns=(
            *("disclosure_id", "hidden", "state", "entered_by", "entered_at"),
            *("concluded_by", "concluded_at", "counts", "sealed"),
        ),
    ),
)


def rehash_console(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    """Hide everything anew, and give how many rows there were.

    Raises:
        Refused: `SEAL_BROKEN`: a row is not what was hidden for it.
    """
    return sum(_rehide(connection, one, old, new) for one in _TABLES)


def _rehide(connection: Connection, one: _Hidden, old: KeyedHash, new: KeyedHash) -> int:
    rows = connection.execute(
        f"SELECT {', '.join(one.columns)} FROM {one.table} WHERE length(hidden) > 0 ORDER BY {one.key}"  # noqa: S608 - constants of this module
    ).fetchall()
    update = f"UPDATE {one.table} SET hidden = ? WHERE {one.key} = ?"  # noqa: S608 - the same
    for key, hidden, *rest in rows:
        row = str(key).encode()
        anew = new.hide(one.table, row, old.reveal(one.table, row, bytes(hidden)))
        if not one.stays:
            connection.execute(update, (anew, key))
            continue
        connection.execute(update, (b"", key))
        connection.execute(f"DELETE FROM {one.table} WHERE {one.key} = ?", (key,))  # noqa: S608 - the same
        marks = ", ".join("?" * len(one.columns))
        connection.execute(
            f"INSERT INTO {one.table} ({', '.join(one.columns)}) VALUES ({marks})",  # noqa: S608 - the same
            (key, anew, *rest),
        )
    return len(rows)
