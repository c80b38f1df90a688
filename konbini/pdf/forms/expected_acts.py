"""What a finished page may paint beside its text: said again from the geometry, apart from what drew it.

The drawing and these lists share boxes and nothing else, as `expected` does for texts. Each list names every rule,
frame, picture and mark of one part of the form, in the order of drawing; what is not in it must not be painted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from konbini.pdf.content import Act, Line
from konbini.pdf.facts import CertificateFacts, ForeignItems
from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms import sheet
from konbini.pdf.forms.geometry import Box
from konbini.pdf.template import Template

__all__ = ["ExpectedActs", "expected_acts"]

_HEAVY: Final = 0.9
_LIGHT: Final = 0.35
_FOOT: Final = 0.4
_MARK_GREY: Final = 0.92
_MARK_SIZE: Final = 250.0
_MARK_TURN: Final = math.radians(48)
_MARK_DROP: Final = 0.38 * _MARK_SIZE  # from the middle of the em box to its baseline
_MARK_HALF: Final = _MARK_SIZE  # 見本: two characters, each one em wide


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedActs:
    """What one page places, in order, and what each of the parts so placed paints beside its text."""

    places: tuple[Line, ...]
    parts: dict[str, tuple[Line, ...]]


def expected_acts(facts: CertificateFacts, template: Template) -> tuple[ExpectedActs, ...]:
    """Return what each page of a resident record, household form, paints."""
    starts = range(0, len(facts.people), grid.BLOCKS)
    return tuple(_page(facts, template, start) for start in starts)


def _page(facts: CertificateFacts, template: Template, start: int) -> ExpectedActs:
    people = facts.people[start : start + grid.BLOCKS]
    first = f"Sheet{int(facts.scope)}"
    places = [Line(Act.PLACE, first, (0.0,))]
    parts = {first: _sheet(template)}
    for place, person in enumerate(people):
        name = "Foreign" if isinstance(person.items, ForeignItems) else "Japanese"
        places.append(Line(Act.PLACE, name, (-place * grid.BLOCK_HEIGHT,)))
        parts[name] = _block(foreign=name == "Foreign")
    if len(people) < grid.BLOCKS:
        last = f"Unused{grid.BLOCKS - len(people)}"
        places.append(Line(Act.PLACE, last, (0.0,)))
        parts[last] = _unused(len(people))
    return ExpectedActs(places=tuple(places), parts=parts)


def _frame(box: Box, width: float) -> Line:
    return Line(Act.FRAME, "", (width, box.left, box.bottom, box.width, box.height))


def _cells(cells: Iterable[grid.LabelledCell]) -> list[Line]:
    return [_frame(box, _LIGHT) for cell in cells for box in (cell.label_box, cell.box)]


def _sheet(template: Template) -> tuple[Line, ...]:
    box, foot = sheet.seal_box(template), sheet.BOTTOM_RULE
    return (
        *([_mark()] if template.specimen else []),
        Line(Act.PICTURE, "Seal", (box.width, box.height, box.left, box.bottom)),
        Line(Act.RULE, "", (_FOOT, sheet.LEFT, foot, sheet.LEFT + sheet.WIDTH, foot)),
        *_cells((grid.ADDRESS, grid.HEAD)),
        _frame(grid.HOUSEHOLD, _HEAVY),
    )


def _mark() -> Line:
    """Say where the specimen's mark stands: about the middle of its box, turned."""
    cosine, sine = math.cos(_MARK_TURN), math.sin(_MARK_TURN)
    box = sheet.SPECIMEN
    x = (box.left + box.right) / 2 - _MARK_HALF * cosine + _MARK_DROP * sine
    y = (box.bottom + box.top) / 2 - _MARK_HALF * sine - _MARK_DROP * cosine
    return Line(Act.MARK, "L", (_MARK_GREY, _MARK_SIZE, cosine, sine, -sine, cosine, x, y))


def _block(*, foreign: bool) -> tuple[Line, ...]:
    spare = () if foreign else (*grid.SPARE_LABELS, *grid.SPARE_VALUES)
    return (
        *(_frame(box, _LIGHT) for box in spare),
        *_cells(grid.FOREIGN if foreign else grid.JAPANESE),
        _frame(grid.ORDINAL, _LIGHT),
        _frame(grid.block_box(0), _HEAVY),
    )


def _unused(used: int) -> tuple[Line, ...]:
    box, note = grid.unused_box(used), grid.nothing_below_box(used)
    stroke = Line(Act.RULE, "", (_LIGHT, box.right, note.bottom, box.left, box.bottom))
    return _frame(box, _HEAVY), stroke
