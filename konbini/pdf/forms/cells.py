"""Labelled cells: the unit that every certificate's grid is made of.

A cell knows the field of the facts that it shows, its label, both boxes and how its text may be set; what belongs in
it is said by who draws and, apart from that, by who reads back.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from konbini.pdf.forms.geometry import MM, Box
from konbini.pdf.forms.ink import Align, Slot
from konbini.pdf.forms.setting import PADDING, Step, Steps

__all__ = ["ROOMY", "THICK", "THIN", "LabelledCell"]

THICK: Final = 0.9
"""Points; the rule around a block."""
THIN: Final = 0.35
"""Points; the rule around a cell."""
ROOMY: Final = 2 * MM
"""The padding of a form whose rows are high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCell:
    """One labelled cell: the facts' field that it shows, its label, both boxes, and how its text is set.

    Its slots for a text and for a mark are made with it.
    """

    field: str
    label: str
    label_box: Box
    box: Box
    steps: Steps
    mark_steps: Steps = (Step(7.5, 1), Step(6, 1))
    align: Align = Align.LEFT
    padding: float = PADDING
    slot: Slot = dataclasses.field(init=False, repr=False, compare=False)
    mark_slot: Slot = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slot", Slot(self.box, self.steps, self.align, self.padding))
        object.__setattr__(self, "mark_slot", Slot(self.box, self.mark_steps, Align.CENTRE, self.padding))

    def moved(self, *, up: float) -> LabelledCell:
        """Return the same cell further up the page."""
        return dataclasses.replace(self, label_box=self.label_box.moved(up=up), box=self.box.moved(up=up))
