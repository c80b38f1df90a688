"""印鑑登録証明書: one person, one page, the registered seal's impression at exactly its true size.

People compare the impression with a stamped paper by laying one over the other, so nothing scales it: its box is its
samples at the fineness that it was scanned with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from konbini.pdf.fonts import Subset
from konbini.pdf.forms import seal_registration_grid as grid
from konbini.pdf.forms.cells import THICK, THIN
from konbini.pdf.forms.drawing import Form, PagePlan, PlacedPicture, entry, rule_cells
from konbini.pdf.forms.ink import Align, Ink
from konbini.pdf.forms.setting import Step, Steps, set_text
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.template import Marks
from konbini.protocol.kinds import Scope

__all__ = ["KIND", "SealRegistrationForm", "plan_pages"]

KIND: Final = "seal-registration"
_LABEL_SIZE: Final = 9.0
_NOTHING_BELOW: Final[Steps] = (Step(10.5, 1), Step(9, 1))


class SealRegistrationForm(Form[SealRegistrationFacts]):
    """The form."""

    KINDS = frozenset((KIND,))
    SCOPES = (Scope.SELF,)
    __slots__ = ()

    def plan(self, facts: SealRegistrationFacts) -> Sequence[PagePlan]:
        """Put everything on the one page."""
        return plan_pages(facts, self.template.marks)

    def _draw_head(self, ink: Ink) -> None:
        ink.frame(grid.IMPRESSION_LABEL, THIN)
        ink.frame(grid.IMPRESSION, THIN)
        ink.label("印影", grid.IMPRESSION_LABEL, _LABEL_SIZE)
        rule_cells(ink, grid.CELLS, _LABEL_SIZE)
        ink.frame(grid.FRAME, THICK)
        words, box = self.template.nothing_below, grid.NOTHING_BELOW
        ink.text(set_text(words, box, _NOTHING_BELOW, self._typeface, cell="nothing below"), box, Align.CENTRE)
        ink.rule((grid.UNUSED.right, box.bottom), (grid.UNUSED.left, grid.UNUSED.bottom), THIN)

    def _draw_parts(self, words: Subset) -> Mapping[str, Ink]:  # noqa: ARG002 - everything is on the sheet
        return {}


def plan_pages(facts: SealRegistrationFacts, marks: Marks) -> Sequence[PagePlan]:
    """Put everything on the one page; needs no face."""
    seal = facts.impression
    box = grid.impression_box(seal.width_mm, seal.height_mm)
    return [
        PagePlan(
            placed=(),
            entries=[entry(cell, getattr(facts, cell.field), marks) for cell in grid.CELLS],
            pictures=(PlacedPicture("Impression", seal.picture, box),),
        )
    ]
