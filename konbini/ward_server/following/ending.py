"""What both followers keep for a time in the same way: differences, decisions and the audit log.

Table: `difference`, in `following/following.sql`. One that is open never ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.decisions.ending import EndedDecisions
from konbini.ward_server.keeping.aged_log import AgedLog
from konbini.ward_server.keeping.by_day import ByDay
from konbini.ward_server.keeping.holding import Destroy, Holding
from konbini.ward_server.settings.retention import Kept

__all__ = ["ends_of", "followers_holdings"]


class ClosedDifferences:
    """Differences that a later reconcile did not find any more, by the day on which they were found."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them was found."""
        row = connection.execute(
            "SELECT min(since) FROM difference WHERE closed = 1 AND since >= ? AND since < ?", (begin, end)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Remove them."""
        return connection.execute(
            "DELETE FROM difference WHERE named IN (SELECT named FROM difference"
            " WHERE closed = 1 AND since >= ? AND since < ? ORDER BY since, named LIMIT ?)",
            (begin, end, most),
        ).rowcount


def followers_holdings(
    own: tuple[Holding, ...], needs: Callable[[Connection, int, int], bool] = lambda _connection, _first, _last: False
) -> tuple[Holding, ...]:
    """Give what a follower keeps for a time: its own, and what both keep.

    Args:
        own: its own.
        needs: says whether some positions of the audit log are needed beside open differences.
    """

    def needed(connection: Connection, first: int, last: int) -> bool:
        return _open_difference(connection, first, last) or needs(connection, first, last)

    return (
        *own,
        ByDay(kept=Kept.DECISION, rows=EndedDecisions(holds=True)),
        ByDay(kept=Kept.DIFFERENCE, rows=ClosedDifferences()),
        AgedLog(needs=needed),
    )


def ends_of(holdings: tuple[Holding, ...]) -> Mapping[Kept, Destroy]:
    """Give how each kind is destroyed, for a store that is restored."""
    return {holding.kept: holding.destroy for holding in holdings}


_OPEN: Final = "SELECT 1 FROM difference WHERE closed = 0 AND log_index BETWEEN ? AND ? LIMIT 1"


def _open_difference(connection: Connection, first: int, last: int) -> bool:
    return connection.execute(_OPEN, (first, last)).fetchone() is not None
