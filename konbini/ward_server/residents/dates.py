"""Calendar dates as the resident record holds them: integers yyyymmdd, in Japan.

`Date` is a day of the Gregorian calendar. `BirthDate` may be unknown in part (生年月日不詳): 19550000 is "some day of
1955", 19550300 "some day of March 1955", 0 "not known at all". Integers compare as the days do.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.japan import JAPAN

__all__ = ["BirthDate", "Date", "age_on", "day_after", "to_day", "to_number", "today"]

_MILLISECONDS = 1000
_MONTHS = 12
_FIRST_YEAR = 1
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The bound of a date in a shape."""

    unknown_allowed: bool

    @property
    def span(self) -> None:
        """Give None: it is more than a least and a greatest number."""

    def holds(self, value: int) -> bool:
        """Say whether `value` is a day, or one that is unknown in part where that is allowed."""
        year, month, day = value // 10000, value // 100 % 100, value % 100
        if not 0 <= year <= dt.MAXYEAR:
            return False
        if year >= _FIRST_YEAR and 1 <= month <= _MONTHS and 1 <= day <= _SHORTEST_MONTH:
            return True  # a day of every month: most days
        if self.unknown_allowed and day == 0:
            return value == 0 or (year >= _FIRST_YEAR and month <= _MONTHS)
        try:
            dt.date(year, month, day)
        except ValueError:
            return False
        return True


Date = Annotated[int, _Calendar(unknown_allowed=False)]
"""A day, yyyymmdd."""
BirthDate = Annotated[int, _Calendar(unknown_allowed=True)]
"""A day, yyyymmdd, with 00 for what is not known (不詳)."""


def to_number(day: dt.date) -> int:
    """Give a day as yyyymmdd."""
    return day.year * 10000 + day.month * 100 + day.day


def to_day(number: int) -> dt.date:
    """Give yyyymmdd as a day.

    Raises:
        ValueError: not a day of the calendar, or one that is unknown in part.
    """
    return dt.date(number // 10000, number // 100 % 100, number % 100)


def age_on(birth: int, day: dt.date) -> int:
    """Give the age in whole years on a day; of a birth date that is unknown in part the greatest that it may be.

    An age is reached with the end of the day before the birthday (年齢計算ニ関する法律), so it counts on that day.
    """
    tomorrow = to_number(day + dt.timedelta(days=1))
    return tomorrow // 10000 - birth // 10000 - (tomorrow % 10000 < birth % 10000)


def day_after(number: int) -> int:
    """Give the next day of yyyymmdd as yyyymmdd."""
    return to_number(to_day(number) + dt.timedelta(days=1))


def today(now: int) -> int:
    """Give the day in Japan at `now` (Unix milliseconds UTC) as yyyymmdd."""
    return to_number(dt.datetime.fromtimestamp(now / _MILLISECONDS, JAPAN).date())
