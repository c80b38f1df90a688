"""When a municipality issues: weekly patterns, closed days, maintenance. Minutes of the day in Japan; pure.

Hours do not reach over midnight. `opens` is the first minute open, `closes` the first one closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.settings.calendar import DayRange, HolidayCalendar, Period

__all__ = ["ClosedDays", "Hours", "Maintenance", "Span", "hours_on", "minute_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """[opens, closes) in minutes of a day."""

    opens: int
    closes: int

    def holds(self, minute: int) -> bool:
        """Say whether a minute lies in it."""
        return self.opens <= minute < self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One weekly pattern and its time.

    Attributes:
        kinds: the certificates that it is for; empty: all that have no pattern of their own on that day.
        week: Monday to Sunday, None where closed.
        holidays: hours on public holidays; None where closed.
        keep_holidays: whether public holidays have hours of their own at all, or are days like others.
    """

    period: Period
    kinds: frozenset[CertificateKind]
    week: tuple[Span | None, ...]
    holidays: Span | None = None
    keep_holidays: bool = False

    def on(self, day: dt.date, calendar: HolidayCalendar) -> Span | None:
        """Give the hours of a day, None where closed."""
        return self.holidays if self.keep_holidays and calendar.holds(day) else self.week[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    """Days on which nothing is issued (休止日): of every year, and single ones."""

    period: Period
    days: tuple[DayRange, ...]
    dates: frozenset[dt.date]

    def holds(self, day: dt.date) -> bool:
        """Say whether a day is one of them."""
        return self.period.holds(day) and (day in self.dates or any(one.holds(day) for one in self.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """One planned interruption, [begins, ends) in Japan; without kinds it is the whole ward's."""

    begins: dt.datetime
    ends: dt.datetime
    kinds: frozenset[CertificateKind]

    def is_of(self, kind: CertificateKind) -> bool:
        """Say whether it keeps a kind from being issued."""
        return not self.kinds or kind in self.kinds

    def holds(self, moment: dt.datetime) -> bool:
        """Say whether a moment lies in it."""
        return self.begins <= moment < self.ends


def hours_on(kind: CertificateKind, day: dt.date, patterns: Sequence[Hours], calendar: HolidayCalendar) -> Span | None:
    """Give a kind's hours on a day by its own pattern, else by that of all; None where closed or none is in force."""
    in_force = [pattern for pattern in patterns if pattern.period.holds(day)]
    own = [pattern for pattern in in_force if kind in pattern.kinds]
    shared = [pattern for pattern in in_force if not pattern.kinds]
    chosen = own or shared
    return chosen[0].on(day, calendar) if chosen else None


def minute_of(moment: dt.datetime) -> int:
    """Give the minute of the day."""
    return 60 * moment.hour + moment.minute
