"""When issuing begins again, remembered while it can be nothing else.

Looking two months ahead takes milliseconds, and a notice says it each time.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from konbini.ward_server.settings.settings import Settings

__all__ = ["NextOpening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What was found: it holds until that moment comes; where there is none, for the day."""

    settings: Settings
    asked: dt.datetime
    opens: dt.datetime | None

    def holds(self, settings: Settings, moment: dt.datetime) -> bool:
        if settings is not self.settings or moment < self.asked:
            return False
        return moment.date() == self.asked.date() if self.opens is None else moment < self.opens


class NextOpening:
    """Answers as `Settings.opens_next` does, and looks ahead only where the last answer says nothing."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: _Answer | None = None

    def after(self, settings: Settings, moment: dt.datetime) -> dt.datetime | None:
        """Give the next moment at which issuing begins again; None where it does not within two months."""
        if self._last is None or not self._last.holds(settings, moment):
            self._last = _Answer(settings=settings, asked=moment, opens=settings.opens_next(moment))
        return self._last.opens
