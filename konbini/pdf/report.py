"""A report of a ward's office on A4: a title, some lines, tables of figures, and on each page who made it and when.

The same type, rules and shell as the ward's certificates, and nothing of what makes those evidence: no seal, no code,
no signature. Equal reports give equal bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple

from konbini.pdf.archive import add_profile, kept_entries
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, MM, Box
from konbini.pdf.forms.ink import Align, Ink, Slot
from konbini.pdf.forms.setting import LEADING, Step, Steps, set_text
from konbini.pdf.objects import Revision, StreamBody
from konbini.protocol.errors import Code, Refused

__all__ = ["Column", "Report", "Table", "draw_report"]

_LEFT: Final = 16 * MM
_WIDTH: Final = A4_WIDTH - 2 * _LEFT
_TOP: Final = A4_HEIGHT - 18 * MM
_BOTTOM: Final = 24 * MM
_FOOT: Final = 14 * MM
_ROW: Final = 5.6 * MM
_TITLE_HEIGHT: Final = 11 * MM
_HEADING_HEIGHT: Final = 11 * MM
_AIR: Final = 3.0
"""Points of a row that its lines leave free."""
_THICK, _THIN = 0.7, 0.25
_TITLE, _HEADING, _PLAIN, _SMALL = (
    (Step(15, 1),),
    (Step(10, 1),),
    (Step(8.5, 1), Step(7, 1), Step(5.5, 1)),
    (Step(7, 1),),
)
_ID_BYTES: Final = 16
_MOST_UNITS: Final = 8
"""How many times higher than others a row may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name, its share of the width, and whether figures stand in it."""

    title: str
    share: int
    is_figure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table under its title; a table without rows says so with `nothing`."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported: `lines` stand under the title, `mark` at the foot of each page; the day is the file's date."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    mark: str
    day: date


class _Row(NamedTuple):
    """A row as it is laid: its texts, and its height in points."""

    texts: tuple[str, ...]
    height: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A table, or as much of it as one page holds: where its title's box begins, and the rows that stand there."""

    table: Table
    top: float
    rows: tuple[_Row, ...]


def draw_report(report: Report, typeface: Typeface) -> bytes:
    """Draw a report.

    Raises:
        Refused: `FORM_OVERFLOW` naming the column that a text is too long for, or `GLYPH_MISSING`.
    """
    words, revision = Subset(typeface, "REPORT"), Revision()
    profile = add_profile(revision)
    pages = _paged(report, typeface)
    contents = []
    for number, parts in enumerate(pages, 1):
        ink = Ink(words, "V")
        if number == 1:
            _draw_head(ink, report)
        for part in parts:
            _draw_part(ink, part)
        _draw_foot(ink, report.mark, f"{number} / {len(pages)}")
        contents.append(ink.content())
    streams = [revision.add(StreamBody.compressed(content)) for content in contents]
    fonts = words.write(revision, "V", level=6)
    tree = revision.reserve()
    kids = [
        revision.add(
            f"<< /Type /Page /Parent {tree} /MediaBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] /Contents {stream} "
            f"/Resources << /Font << {fonts} >> >> >>"
        )
        for stream in streams
    ]
    revision.put(tree, f"<< /Type /Pages /Kids [{' '.join(map(str, kids))}] /Count {len(kids)} >>")
    root = revision.add(
        f"<< /Type /Catalog /Pages {tree} {kept_entries(revision, report.title, report.day, profile=profile)} >>"
    )
    return revision.to_file(root=root, identity=hashlib.sha256(b"\n".join(contents)).digest()[:_ID_BYTES])


def _paged(report: Report, typeface: Typeface) -> list[list[_Part]]:
    """Lay the tables one under the other; what does not fit goes on on the next page, under its title again."""
    pages: list[list[_Part]] = [[]]
    top = _TOP - _TITLE_HEIGHT - len(report.lines) * _ROW
    for table in report.tables:
        rest = [_Row(row, _height(table.columns, row, typeface)) for row in table.rows]
        while True:
            head = _HEADING_HEIGHT + _ROW
            count = _fitting(rest, top - head - _BOTTOM)
            if count == 0 and top < _TOP:
                pages.append([])
                top = _TOP
                continue
            part = _Part(table, top, tuple(rest[:count]))
            pages[-1].append(part)
            top -= head + (sum(row.height for row in part.rows) or _ROW)
            rest = rest[count:]
            if not rest:
                break
    return pages


