"""The cells of one person's block, and the entries that belong in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from konbini.pdf.facts import Mark, PersonFacts
from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.drawing import Entry
from konbini.pdf.template import Marks

__all__ = ["PersonCells"]

_OWN: Final = frozenset(field.name for field in dataclasses.fields(PersonFacts))


class PersonCells:
    """Some cells of a person; where the values stand in the facts is looked up once.

    Args:
        cells: at least two; each shows a field of `PersonFacts` or, where that has none of its name, of its `items`.
    """

    __slots__ = ("_cells", "_values")

    def __init__(self, cells: Iterable[LabelledCell]) -> None:
        self._cells = [(cell.field, cell.slot, cell.mark_slot) for cell in cells]
        self._values = attrgetter(*(name if name in _OWN else f"items.{name}" for name, _, _ in self._cells))

    def entries(self, person: PersonFacts, marks: Marks, whose: str) -> list[Entry]:
        """Give what stands in each cell, as `entry` does, in the order of drawing."""
        return [
            (whose + name, marks.text(value), mark_slot) if isinstance(value, Mark) else (whose + name, value, slot)
            for (name, slot, mark_slot), value in zip(self._cells, self._values(person), strict=True)
        ]
