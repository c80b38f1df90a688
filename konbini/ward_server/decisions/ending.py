"""Decisions (決裁) that end with their time: concluded ones, by the day on which they were; and proofs of signed acts.

A decision that waits never ends. That somebody is held here (`DecisionKind.HOLD_SET`) stays as long as any hold that
two persons set at this process is in force: it says who set it, and whom it is about.

Table: `decision`, as each process's first migration declares it. A row is emptied and then removed: its triggers let go
of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.decisions.decision import DecisionKind, DecisionState
from konbini.ward_server.signed_acts.rows import EndedSignedActs

__all__ = ["EndedDecisions"]

_PROOFS: Final = EndedSignedActs()
_CONCLUDED: Final = (
    "SELECT decision_id, concluded_at FROM decision WHERE state <> ? AND concluded_at >= ? AND concluded_at < ?"
    " ORDER BY concluded_at, decision_id LIMIT ?"
)
_OF_NO_HOLD: Final = "AND (kind <> ? OR NOT EXISTS (SELECT 1 FROM local_hold WHERE in_force = 1)) ORDER BY"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedDecisions:
    """Decisions, as rows that end by the day. `holds`: this process keeps holds of its own (`local_hold`)."""

    holds: bool

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them was concluded, or signed."""
        found = self._between(connection, begin, end, 1)
        moments = (found[0][1] if found else None, _PROOFS.oldest(connection, begin, end))
        return min((moment for moment in moments if moment is not None), default=None)

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Empty and remove them."""
        count = _PROOFS.destroy(connection, begin, end, most)
        return count + self._destroy(connection, begin, end, most - count)

    def _destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        ids = [(decision_id,) for decision_id, _moment in self._between(connection, begin, end, most)]
        connection.executemany("UPDATE decision SET reason = '', hidden = ? WHERE decision_id = ?", _emptied(ids))
        connection.executemany("DELETE FROM decision WHERE decision_id = ?", ids)
        return len(ids)

    def _between(self, connection: Connection, begin: int, end: int, most: int) -> list[tuple[str, int]]:
        between = (int(DecisionState.ENTERED), begin, end)
        if not self.holds:
            return connection.execute(_CONCLUDED, (*between, most)).fetchall()
        statement = _CONCLUDED.replace("ORDER BY", _OF_NO_HOLD)
        return connection.execute(statement, (*between, int(DecisionKind.HOLD_SET), most)).fetchall()


def _emptied(ids: list[tuple[str]]) -> list[tuple[bytes, str]]:
    return [(b"", decision_id) for (decision_id,) in ids]
