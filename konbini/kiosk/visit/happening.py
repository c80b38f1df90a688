"""Something that happened: its event, what it changes once the flow takes it, and what to undo where it is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from konbini.kiosk.session.flow import Event
from konbini.kiosk.visit.course import Course

__all__ = ["Happened", "Report"]


def _nothing(_course: Course) -> None:
    """Change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event. `change` runs when the flow takes it, `undo` when it came too late to mean anything."""

    event: Event
    change: Callable[[Course], None] = field(default=_nothing, repr=False)
    undo: Callable[[], None] | None = field(default=None, repr=False)

    def apply(self, course: Course) -> None:
        """Change the course."""
        self.change(course)

    def discard(self) -> None:
        """Undo what the event brought along."""
        if self.undo is not None:
            self.undo()


Report: TypeAlias = Callable[[Happened], None]
"""Where a piece of work says what happened."""
