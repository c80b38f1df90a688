"""Rows that end by the day: a target is a day in Japan, and all that happened on it and may go.

Nothing bars a whole day: a row that must stay is left out by whoever owns it, and its day is due again when it may go.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from konbini.process.statements import Connection
from konbini.protocol.japan import JAPAN
from konbini.ward_server.keeping.holding import Destroyed, Due, Rule
from konbini.ward_server.settings.retention import Kept

__all__ = ["ByDay", "DayRows"]

_MILLISECONDS: Final = 1000
_A_DAY: Final = dt.timedelta(days=1)
_AT_ONCE: Final = 50
_MOST_ROWS: Final = 200
"""Rows that one transaction destroys: whoever commits with it waits for so long."""


class DayRows(Protocol):
    """Rows of one kind with a moment; moments are Unix milliseconds, an end is not included."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give the moment of the oldest row between that may go, None where there is none."""

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Destroy the oldest rows between that may go, and give how many there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDay:
    """`Holding` of rows that end by the day."""

    kept: Kept
    rows: DayRows

    def due_after(self, connection: Connection, rule: Rule, after: str) -> tuple[str | None, tuple[Due, ...]]:
        """Judge the days that follow, as long as they are due."""
        begin = _begin(dt.date.fromisoformat(after) + _A_DAY) if after else 0
        found: list[Due] = []
        while len(found) < _AT_ONCE:
            moment = self.rows.oldest(connection, begin, _begin(rule.day))
            if moment is None:
                return None, tuple(found)
            day = dt.datetime.fromtimestamp(moment / _MILLISECONDS, JAPAN).date()
            due = rule.due(day.isoformat(), day)
            if due is None:
                return None, tuple(found)
            found.append(due)
            begin = _begin(day + _A_DAY)
        return found[-1].target, tuple(found)

    def judged(self, connection: Connection, rule: Rule, target: str) -> Due | None:
        """Judge one day."""
        day = dt.date.fromisoformat(target)
        return rule.due(target, day) if self._oldest(connection, day) is not None else None

    def destroy(self, connection: Connection, targets: Sequence[str]) -> Destroyed:
        """Destroy rows of these days, one day after another."""
        whole, left = [], _MOST_ROWS
        for target in targets:
            day = dt.date.fromisoformat(target)
            left -= self.rows.destroy(connection, _begin(day), _begin(day + _A_DAY), left)
            if self._oldest(connection, day) is not None:
                break
            whole.append(target)
            if not left:
                break
        return Destroyed(whole=tuple(whole))

    def _oldest(self, connection: Connection, day: dt.date) -> int | None:
        return self.rows.oldest(connection, _begin(day), _begin(day + _A_DAY))


def _begin(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=JAPAN).timestamp()) * _MILLISECONDS
