"""The points of what always holds (the design's list), how often each was at stake, and what broke one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

__all__ = ["Findings", "Point", "Violation"]

_MOST_KEPT = 100


@unique
class Point(StrEnum):
    """What always holds."""

    RIGHT_PERSON = "right person"
    FRESH = "fresh"
    PROTECTED = "protected"
    PAID_IFF_PRINTED = "paid iff printed"
    BLIND_CENTER = "blind center"
    NOTHING_LEFT = "nothing left"
    NOTHING_LOST = "nothing lost"
    NOTHING_CHANGED = "nothing changed unseen"
    TIME_OUT = "a time-out releases nothing"
    ONE_BUILD = "one build, one topology"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A point that did not hold.

    Attributes:
        point: which.
        at: seconds of the world.
        what: what was seen; of made-up people alone.
        visit: how many visits had begun by then.
    """

    point: Point
    at: float
    what: str
    visit: int


@dataclass(slots=True, eq=False)
class Findings:
    """What was found so far; the first hundred violations are kept whole, the others counted."""

    at_stake: dict[Point, int] = field(default_factory=lambda: dict.fromkeys(Point, 0))
    violations: list[Violation] = field(default_factory=list)
    broken: int = 0
    visits: int = 0
    papers: int = 0
    wrong_papers: int = 0

    def hold(self, point: Point, holds: bool, at: float, what: str) -> None:  # noqa: FBT001 - what is asked
        """Look at a point where it is at stake."""
        self.at_stake[point] += 1
        if holds:
            return
        self.broken += 1
        if len(self.violations) < _MOST_KEPT:
            self.violations.append(Violation(point=point, at=at, what=what, visit=self.visits))
