"""Office hours (執務時間): when people may be signed in, and who may be at any time. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from konbini.protocol.japan import JAPAN
from konbini.ward_server.console.rights import Role

__all__ = ["Office"]

_MILLISECONDS = 1000
_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Hours in minutes of the day in Japan, weekdays counted from Monday 0, and the roles that are on call."""

    opens: int
    closes: int
    days: frozenset[int]
    on_call: frozenset[Role]

    def __post_init__(self) -> None:
        """Refuse hours that never come.

        Raises:
            ValueError: it opens when it closes, or later.
        """
        if not self.opens < self.closes:
            raise ValueError("an office opens before it closes")

    def is_open(self, moment: int) -> bool:
        """Say whether a moment (Unix milliseconds) is within the hours."""
        local = dt.datetime.fromtimestamp(moment / _MILLISECONDS, JAPAN)
        return local.weekday() in self.days and self.opens <= _MINUTES * local.hour + local.minute < self.closes

    def admits(self, roles: AbstractSet[Role], moment: int) -> bool:
        """Say whether somebody with these roles may be signed in at a moment."""
        return self.is_open(moment) or bool(roles & self.on_call)
