"""What a form says on its pages by itself: title, sentence, labels, marks of what is unused; the same for everybody.

Written here from the grids, as each form draws its own parts, and apart from what reads them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from konbini.pdf.forms import (
    individual_record,
    individual_record_grid,
    resident_record,
    resident_record_grid,
    seal_registration,
    seal_registration_grid,
    sheet,
)
from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.drawing import Placed
from konbini.pdf.forms.geometry import Box
from konbini.pdf.template import Template
from konbini.protocol.kinds import Scope
from konbini.simulation.world.papers.paper import Text, place_of

__all__ = ["fixed_texts"]

_Said = Iterator[tuple[Box, str]]


def fixed_texts(template: Template, scope: Scope, placed: Iterable[Placed]) -> tuple[Text, ...]:
    """Give what a page says beside the facts, in the order of places.

    Args:
        template: its words.
        scope: chooses the certifying sentence.
        placed: the parts that the form puts over the sheet.
    """
    said = [*_sheet(template, scope), *_HEADS[template.kind](template)]
    for part in placed:
        said += [(box.moved(up=part.up), text) for box, text in _PARTS[template.kind](template, part.part)]
    return tuple(sorted(Text(place_of(box), text) for box, text in said if text))


def _sheet(template: Template, scope: Scope) -> _Said:
    yield sheet.TITLE, template.title
    yield sheet.SENTENCE, template.sentences.of(scope)
    yield sheet.MAYOR, template.mayor
    yield sheet.SEAL_NOTE, template.seal.note
    yield sheet.FEE, template.fee_text
    yield sheet.NUMBER_LABEL, "発行番号"
    yield sheet.HASH_LABEL, "照合番号"


def _labels(cells: Iterable[LabelledCell]) -> _Said:
    for cell in cells:
        yield cell.label_box, cell.label


def _household_head(_template: Template) -> _Said:
    return _labels((resident_record_grid.ADDRESS, resident_record_grid.HEAD))


def _household_part(template: Template, part: str) -> _Said:
    grid = resident_record_grid
    if part == "Japanese":
        yield from _labels(grid.JAPANESE)
        for box in (*grid.SPARE_LABELS, *grid.SPARE_VALUES):
            yield box, template.marks.unused
    elif part == "Foreign":
        yield from _labels(grid.FOREIGN)
    else:
        used = grid.BLOCKS - int(part.removeprefix("Unused"))
        yield grid.nothing_below_box(used), template.nothing_below


def _individual_head(_template: Template) -> _Said:
    return _labels((individual_record_grid.ADDRESS, individual_record_grid.HEAD))


def _individual_part(_template: Template, part: str) -> _Said:
    return _labels(individual_record_grid.FOREIGN if part == "Foreign" else individual_record_grid.JAPANESE)


def _seal_head(template: Template) -> _Said:
    grid = seal_registration_grid
    yield grid.IMPRESSION_LABEL, "印影"
    yield grid.NOTHING_BELOW, template.nothing_below
    yield from _labels(grid.CELLS)


def _no_part(_template: Template, part: str) -> _Said:
    raise KeyError(part)


_HEADS: Final[dict[str, Callable[[Template], _Said]]] = {
    resident_record.KIND: _household_head,
    resident_record.ITEMS_KIND: _household_head,
    individual_record.KIND: _individual_head,
    individual_record.ITEMS_KIND: _individual_head,
    seal_registration.KIND: _seal_head,
}
_PARTS: Final[dict[str, Callable[[Template, str], _Said]]] = {
    resident_record.KIND: _household_part,
    resident_record.ITEMS_KIND: _household_part,
    individual_record.KIND: _individual_part,
    individual_record.ITEMS_KIND: _individual_part,
    seal_registration.KIND: _no_part,
}
