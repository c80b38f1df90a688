"""A piece of the copy-evident pattern, ready for an engine, with the word's strokes known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from konbini.pdf.forms import copy_evident
from konbini.simulation.paper.engine import Engine
from konbini.simulation.paper.plane import GRID, Dots, Plane, magnified

__all__ = ["Swatch", "first_letter", "whole_word"]

_PITCH = 300
_AROUND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """Dots at 300 to the inch, and where the strokes are on the sheet."""

    dots: Dots
    strokes: Dots

    def printed(self, engine: Engine) -> Plane:
        """Print it: what a kiosk sends has 300 dots to the inch, whatever the engine's pitch."""
        return engine.print_sheet(magnified(self.dots, engine.dots_per_inch // _PITCH))


def first_letter() -> Swatch:
    """Return 複 with a little ground around it."""
    word = copy_evident.word()
    letter = [row[: len(row) // 2 - _AROUND] for row in word[: len(word) - _AROUND]]
    width = len(letter[0])
    return _swatch(["." * width] * _AROUND + ["." * _AROUND + row[:-_AROUND] for row in letter])


def whole_word() -> Swatch:
    """Return 複写 with the space that follows it."""
    return _swatch(list(copy_evident.word()))


def _swatch(cells: list[str]) -> Swatch:
    across, down = copy_evident.CELL
    times = GRID // _PITCH
    signs = np.array([[sign == "#" for sign in row] for row in cells])
    strokes = np.repeat(np.repeat(signs, down * times, axis=0), across * times, axis=1)
    dots = np.array([[pixel == "1" for pixel in row] for row in copy_evident.screen(cells)])
    return Swatch(dots=dots, strokes=strokes)
