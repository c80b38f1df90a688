"""What a process keeps of one kind, as the desk of retention sees it: what is due, and how it is destroyed.

The rooms that own rows implement `Holding`; `konbini.ward_server.keeping.retention` decides, lists and signs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from konbini.process.statements import Connection
from konbini.ward_server.settings.retention import Kept, Retention

__all__ = ["Destroy", "Destroyed", "Due", "Holding", "Rule"]

_A_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is kept beyond its time: its id, and the first day of that (yyyymmdd)."""

    target: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the settings on the day on which it is applied."""

    retention: Retention
    day: dt.date

    def due(self, target: str, event: dt.date) -> Due | None:
        """Judge what happened on a day; None where it is still kept."""
        if not self.retention.is_due(event, self.day):
            return None
        since = self.retention.last_day(event) + _A_DAY
        return Due(target=target, since=since.year * 10000 + since.month * 100 + since.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What one portion destroyed.

    Attributes:
        whole: those of the targets of which nothing is left that may go.
        wrapped_by: ids of the key-encryption keys that had wrapped the data keys that were destroyed.
    """

    whole: tuple[str, ...]
    wrapped_by: frozenset[bytes] = frozenset()


class Holding(Protocol):
    """What a process keeps of one kind; everything happens within the caller's transaction."""

    @property
    def kept(self) -> Kept:
        """Which kind."""

    def due_after(self, connection: Connection, rule: Rule, after: str) -> tuple[str | None, tuple[Due, ...]]:
        """Judge a bounded number of targets whose ids follow one.

        Returns:
            The last id that was looked at, None where there is no other; and what is due.
        """

    def judged(self, connection: Connection, rule: Rule, target: str) -> Due | None:
        """Judge one target; None where it is not due, or something bars it."""

    def destroy(self, connection: Connection, targets: Sequence[str]) -> Destroyed:
        """Destroy a bounded number of rows of targets that are due, at least one row."""


Destroy: TypeAlias = Callable[[Connection, Sequence[str]], Destroyed]
"""Destroys a bounded number of rows of some targets, at least one row where there is one."""
