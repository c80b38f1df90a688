"""What a content stream of ours may say: a closed grammar of whole lines, read apart from what writes them.

Each line is one act of the form (a placed part, a rule, a frame, a picture, a text, a label, the specimen's mark) and
matches its one pattern from end to end, operators, operands and their number; nothing else is a line of ours. So there
is no fill, no clipping, no colour but the mark's grey, no text render mode, no pattern, no graphics state from outside,
and no second way to read the bytes. Limit: what a character code looks like is the font's, not the stream's.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple

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
_RUN: Final = rf"1 0 0 1 {_N.replace('(-', '(?:-')} {_N.replace('(-', '(?:-')} Tm {_SHOW}"


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
    """One line: its act, the resource it names, and its numbers in their order (none of a text's or a label's)."""

    act: Act
    resource: str
    numbers: tuple[float, ...] = ()


_PATTERNS: Final = tuple(
    (act, re.compile(pattern))
    for act, pattern in (
        (Act.TEXT, rf"BT {_NAME} {_N} Tf {_RUN}(?: {_RUN})* ET"),
        (Act.FRAME, rf"{_N} w {_N} {_N} {_N} {_N} re S"),
        (Act.LABEL, rf"q BT {_NAME} {_N} Tf {_N} Tc {_N} Tz {_RUN} ET Q"),
        (Act.PLACE, rf"q 1 0 0 1 0 {_N} cm {_NAME} Do Q"),
        (Act.RULE, rf"{_N} w {_N} {_N} m {_N} {_N} l S"),
        (Act.PICTURE, rf"q {_N} 0 0 {_N} {_N} {_N} cm {_NAME} Do Q"),
        (Act.MARK, rf"q {_N} g BT {_NAME} {_N} Tf {_N} {_N} {_N} {_N} {_N} {_N} Tm {_SHOW} ET Q"),
    )
)
_SHOWN: Final = re.compile(r"<([0-9A-F]*)>")


def read_lines(content: bytes, codes: int, where: str) -> list[Line]:
    """Read a content stream.

    Args:
        content: the stream, decoded.
        codes: how many codes its font has, from 1 on.
        where: names the stream in a refusal.

    Raises:
        Refused: `PAGE_MISMATCH`: a line is none of ours, shows a code that the font has not, or sets text in a size
            that no cell has.
    """
    try:
        lines = content.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: not the form's operators") from error
    return [_read_line(line, codes, f"{where}, line {place}") for place, line in enumerate(lines, 1)]


def _read_line(text: str, codes: int, where: str) -> Line:
    matches = ((act, pattern.fullmatch(text)) for act, pattern in _PATTERNS)
    act, found = next(((act, found) for act, found in matches if found), (Act.TEXT, None))
    if found is None:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: not the form's operators")
    for shown in _SHOWN.findall(text):
        if not all(0 < int(shown[start : start + 4], 16) <= codes for start in range(0, len(shown), 4)):
            raise Refused(Code.PAGE_MISMATCH, f"{where}: a character that the font does not map")
    return _line(act, found, where)


def _line(act: Act, found: re.Match[str], where: str) -> Line:
    named = found.re.groupindex.get("resource", 0)
    numbers = tuple(float(text) for group, text in enumerate(found.groups(), 1) if group != named)
    if act is Act.TEXT:
        numbers += (0.0, _FULL)
    if act in (Act.TEXT, Act.LABEL):
        size, gap, width = numbers
        if not (_SMALLEST <= size <= _LARGEST and 0 <= gap <= _WIDEST_GAP and _NARROWEST <= width <= _FULL):
            raise Refused(Code.PAGE_MISMATCH, f"{where}: text of a size that no cell has")
        numbers = ()
    return Line(act, found["resource"] if named else "", numbers)


def alike(one: Line, other: Line) -> bool:
    """Say whether two lines do the same, but for the rounding of their numbers."""
    return (
        one[:2] == other[:2]
        and len(one.numbers) == len(other.numbers)
        and all(abs(first - second) <= ROUNDING for first, second in zip(one.numbers, other.numbers, strict=True))
    )
