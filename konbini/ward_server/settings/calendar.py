"""The calendar of a municipality: dated periods, days of the year, public holidays (国民の祝日に関する法律).

Public holidays come from the library `holidays`, which knows the law as it stood when it was released, substitute
holidays (振替休日) and days between two (国民の休日) among them. A law that moves one sooner than the library is
entered in the settings. Limit: the library knows 1949 to 2099; of other years only what the settings say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import holidays

__all__ = ["DayRange", "HolidayCalendar", "Period"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a day to a last one, both included; without a last day it does not end."""

    begins: dt.date
    ends: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Say whether a day lies in it."""
        return self.begins <= day and (self.ends is None or day <= self.ends)

    def overlaps(self, other: Period) -> bool:
        """Say whether both have a day in common."""
        return (other.ends is None or self.begins <= other.ends) and (self.ends is None or other.begins <= self.ends)

    def gap(self, others: Iterable[Period]) -> dt.date | None:
        """Give the first day of this period that none of the others has, None where there is none."""
        day = self.begins
        for other in sorted(others, key=lambda period: period.begins):
            if not other.holds(day):
                continue
            if other.ends is None:
                return None
            day = other.ends + dt.timedelta(days=1)
        return day if self.holds(day) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """Days of every year, (month, day) to (month, day), both included; the last may lie in the next year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: dt.date) -> bool:
        """Say whether a day lies in it."""
        there = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= there <= self.last
        return there >= self.first or there <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar:
    """Public holidays in Japan: the library's, with what the municipality's settings add and take away."""

    added: frozenset[dt.date] = frozenset()
    removed: frozenset[dt.date] = frozenset()
    _known: holidays.HolidayBase = field(default_factory=lambda: holidays.country_holidays("JP"), compare=False)

    def holds(self, day: dt.date) -> bool:
        """Say whether a day is a public holiday."""
        return day in self.added or (day not in self.removed and day in self._known)
