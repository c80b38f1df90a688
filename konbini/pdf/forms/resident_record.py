"""The household form (世帯連記式) of the resident record and of its items: four people a sheet.

What is left of the last sheet is struck through under 以下余白. The form has no cell for 異動前住所: facts that show
one refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from konbini.pdf.facts import CertificateFacts, ForeignItems, Mark, PersonFacts
from konbini.pdf.fonts import Subset
from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms.cells import THICK, THIN
from konbini.pdf.forms.drawing import Entry, Form, PagePlan, Placed, entry, rule_cells
from konbini.pdf.forms.ink import Align, Ink, Slot
from konbini.pdf.forms.paging import people_of_pages
from konbini.pdf.forms.person_cells import PersonCells
from konbini.pdf.forms.setting import Step, Steps, set_text
from konbini.pdf.template import Marks
from konbini.protocol.errors import Code, Refused

__all__ = ["ITEMS_KIND", "KIND", "ResidentRecordForm", "plan_pages"]

KIND: Final = "resident-record.household"
ITEMS_KIND: Final = "resident-record-items.household"
_LABEL_SIZE: Final = 7.0
_SPARE: Final[Steps] = (Step(7.5, 1), Step(6, 1))
_ORDINAL: Final[Steps] = (Step(10, 1),)


class _Block(NamedTuple):
    """One person's place on a sheet."""

    ordinal: Slot
    japanese: PersonCells
    foreign: PersonCells


def _block(place: int) -> _Block:
    up = -place * grid.BLOCK_HEIGHT
    japanese, foreign = (PersonCells(cell.moved(up=up) for cell in cells) for cells in (grid.JAPANESE, grid.FOREIGN))
    return _Block(Slot(grid.ORDINAL.moved(up=up), _ORDINAL, Align.CENTRE, 0.0), japanese, foreign)


_BLOCKS: Final = tuple(map(_block, range(grid.BLOCKS)))


class ResidentRecordForm(Form[CertificateFacts]):
    """The household form."""

    KINDS = frozenset((KIND, ITEMS_KIND))
    __slots__ = ()

    def plan(self, facts: CertificateFacts) -> Sequence[PagePlan]:
        """Put the people on sheets, as the base says."""
        return plan_pages(facts, self.template.marks)

    def _draw_head(self, ink: Ink) -> None:
        rule_cells(ink, (grid.ADDRESS, grid.HEAD), _LABEL_SIZE)
        ink.frame(grid.HOUSEHOLD, THICK)

    def _draw_parts(self, words: Subset) -> Mapping[str, Ink]:
        parts = {}
        for name, cells in (("Japanese", grid.JAPANESE), ("Foreign", grid.FOREIGN)):
            ink = parts[name] = Ink(words, "L")
            if name == "Japanese":
                self._rule_spare_rows(ink)
            rule_cells(ink, cells, _LABEL_SIZE)
            ink.frame(grid.ORDINAL, THIN)
            ink.frame(grid.block_box(0), THICK)
        return parts | {_unused_name(used): self._unused(words, used) for used in range(1, grid.BLOCKS)}

    def _rule_spare_rows(self, ink: Ink) -> None:
        unused = self.template.marks.unused
        for box in (*grid.SPARE_LABELS, *grid.SPARE_VALUES):
            ink.frame(box, THIN)
            ink.text(set_text(unused, box, _SPARE, self._typeface, cell="spare"), box, Align.CENTRE)

    def _unused(self, words: Subset, used: int) -> Ink:
        ink, box = Ink(words, "L"), grid.unused_box(used)
        ink.frame(box, THICK)
        head = grid.nothing_below_box(used)
        note = set_text(self.template.nothing_below, head, grid.NOTHING_BELOW, self._typeface, cell="nothing below")
        ink.text(note, head, Align.CENTRE)
        ink.rule((box.right, head.bottom), (box.left, box.bottom), THIN)
        return ink


def plan_pages(facts: CertificateFacts, marks: Marks) -> Sequence[PagePlan]:
    """Put the people on sheets; needs no face.

    Raises:
        Refused: `FORM_OVERFLOW`: somebody's facts show what the form has no cell for.
    """
    for ordinal, person in enumerate(facts.people, 1):
        if person.earlier_address is not Mark.OMITTED:
            raise Refused(Code.FORM_OVERFLOW, f"person {ordinal} earlier_address: the form has no such cell")
    return [
        PagePlan(placed=_placed(facts, places), entries=_entries(facts, places, marks))
        for places in people_of_pages(len(facts.people), grid.BLOCKS)
    ]


def _entries(facts: CertificateFacts, places: range, marks: Marks) -> Iterator[Entry]:
    yield entry(grid.ADDRESS, facts.address, marks)
    yield entry(grid.HEAD, facts.head, marks)
    for block, place in zip(_BLOCKS, places, strict=False):
        person, whose = facts.people[place], f"person {place + 1} "
        yield "ordinal", str(place + 1), block.ordinal
        cells = block.foreign if isinstance(person.items, ForeignItems) else block.japanese
        yield from cells.entries(person, marks, whose)


def _placed(facts: CertificateFacts, places: range) -> list[Placed]:
    blocks = [
        Placed(_block_name(facts.people[place]), -block * grid.BLOCK_HEIGHT) for block, place in enumerate(places)
    ]
    return blocks + ([Placed(_unused_name(len(places)))] if len(places) < grid.BLOCKS else [])


def _block_name(person: PersonFacts) -> str:
    return "Foreign" if isinstance(person.items, ForeignItems) else "Japanese"


def _unused_name(used: int) -> str:
    return f"Unused{grid.BLOCKS - used}"
