"""Hides what decisions are about anew, under another lookup key.

A concluded decision is never changed (its trigger): it is emptied, removed and written again as it was.
"""

from __future__ import annotations

from konbini.process.statements import Connection
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["contents_of_holds", "rehide_decisions"]

_TABLE = "decision"
_COLUMNS = "decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by, concluded_at"
_ALL = f"SELECT {_COLUMNS} FROM decision ORDER BY decision_id"  # noqa: S608 - constants of this module
_AGAIN = f"INSERT INTO decision ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - the same
_ENTERED = 1


def rehide_decisions(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    """Hide them anew, and give how many there were."""
    rows = connection.execute(_ALL).fetchall()
    for decision_id, kind, reason, hidden, *rest in rows:
        row = str(decision_id).encode()
        anew = new.hide(_TABLE, row, old.reveal(_TABLE, row, bytes(hidden)))
        if rest[0] == _ENTERED:
            connection.execute("UPDATE decision SET hidden = ? WHERE decision_id = ?", (anew, decision_id))
            continue
        connection.execute("UPDATE decision SET hidden = ? WHERE decision_id = ?", (b"", decision_id))
        connection.execute("DELETE FROM decision WHERE decision_id = ?", (decision_id,))
        connection.execute(_AGAIN, (decision_id, kind, reason, anew, *rest))
    return len(rows)


def contents_of_holds(connection: Connection, hashes: KeyedHash) -> tuple[bytes, ...]:
    """Give what the decisions about holds of this process are about."""
    rows = connection.execute(
        "SELECT decision_id, hidden FROM decision WHERE kind IN (?, ?)",
        (int(DecisionKind.HOLD_SET), int(DecisionKind.HOLD_LIFTED)),
    ).fetchall()
    return tuple(hashes.reveal(_TABLE, str(decision_id).encode(), bytes(hidden)) for decision_id, hidden in rows)
