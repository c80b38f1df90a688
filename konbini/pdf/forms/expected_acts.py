"""What a finished page may paint beside its text: said again from the geometry, apart from what drew it.

The drawing and these lists share boxes and nothing else, as `expected` does for texts. Each list names every rule,
frame, picture and mark of one part of the form, in the order of drawing; what is not in it must not be painted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from konbini.pdf.content import Act, Line
from konbini.pdf.forms import copy_evident, sheet
from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.geometry import Box
from konbini.pdf.picture import Picture
from konbini.pdf.template import Template

__all__ = ["HEAVY", "LIGHT", "ExpectedActs", "framed", "framed_cells", "over_pattern", "sheet_acts", "with_codes"]

HEAVY: Final = 0.9
LIGHT: Final = 0.35
_FOOT: Final = 0.4
_MARK_GREY: Final = 0.92
_MARK_SIZE: Final = 250.0
_MARK_TURN: Final = math.radians(48)
_MARK_DROP: Final = 0.38 * _MARK_SIZE  # from the middle of the em box to its baseline
_MARK_HALF: Final = _MARK_SIZE  # 見本: two characters, each one em wide


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedActs:
    """What one page places before its text, in order, and what each of the things so placed is.

    Attributes:
        places: parts of the form and pictures.
        parts: by name, what each part paints beside its text.
        pictures: by name, every picture that the page or one of its parts may place.
    """

    places: tuple[Line, ...]
    parts: dict[str, tuple[Line, ...]]
    pictures: dict[str, Picture]


def over_pattern(pages: Iterable[ExpectedActs], template: Template) -> tuple[ExpectedActs, ...]:
    """Return the pages with the copy-evident pattern under them, where the template has it."""
    if not template.copy_evident:
        return tuple(pages)
    name = copy_evident.RESOURCE
    return tuple(
        replace(page, places=(Line(Act.PLACE, name, (0.0,)), *page.places), parts={name: _pattern(), **page.parts})
        for page in pages
    )


@cache
def _pattern() -> tuple[Line, ...]:
    return tuple(_picture(one.resource, one.box) for one in copy_evident.placed())


def with_codes(pages: Iterable[ExpectedActs], codes: Sequence[Picture]) -> tuple[ExpectedActs, ...]:
    """Return the pages with the paper seal's code on each: a picture of its own, behind everything else placed.

    Raises:
        ValueError: not as many codes as pages.
    """
    return tuple(
        replace(
            page,
            places=(*page.places, _picture(name, sheet.CODE)),
            pictures={**page.pictures, name: code},
        )
        for name, page, code in zip(map("Code{}".format, range(1, len(codes) + 1)), pages, codes, strict=True)
    )


def _picture(resource: str, box: Box) -> Line:
    return Line(Act.PICTURE, resource, (box.width, box.height, box.left, box.bottom))


def framed(box: Box, width: float) -> Line:
    """Return the frame around a box."""
    return Line(Act.FRAME, "", (width, box.left, box.bottom, box.width, box.height))


def framed_cells(cells: Iterable[LabelledCell]) -> list[Line]:
    """Return the frames of labelled cells."""
    return [framed(box, LIGHT) for cell in cells for box in (cell.label_box, cell.box)]


def sheet_acts(template: Template) -> tuple[Line, ...]:
    """Return what every form's sheet paints before the form's own rules."""
    foot = sheet.BOTTOM_RULE
    return (
        *([_mark()] if template.specimen else []),
        _picture("Seal", sheet.seal_box(template)),
        Line(Act.RULE, "", (_FOOT, sheet.LEFT, foot, sheet.LEFT + sheet.FOOT_WIDTH, foot)),
    )


def _mark() -> Line:
    """Say where the specimen's mark stands: about the middle of its box, turned."""
    cosine, sine = math.cos(_MARK_TURN), math.sin(_MARK_TURN)
    box = sheet.SPECIMEN
    x = (box.left + box.right) / 2 - _MARK_HALF * cosine + _MARK_DROP * sine
    y = (box.bottom + box.top) / 2 - _MARK_HALF * sine - _MARK_DROP * cosine
    return Line(Act.MARK, "L", (_MARK_GREY, _MARK_SIZE, cosine, sine, -sine, cosine, x, y))
