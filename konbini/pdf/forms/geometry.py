"""Lengths and boxes on an A4 sheet: points (1/72 inch), origin at the lower left corner, as PDF has them."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["A4_HEIGHT", "A4_WIDTH", "MM", "Box"]

MM: Final = 72 / 25.4
A4_WIDTH: Final = 210 * MM
A4_HEIGHT: Final = 297 * MM


class Box(NamedTuple):
    """A rectangle that one cell owns."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return its right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Return its upper edge."""
        return self.bottom + self.height

    def moved(self, *, up: float) -> Box:
        """Return the same box further up the page."""
        return Box(self.left, self.bottom + up, self.width, self.height)

    def holds(self, x: float, y: float) -> bool:
        """Say whether a point lies in it."""
        return self.left <= x < self.right and self.bottom <= y < self.top
