"""What a content stream of ours may say: a closed grammar of whole lines, read apart from what writes them.

Each line is one act of the form (a placed part, a rule, a frame, a picture, a text, a label, the specimen's mark) and
matches its one pattern from end to end, operators, operands and their number; nothing else is a line of ours. So there
is no fill, no clipping, no colour but the mark's grey, no text render mode, no pattern, no graphics state from outside,
and no second way to read the bytes. Limit: what a character code looks like is the font's, not the stream's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
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
    """One line: its act, the resource it names, and its numbers in their order (none of a text's or a label's)."""

    act: Act
    resource: str
    numbers: tuple[float, ...] = ()


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
_STEP: Final = re.compile(rf"/([A-Z][A-Za-z0-9]*) ({_ANY}) Tf|<([0-9A-F]*)> Tj")
_SHOWN: Final = "Tj"
_LONGEST: Final = 120  # characters of a line that shows no text
_WRITING: Final = frozenset((Act.TEXT, Act.LABEL, Act.MARK))


def read_lines(content: bytes, codes: Mapping[str, int], where: str) -> list[Line]:
    """Read a content stream.

    Args:
        content: the stream, decoded.
        codes: how many codes each of its fonts has, from 1 on.
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
    return [_read_line(line, codes, f"{where}, line {place}") for place, line in enumerate(lines, 1)]


def _read_line(text: str, codes: Mapping[str, int], where: str) -> Line:
    line = _written(text, codes, where) if _SHOWN in text else _painted(text) if len(text) <= _LONGEST else None
    if line is None:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: not the form's operators")
    return line


def _written(text: str, codes: Mapping[str, int], where: str) -> Line | None:
    for act, pattern in _PATTERNS:
        found = pattern.fullmatch(text) if act in _WRITING else None
        if found:
            _check_writing(text, codes, where)
            return _line(act, found, where)
    return None


@lru_cache(maxsize=4096)  # the form's own rules come again in every document; no line with text is kept
def _painted(text: str) -> Line | None:
    for act, pattern in _PATTERNS:
        found = None if act in _WRITING else pattern.fullmatch(text)
        if found:
            return _line(act, found, "")
    return None


def _check_writing(text: str, codes: Mapping[str, int], where: str) -> None:
    """Follow the fonts of a line: one size, each of the stream's own, and no code beyond the font in force."""
    sizes, last = set(), ""
    for name, size, shown in _STEP.findall(text):
        if name:
            if name not in codes:
                raise Refused(Code.PAGE_MISMATCH, f"{where}: another font")
            sizes.add(size)
            last = f"{codes[name]:04X}"
        elif not all("0000" < shown[start : start + 4] <= last for start in range(0, len(shown), 4)):
            raise Refused(Code.PAGE_MISMATCH, f"{where}: a character that the font does not map")
    if len(sizes) != 1:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: text of several sizes")


def _line(act: Act, found: re.Match[str], where: str) -> Line:
    named = found.re.groupindex.get("resource", 0)
    numbers = tuple(float(text) for group, text in enumerate(found.groups(), 1) if group != named)
    resource = found["resource"] if named else ""
    if act in _WRITING:
        resource = resource.rstrip("0123456789")
    if act is Act.TEXT:
        numbers += (0.0, _FULL)
    if act in (Act.TEXT, Act.LABEL):
        size, gap, width = numbers
        if not (_SMALLEST <= size <= _LARGEST and 0 <= gap <= _WIDEST_GAP and _NARROWEST <= width <= _FULL):
            raise Refused(Code.PAGE_MISMATCH, f"{where}: text of a size that no cell has")
        numbers = ()
    return Line(act, resource, numbers)


def alike(one: Line, other: Line) -> bool:
    """Say whether two lines do the same, but for the rounding of their numbers."""
    return (
        one[:2] == other[:2]
        and len(one.numbers) == len(other.numbers)
        and all(abs(first - second) <= ROUNDING for first, second in zip(one.numbers, other.numbers, strict=True))
    )
