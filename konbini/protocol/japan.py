"""Japan's time, in which a ward's hours, days of issue and dates of the register are counted."""

from __future__ import annotations

import datetime as dt

__all__ = ["JAPAN"]

JAPAN = dt.timezone(dt.timedelta(hours=9), "JST")
"""UTC+9 on every day of the year: there is no summer time."""