def _fitting(rows: Sequence[_Row], room: float) -> int:
    """Count the rows that a room holds; a table without rows needs the room of one all the same."""
    if not rows:
        return int(room >= _ROW)
    ends = accumulate(row.height for row in rows)
    return sum(end <= room for end in ends)


def _height(columns: Sequence[Column], texts: Sequence[str], typeface: Typeface) -> float:
    """Give the height of a row whose longest text is broken into lines: the highest for what no row holds.

    Raises:
        Refused: `GLYPH_MISSING`.
    """
    for unit in range(1, _MOST_UNITS):
        height = unit * _ROW
        try:
            for column, box, text in zip(columns, _boxes(columns, 0.0, height), texts, strict=True):
                set_text(text, box, _steps(height), typeface, cell=column.title)
        except Refused as refused:
            if refused.code is not Code.FORM_OVERFLOW:
                raise
        else:
            return height
    return _MOST_UNITS * _ROW


def _draw_head(ink: Ink, report: Report) -> None:
    box = Box(_LEFT, _TOP - _TITLE_HEIGHT, _WIDTH, _TITLE_HEIGHT)
    ink.write(Slot(box, _TITLE, padding=0.0), report.title, "title")
    for number, text in enumerate(report.lines, 1):
        ink.write(Slot(Box(_LEFT, box.bottom - number * _ROW, _WIDTH, _ROW), _PLAIN, padding=0.0), text, "line")


def _draw_part(ink: Ink, part: _Part) -> None:
    table = part.table
    heading = Box(_LEFT, part.top - _HEADING_HEIGHT, _WIDTH, _HEADING_HEIGHT)
    ink.write(Slot(heading, _HEADING, padding=0.0), table.title, "title of a table")
    ink.rule((_LEFT, heading.bottom), (_LEFT + _WIDTH, heading.bottom), _THICK)
    _draw_row(ink, table.columns, tuple(column.title for column in table.columns), heading.bottom, _ROW)
    top = heading.bottom - _ROW
    ink.rule((_LEFT, top), (_LEFT + _WIDTH, top), _THICK)
    for row in part.rows:
        _draw_row(ink, table.columns, row.texts, top, row.height)
        top -= row.height
        ink.rule((_LEFT, top), (_LEFT + _WIDTH, top), _THIN)
    if not part.rows:
        ink.write(Slot(Box(_LEFT, top - _ROW, _WIDTH, _ROW), _PLAIN), table.nothing, "nothing")


def _draw_row(ink: Ink, columns: Sequence[Column], texts: Sequence[str], top: float, height: float) -> None:
    for column, box, text in zip(columns, _boxes(columns, top, height), texts, strict=True):
        align = Align.RIGHT if column.is_figure else Align.LEFT
        ink.write(Slot(box, _steps(height), align), text, f"column {column.title}")


def _steps(height: float) -> Steps:
    """Give how a text is set in a row: on one line, or smaller on as many as the row holds."""
    return (Step(8, 1), Step(7, 1), Step(7, int((height - _AIR) / (7 * LEADING))))


def _boxes(columns: Sequence[Column], top: float, height: float) -> Iterator[Box]:
    whole, left = sum(column.share for column in columns), _LEFT
    for column in columns:
        width = _WIDTH * column.share / whole
        yield Box(left, top - height, width, height)
        left += width


def _draw_foot(ink: Ink, mark: str, page: str) -> None:
    box = Box(_LEFT, _FOOT - _ROW, _WIDTH, _ROW)
    ink.rule((_LEFT, _FOOT), (_LEFT + _WIDTH, _FOOT), _THIN)
    ink.write(Slot(box, _SMALL, padding=0.0), mark, "mark")
    ink.write(Slot(box, _SMALL, Align.RIGHT, padding=0.0), page, "page")
