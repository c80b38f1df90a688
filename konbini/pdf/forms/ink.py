"""Content streams (ISO 32000-1, 8 and 9): rules, text and pictures as the few operators that our forms use.

The operators are a closed list on purpose: q, Q, cm, w, m, l, re, S, g, Do, BT, ET, Tf, Tc,
Tz, Tm, Tj. Who reads a page back need know no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache

from konbini.pdf.characters import sequences
from konbini.pdf.fonts import Subset, font_name
from konbini.pdf.forms.geometry import Box
from konbini.pdf.forms.setting import LEADING, PADDING, Step, Steps, Typeset, set_text, widest

__all__ = ["Align", "Ink", "Slot"]

_EM = 1000
_MOST_KEPT = 256
_WIDEST_GAP = 12.0  # points between a label's characters
_BASELINE_BELOW_MIDDLE = 0.38  # of the type size: a Japanese em box reaches from -0.12 to 0.88 of it


class Align(Enum):
    """Where text stands in its box across."""

    LEFT = auto()
    CENTRE = auto()
    RIGHT = auto()


class _OneLine:
    """One step of a slot, as a text of one line takes it.

    Args:
        slot: which.
        step: the step.

    Attributes:
        widest: in thousandths of an em, that this step holds.
        size: of the type, in points.
        font: the same, as it is written behind the font's name.
    """

    __slots__ = ("_baseline", "_matrices", "_slot", "font", "size", "widest")

    def __init__(self, slot: Slot, step: Step) -> None:
        self._slot = slot
        self._baseline = _number(_first_baseline(slot.box, step.size, 1))
        self._matrices: dict[int, str] = {}
        self.widest = widest(slot.box, step.size, slot.padding)
        self.size = step.size
        self.font = f"{_n(step.size)} Tf"

    def matrix(self, width: int) -> str:
        """Return what sets the pen before a text of a width; widths come again, and the form has few of them."""
        found = self._matrices.get(width)
        if found is None:
            if len(self._matrices) >= _MOST_KEPT:
                self._matrices.clear()
            found = self._matrices[width] = self._matrix(width)
        return found

    def _matrix(self, width: int) -> str:
        box, padding = self._slot.box, self._slot.padding
        if self._slot.align is Align.LEFT:
            left = box.left + padding
        else:
            left = _aligned(box, width * self.size / _EM, self._slot.align, padding)
        return f"1 0 0 1 {_number(left)} {self._baseline} Tm"


class Slot:
    """A place for a text, and what is known of it before the text is; made once for a form.

    Args:
        box: where.
        steps: how it may be set.
        align: where the text stands across.
        padding: free at both sides.

    Attributes:
        one_line: the steps that are tried before a text is broken.
        unmeasured: how wide a text may be, in thousandths of an em, that need not be measured: it stands at the left,
            and the first step holds it.
    """

    __slots__ = ("align", "box", "one_line", "padding", "steps", "unmeasured")

    def __init__(self, box: Box, steps: Steps, align: Align = Align.LEFT, padding: float = PADDING) -> None:
        self.box = box
        self.steps = steps
        self.align = align
        self.padding = padding
        self.one_line = tuple(_OneLine(self, step) for step in self._steps_of_one_line())
        self.unmeasured = self.one_line[0].widest if self.one_line and align is Align.LEFT else -1

    def _steps_of_one_line(self) -> Iterator[Step]:
        for step in self.steps:
            if step.height <= self.box.height:
                yield step
                if step.lines > 1:
                    return


class Ink:
    """One content stream in the making, written with one subset.

    Args:
        subset: what text is encoded with.
        resource: the name of its first face's font among the stream's resources.
    """

    __slots__ = ("_operators", "_resource", "_subset", "_typeface")

    def __init__(self, subset: Subset, resource: str) -> None:
        self._subset = subset
        self._typeface = subset.typeface
        self._resource = resource
        self._operators: list[str] = []

    def content(self) -> bytes:
        """Return the stream."""
        return "\n".join(self._operators).encode()

    def rule(self, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
        """Draw a straight rule."""
        self._operators.append(f"{_n(width)} w {_n(*start)} m {_n(*end)} l S")

    def frame(self, box: Box, width: float) -> None:
        """Rule a box's four edges; `width` is of the rule, which stands on the edges."""
        self._operators.append(f"{_n(width)} w {_n(box.left, box.bottom, box.width, box.height)} re S")

    def place(self, resource: str, *, up: float = 0.0) -> None:
        """Draw a form XObject, moved up the page."""
        self._operators.append(f"q 1 0 0 1 0 {_n(up)} cm /{resource} Do Q")

    def picture(self, resource: str, box: Box) -> None:
        """Draw an image XObject over a box."""
        matrix = _n(box.width, 0, 0, box.height, box.left, box.bottom)
        self._operators.append(f"q {matrix} cm /{resource} Do Q")

    def write(self, slot: Slot, text: str, cell: str) -> None:
        """Set a text in its slot and write it: what `set_text` and `text` do, from what the slot knows beforehand.

        Raises:
            Refused: `FORM_OVERFLOW` naming the cell, or `GLYPH_MISSING`.
        """
        width = len(text) * self._typeface.widest  # at most: a sequence is a character, or two
        if width > slot.unmeasured:
            width = self._typeface.width(text)
        for step in slot.one_line:
            if width <= step.widest:
                self._write_line(step, step.matrix(width if slot.unmeasured < 0 else 0), text)
                return
        broken = set_text(text, slot.box, slot.steps, self._typeface, cell=cell, padding=slot.padding)
        self.text(broken, slot.box, slot.align, slot.padding)

    def text(self, typeset: Typeset, box: Box, align: Align = Align.LEFT, padding: float = PADDING) -> None:
        """Write set text in its box, centred in height; `padding` is free at the side where it begins or ends."""
        size, lines = typeset.size, typeset.lines
        first = _first_baseline(box, size, len(lines))
        pieces = []
        for number, line in enumerate(lines):
            left, baseline = self._left(line, typeset, box, align, padding), first - number * size * LEADING
            pieces.append((f"1 0 0 1 {_number(left)} {_number(baseline)} Tm", sequences(line)))
        self._operators.append(f"BT {' '.join(self._written(pieces, size))} ET")

    def _write_line(self, step: _OneLine, matrix: str, text: str) -> None:
        codes = self._subset.codes_of(text)
        if codes is None:
            self._operators.append(f"BT {' '.join(self._written([(matrix, sequences(text))], step.size))} ET")
        else:
            self._operators.append(f"BT /{self._resource} {step.font} {matrix} <{codes}> Tj ET")

    def _written(self, pieces: Iterable[tuple[str, Sequence[str]]], size: float) -> list[str]:
        """Give the operators that write texts where their matrices say; the font's changes with the face."""
        written: list[str] = []
        at = -1
        for matrix, found in pieces:
            for face, codes in self._subset.runs_of(found):
                if face != at:
                    written.append(_font(self._resource, face, size))
                if matrix:
                    written.append(matrix)
                written.append(f"<{codes}> Tj")
                matrix, at = "", face  # noqa: PLW2901 - what follows in the piece follows on the line
        return written

    def _left(self, line: str, typeset: Typeset, box: Box, align: Align, padding: float) -> float:
        if align is Align.LEFT:
            return box.left + padding
        width = self._typeface.width(line) if typeset.width is None else typeset.width
        return _aligned(box, width * typeset.size / _EM, align, padding)

    def label(self, text: str, box: Box, size: float, *, spread: float = 1.0) -> None:
        """Write a label evenly spread over its box (均等割付), narrowed (長体) where it is too long for it.

        Args:
            text: one line.
            box: the label's cell.
            size: type size in points.
            spread: how much of the room inside the padding the label takes up where it is short enough.
        """
        found = sequences(text)
        natural = self._typeface.width_of(found) * size / _EM
        most = box.width - 2 * PADDING
        room = most * spread if natural <= most * spread else most
        gaps = len(found) - 1
        spacing = max(0.0, min((room - natural) / gaps, size * 1.6, _WIDEST_GAP)) if gaps else 0.0
        narrowed = min(1.0, room / natural)
        left = box.left + (box.width - (natural + gaps * spacing) * narrowed) / 2
        baseline = box.bottom + box.height / 2 - _BASELINE_BELOW_MIDDLE * size
        font, *shown = self._written([(f"1 0 0 1 {_n(left, baseline)} Tm", found)], size)
        self._operators.append(f"q BT {font} {_n(spacing)} Tc {_n(narrowed * 100)} Tz {' '.join(shown)} ET Q")

    def across(self, text: str, box: Box, *, size: float, degrees: float, grey: float) -> None:
        """Write large grey text across a box, about its middle: the mark of a specimen."""
        turn = math.radians(degrees)
        cosine, sine = math.cos(turn), math.sin(turn)
        half = self._typeface.width(text) * size / _EM / 2
        drop = _BASELINE_BELOW_MIDDLE * size
        x = box.left + box.width / 2 - half * cosine + drop * sine
        y = box.bottom + box.height / 2 - half * sine - drop * cosine
        written = self._written([(f"{_n(cosine, sine, -sine, cosine, x, y)} Tm", sequences(text))], size)
        self._operators.append(f"q {_n(grey)} g BT {' '.join(written)} ET Q")


def _first_baseline(box: Box, size: float, lines: int) -> float:
    """Return where the first of some lines stands, so that all of them are centred in height."""
    return box.bottom + box.height / 2 + (lines - 1) * size * LEADING / 2 - _BASELINE_BELOW_MIDDLE * size


def _aligned(box: Box, width: float, align: Align, padding: float) -> float:
    """Return where a line of so many points begins that is not set at the left."""
    room = box.width - width
    return box.left + (room / 2 if align is Align.CENTRE else room - padding)


def _n(*numbers: float) -> str:
    """Write numbers shortly and always alike: a thousandth of a point is finer than any printer."""
    return " ".join(map(_number, numbers))


@lru_cache(maxsize=256)
def _font(resource: str, face: int, size: float) -> str:
    return f"/{font_name(resource, face)} {_n(size)} Tf"


@lru_cache(maxsize=4096)  # the places of a form's cells come again in every document
def _number(number: float) -> str:
    return f"{round(number, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
