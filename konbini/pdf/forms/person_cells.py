"""The cells of one person's block, with the values that belong in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from konbini.pdf.facts import Cell, PersonFacts
from konbini.pdf.forms.cells import LabelledCell

__all__ = ["PersonCells"]

_OWN: Final = frozenset(field.name for field in dataclasses.fields(PersonFacts))


class PersonCells:
    """Some cells of a person; where the values stand in the facts is looked up once.

    Args:
        cells: at least two; each shows a field of `PersonFacts` or, where that has none of its name, of its `items`.
    """

    __slots__ = ("_cells", "_values")

    def __init__(self, cells: Iterable[LabelledCell]) -> None:
        self._cells = tuple(cells)
        names = [cell.field if cell.field in _OWN else f"items.{cell.field}" for cell in self._cells]
        self._values = attrgetter(*names)

    def of(self, person: PersonFacts) -> Iterator[tuple[LabelledCell, Cell]]:
        """Give each cell with its value, in the order of drawing."""
        return zip(self._cells, self._values(person), strict=True)
