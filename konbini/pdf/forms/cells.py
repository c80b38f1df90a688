"""Labelled cells: the unit that every certificate's grid is made of.

A cell knows the field of the facts that it shows, its label, both boxes and how its text may be set; what belongs in
it is said by who draws and, apart from that, by who reads back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.pdf.forms.geometry import MM, Box
from konbini.pdf.forms.ink import Align
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
    """One labelled cell: the facts' field that it shows, its label, both boxes, and how its text is set."""

    field: str
    label: str
    label_box: Box
    box: Box
    steps: Steps
    mark_steps: Steps = (Step(7.5, 1), Step(6, 1))
    align: Align = Align.LEFT
    padding: float = PADDING
