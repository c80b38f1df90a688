"""How long what is kept is kept (保存期間): terms of a municipality, counted as the Civil Code counts. Pure.

A term begins with the day after the day that it is counted from (民法 Article 140) and ends with the day before the one
that corresponds to its first, in its last year or month; where that month has no such day, with the month's last day
(Article 143). Counted by fiscal years (会計年度) it begins with the next first of April, as rules on documents have it.

Invariant: what is kept is never due on or before the last day of its term.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import IntEnum, unique

from konbini.ward_server.settings.calendar import Period

__all__ = ["CountedFrom", "Kept", "Retention", "Term", "in_force"]

_A_DAY = dt.timedelta(days=1)
_MONTHS = 12
_APRIL = 4


@unique
class Kept(IntEnum):
    """What is kept for a time."""

    REMOVED_RECORD = 1
    """A removed record (除票) with all that the registry keeps of that resident; from the day of removal (消除)."""
    ACCESS_RECORD = 2
    """Whose record was looked up and why (照会の記録); from the end of the month in which it was."""
    ISSUE_HISTORY = 3
    """A visit with its numbers and what came of them (交付の記録); from the day on which it was opened."""
    RECEIPT = 4
    """What a kiosk said of an order (利用端末の報告); from the day on which it was taken."""
    CERTIFIED_ORDER = 5
    """What the clerk certified and sealed (審査の記録); from the day that the number names."""
    DECISION = 6
    """What two persons decided about a process (決裁); from the day on which it was concluded."""
    DIFFERENCE = 7
    """What a reconcile found (照合の相違); from the day on which it was found."""
    AUDIT_LOG = 8
    """What an audit entry says (監査ログ); from the day of the newest of its block."""
    ACT = 9
    """What a person confirmed at the console, with its evidence (操作の記録); from the day on which it was."""
    LOOK_UP = 10
    """Whose record was looked at at the console, and why (操作卓の照会記録); from the day on which it was."""
    DISCLOSURE = 11
    """That one person's record went to a receiver (開示の記録); from the day on which it was approved or declined."""
    STAFF = 12
    """What is left of staff (職員の記録); from the day on which they left, or a code, terminal or passkey ended."""


@unique
class CountedFrom(IntEnum):
    """With which day a term begins."""

    DAY = 1
    """The day after."""
    FISCAL_YEAR = 2
    """The first of April that follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long: years, months and days, one after another."""

    years: int = 0
    months: int = 0
    days: int = 0

    def last_day(self, first: dt.date) -> dt.date:
        """Give the last day of the term whose first day this is; the calendar's last day where it goes beyond."""
        months = first.month - 1 + self.months + _MONTHS * self.years
        year, month = first.year + months // _MONTHS, months % _MONTHS + 1
        try:
            length = calendar.monthrange(year, month)[1]
            there = dt.date(year, month, min(first.day, length))
            before = there if first.day > length else there - _A_DAY
            return before + self.days * _A_DAY
        except (OverflowError, ValueError, calendar.IllegalMonthError):
            return dt.date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """One row of the table: what is kept, how long, and with which day that begins."""

    period: Period
    kept: Kept
    term: Term
    counted_from: CountedFrom = CountedFrom.DAY

    def last_day(self, event: dt.date) -> dt.date:
        """Give the last day on which it is kept, of what happened on a day."""
        return self.term.last_day(self._first_day(event))

    def is_due(self, event: dt.date, today: dt.date) -> bool:
        """Say whether it is kept beyond its time."""
        return self.last_day(event) < today

    def _first_day(self, event: dt.date) -> dt.date:
        if event >= dt.date.max - _A_DAY:
            return dt.date.max
        if self.counted_from is CountedFrom.DAY:
            return event + _A_DAY
        year = event.year if event.month < _APRIL else event.year + 1
        return dt.date(year, _APRIL, 1) if year <= dt.MAXYEAR else dt.date.max


def in_force(retention: tuple[Retention, ...], kept: Kept, today: dt.date) -> Retention | None:
    """Give the row that counts on a day; without one, what it would speak of is kept."""
    return next((one for one in retention if one.kept is kept and one.period.holds(today)), None)
