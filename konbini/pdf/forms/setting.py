"""Setting text in a cell: the permitted steps from the largest type to the smallest, and the breaking into lines.

Japanese text breaks between any two sequences but not before closing marks (a small part of JIS X 4051's rules); Latin
words stay whole where a space allows it. Nothing is squeezed, cut or left out: what no step holds refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from konbini.pdf.characters import sequences
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.geometry import MM, Box
from konbini.protocol.errors import Code, Refused

__all__ = ["LEADING", "PADDING", "Step", "Steps", "Typeset", "set_text", "widest"]

PADDING: Final = 1.1 * MM
LEADING: Final = 1.12
_EM: Final = 1000
_NEVER_FIRST: Final = frozenset("、。，．）」』】〕・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々　 ")


@dataclass(frozen=True, slots=True)
class Step:
    """One permitted way to set a cell: type size in points and the most lines."""

    size: float
    lines: int

    @property
    def height(self) -> float:
        """Points that its lines take, all of them."""
        return self.lines * self.size * (LEADING if self.lines > 1 else 1)


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeset:
    """Text that fits its box; `width` is that of its one line in thousandths of an em, None where there are more."""

    size: float
    lines: tuple[str, ...]
    width: int | None = None


def set_text(  # noqa: PLR0913 - what, where, how, with what; and a name for the refusal
    text: str, box: Box, steps: Sequence[Step], typeface: Typeface, *, cell: str, padding: float = PADDING
) -> Typeset:
    """Set a text by the first step that holds it, `padding` free at both sides.

    Raises:
        Refused: `FORM_OVERFLOW` naming the cell, or `GLYPH_MISSING`.
    """
    room = box.width - 2 * padding
    measured = typeface.width(text)
    width = measured / _EM
    for step in steps:
        if step.height > box.height:
            continue
        if width * step.size <= room:
            return Typeset(size=step.size, lines=(text,), width=measured)
        for at_spaces in (True, False) if step.lines > 1 else ():
            lines = _broken(text, room / step.size * _EM, typeface, step.lines, at_spaces=at_spaces)
            if lines:
                return Typeset(size=step.size, lines=lines)
    raise Refused(Code.FORM_OVERFLOW, f"{cell}: {len(sequences(text))} characters do not fit")


def widest(box: Box, size: float, padding: float) -> int:
    """Return the width in thousandths of an em of the widest text that `set_text` sets in one line of a size."""
    room = box.width - 2 * padding
    most = round(room / size * _EM)
    return most if most / _EM * size <= room else most - 1


def _broken(text: str, most: float, typeface: Typeface, lines: int, *, at_spaces: bool) -> tuple[str, ...] | None:
    """Fill lines one after the other; None if the text needs more of them, or a line has no place to break.

    With `at_spaces` a line ends where a full-width space stands beyond its first third: an address breaks before the
    building (方書).
    """
    found: list[str] = []
    rest = sequences(text)
    while rest:
        count = _fitting(rest, most, typeface)
        if count < len(rest):
            count = _break_before(rest, count, at_spaces=at_spaces)
        if count == 0 or len(found) == lines:
            return None
        found.append("".join(rest[:count]).strip(" 　"))
        rest = rest[count:]
        while rest and rest[0] in " 　":
            rest = rest[1:]
    return tuple(found)


def _fitting(rest: Sequence[str], most: float, typeface: Typeface) -> int:
    used = 0
    for count, sequence in enumerate(rest):
        used += typeface.advance(sequence)
        if used > most:
            return count
    return len(rest)


def _break_before(rest: Sequence[str], most: int, *, at_spaces: bool) -> int:
    """Return the last permitted break at or before `most`; a Latin word longer than the line breaks within."""
    if at_spaces and (wide := [count for count in range(most, most // 3, -1) if rest[count] == "　"]):
        return wide[0]
    for count in range(most, 0, -1):
        before, after = rest[count - 1], rest[count]
        within_word = before.isascii() and after.isascii() and " " not in (before, after)
        if after == " " or not (within_word or after in _NEVER_FIRST):
            return count
    return most
