"""What a content stream of ours may say: a closed grammar of whole lines, read apart from what writes them.

Each line is one act of the form (a placed part, a rule, a frame, a picture, a text, a label, the specimen's mark) and
matches its one pattern from end to end, operators, operands and their number; nothing else is a line of ours. So there
is no fill, no clipping, no colour but the mark's grey, no text render mode, no pattern, no graphics state from outside,
and no second way to read the bytes. A line that writes says what it writes (`Piece`): its codes through the font's text
map, from where its matrix sets the pen. Limit: what a character code looks like is the font's, not the stream's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from konbini.pdf.originals import ReadFont
from konbini.pdf.written_text import Piece, Shown, read_pieces, read_shown
from konbini.protocol.errors import Code, Refused

__all__ = ["ROUNDING", "Act", "Line", "alike", "read_lines"]

_SMALLEST: Final = 5.0  # points; no cell is set smaller
_LARGEST: Final = 20.0
_NARROWEST: Final = 50.0  # per cent; no label is narrower
_FULL: Final = 100.0
_WIDEST_GAP: Final = 12.0  # points between a label's characters
ROUNDING: Final = 0.0011  # points; numbers are written to a thousandth

_N: Final = r"(-?[0-9]{1,4}(?:\.[0-9]{1,3})?)"
_NAME: Final = r"/(?P<resource>[A-Z][A-Za-z0-9]*)"
_SHOW: Final = r"<(?:[0-9A-F]{4})*> Tj"
_ANY: Final = _N.replace("(-", "(?:-")
_SET: Final = rf"/[A-Z][A-Za-z0-9]* {_ANY} Tf "  # the next face of the chain, or back to the one before
_SHOWS: Final = rf"{_SHOW}(?: {_SET}{_SHOW})*"
_TO: Final = rf"1 0 0 1 {_ANY} {_ANY} Tm "


class Act(Enum):
    """What one line does."""

    PLACE = auto()
    PICTURE = auto()
    RULE = auto()
    FRAME = auto()
    TEXT = auto()
    LABEL = auto()
    MARK = auto()


class Line(NamedTuple):
    """One line.

    Attributes:
        act: what it does.
        resource: what it names.
        numbers: its numbers in their order; none of a text's or a label's.
        pieces: what it writes, in order.
    """

    act: Act
    resource: str
    numbers: tuple[float, ...] = ()
    pieces: tuple[Piece, ...] = ()


_PATTERNS: Final = tuple(
    (act, re.compile(pattern))
    for act, pattern in (
        (Act.TEXT, rf"BT {_NAME} {_N} Tf {_TO}{_SHOWS}(?: (?:{_SET})?{_TO}{_SHOWS})* ET"),
        (Act.FRAME, rf"{_N} w {_N} {_N} {_N} {_N} re S"),
        (Act.LABEL, rf"q BT {_NAME} {_N} Tf {_N} Tc {_N} Tz {_TO}{_SHOWS} ET Q"),
        (Act.PLACE, rf"q 1 0 0 1 0 {_N} cm {_NAME} Do Q"),
        (Act.RULE, rf"{_N} w {_N} {_N} m {_N} {_N} l S"),
        (Act.PICTURE, rf"q {_N} 0 0 {_N} {_N} {_N} cm {_NAME} Do Q"),
        (Act.MARK, rf"q {_N} g BT {_NAME} {_N} Tf {_N} {_N} {_N} {_N} {_N} {_N} Tm {_SHOWS} ET Q"),
    )
)
_ONE_PIECE: Final = re.compile(rf"BT {_NAME} {_N} Tf 1 0 0 1 {_N} {_N} Tm <((?:[0-9A-F]{{4}})+)> Tj ET")
"""The most usual line that writes: one that `Act.TEXT` has too, of one piece in one font."""
_TEXT: Final = Act.TEXT
_SHOWN: Final = "Tj"
_FIGURES: Final = "0123456789"
_LONGEST: Final = 120  # characters of a line that shows no text
_WRITING: Final = frozenset((Act.TEXT, Act.LABEL, Act.MARK))
_WRITTEN: Final = tuple((act, pattern) for act, pattern in _PATTERNS if act in _WRITING)
_PAINTED: Final = tuple((act, pattern) for act, pattern in _PATTERNS if act not in _WRITING)


def read_lines(content: bytes, fonts: Mapping[str, ReadFont], where: str) -> list[Line]:
    """Read a content stream.

    Args:
        content: the stream, decoded.
        fonts: its fonts by their names.
        where: names the stream in a refusal.

    Returns:
        The lines; what a text is written in is named by its family, `V` for `V`, `V2`, ...

    Raises:
        Refused: `PAGE_MISMATCH`: a line is none of ours, names a font that is not the stream's, shows a code that its
            font has not, or sets text in a size that no cell has.
    """
    try:
        lines = content.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: not the form's operators") from error
    shown: dict[tuple[str, str], Shown | None] = {}  # of this stream: what stands in many cells is read once
    return [
        _plain(line, fonts, shown) or _read_line(line, fonts, f"{where}, line {place}")
        for place, line in enumerate(lines, 1)
    ]


def _plain(text: str, fonts: Mapping[str, ReadFont], shown: dict[tuple[str, str], Shown | None]) -> Line | None:
    """Read the most usual line that writes; None where it is another one, or one to refuse."""
    found = _ONE_PIECE.fullmatch(text)
    if found is None:
        return None
    name, size, x, y, codes = found.groups()
    points = float(size)
    if name not in fonts or not _SMALLEST <= points <= _LARGEST:
        return None
    known = shown.get((name, codes))
    if known is None:
        known = shown[name, codes] = read_shown(fonts[name], codes)
    return known and Line(_TEXT, name.rstrip(_FIGURES), (), (known.piece(points, float(x), float(y)),))


def _read_line(text: str, fonts: Mapping[str, ReadFont], where: str) -> Line:
    line = _written(text, fonts, where) if _SHOWN in text else _painted(text) if len(text) <= _LONGEST else None
    if line is None:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: not the form's operators")
    return line


def _written(text: str, fonts: Mapping[str, ReadFont], where: str) -> Line | None:
    for act, pattern in _WRITTEN:
        found = pattern.fullmatch(text)
        if found:
            return _writing(act, found, fonts, where)
    return None


@lru_cache(maxsize=4096)  # the form's own rules come again in every document; no line with text is kept
def _painted(text: str) -> Line | None:
    for act, pattern in _PAINTED:
        found = pattern.fullmatch(text)
        if found:
            resource = found["resource"] if "resource" in pattern.groupindex else ""
            return Line(act, resource, tuple(float(text) for text in found.groups() if text != resource))
    return None


def _writing(act: Act, found: re.Match[str], fonts: Mapping[str, ReadFont], where: str) -> Line:
    """Take a line that writes apart; the mark's numbers are the form's, all others have bounds."""
    family = found["resource"].rstrip(_FIGURES)
    first, *others = (text for text in found.groups() if text != found["resource"])
    numbers = (float(first), *map(float, others))
    if act is Act.MARK:
        pieces = (piece._replace(turned=True) for piece in read_pieces(found[0], fonts, where))
        return Line(act, family, numbers, tuple(pieces))
    size, gap, width = numbers if act is Act.LABEL else (*numbers, 0.0, _FULL)
    _check_bounds(size, gap, width, where)
    return Line(act, family, (), read_pieces(found[0], fonts, where, gap=gap, width=width / _FULL))


def _check_bounds(size: float, gap: float, width: float, where: str) -> None:
    if not (_SMALLEST <= size <= _LARGEST and 0 <= gap <= _WIDEST_GAP and _NARROWEST <= width <= _FULL):
        raise Refused(Code.PAGE_MISMATCH, f"{where}: text of a size that no cell has")


def alike(one: Line, other: Line) -> bool:
    """Say whether two lines do the same, but for the rounding of their numbers and for what they write."""
    return (
        one[:2] == other[:2]
        and len(one.numbers) == len(other.numbers)
        and all(abs(first - second) <= ROUNDING for first, second in zip(one.numbers, other.numbers, strict=True))
    )
