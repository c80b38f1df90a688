"""Dates as certificates write them: the Japanese era (元号法), full-width figures, 元年 for an era's first year."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

__all__ = ["from_era", "in_era"]

_ERAS: Final = (  # first day of each era, newest first
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1873, 1, 1), "明治"),  # the first day of the Gregorian calendar; its era year is 6
)
_MEIJI_OFFSET: Final = 1867
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_WRITTEN: Final = re.compile(
    "(令和|平成|昭和|大正|明治)(元|[２-９]|[１-９][０-９]{1,3})年([１-９]|１[０-２])月([１-９]|[１-３][０-９])日"
)
_SPANS: Final = {
    name: (first, last, _MEIJI_OFFSET if name == "明治" else first.year - 1)
    for (first, name), last in zip(_ERAS, (date.max, *(first - timedelta(days=1) for first, _ in _ERAS)), strict=False)
}
"""Of each era the first and the last day, and the year before its first."""


def in_era(day: date) -> str:
    """Write a day in its era, as in 「令和７年１１月２２日」.

    Raises:
        ValueError: the day is before 1873, when Japan counted days otherwise.
    """
    for first, name in _ERAS:
        if day >= first:
            year = day.year - (_MEIJI_OFFSET if name == "明治" else first.year - 1)
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日".translate(_FULL_WIDTH)
    raise ValueError("a day before the Gregorian calendar in Japan")


def from_era(text: str) -> date | None:
    """Read a day that `in_era` wrote; None for any other text, other writings of a day among them."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    era, year, month, day = found.groups()
    first, last, before = _SPANS[era]
    try:
        read = date(before + (1 if year == "元" else int(year)), int(month), int(day))
    except ValueError:
        return None
    return read if first <= read <= last else None
