"""The individual form (個人票) of the resident record and of its items: one person a page, 異動前住所 on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from konbini.pdf.facts import CertificateFacts, ForeignItems, PersonFacts
from konbini.pdf.fonts import Subset
from konbini.pdf.forms import individual_record_grid as grid
from konbini.pdf.forms.cells import THICK
from konbini.pdf.forms.drawing import Entry, Form, PagePlan, Placed, entry, rule_cells
from konbini.pdf.forms.ink import Ink
from konbini.pdf.forms.paging import people_of_pages
from konbini.pdf.forms.person_cells import PersonCells
from konbini.pdf.template import Marks

__all__ = ["ITEMS_KIND", "KIND", "IndividualRecordForm", "plan_pages"]

KIND: Final = "resident-record.individual"
ITEMS_KIND: Final = "resident-record-items.individual"
_LABEL_SIZE: Final = 9.0
_JAPANESE: Final = PersonCells(grid.JAPANESE)
_FOREIGN: Final = PersonCells(grid.FOREIGN)


class IndividualRecordForm(Form[CertificateFacts]):
    """The individual form."""

    KINDS = frozenset((KIND, ITEMS_KIND))
    __slots__ = ()

    def plan(self, facts: CertificateFacts) -> Sequence[PagePlan]:
        """Give each person a page, as the base says."""
        return plan_pages(facts, self.template.marks)

    def _draw_head(self, ink: Ink) -> None:
        rule_cells(ink, (grid.ADDRESS, grid.HEAD), _LABEL_SIZE)
        ink.frame(grid.HOUSEHOLD, THICK)

    def _draw_parts(self, words: Subset) -> Mapping[str, Ink]:
        parts = {}
        for name, cells in (("Japanese", grid.JAPANESE), ("Foreign", grid.FOREIGN)):
            ink = parts[name] = Ink(words, "L")
            rule_cells(ink, cells, _LABEL_SIZE)
            ink.frame(grid.PERSON, THICK)
        return parts


def plan_pages(facts: CertificateFacts, marks: Marks) -> Sequence[PagePlan]:
    """Give each person a page; needs no face."""
    people = (facts.people[place] for (place,) in people_of_pages(len(facts.people), 1))
    return [
        PagePlan(placed=[Placed(_part_name(person))], entries=_entries(facts, person, marks, f"person {ordinal} "))
        for ordinal, person in enumerate(people, 1)
    ]


def _entries(facts: CertificateFacts, person: PersonFacts, marks: Marks, whose: str) -> Iterator[Entry]:
    yield entry(grid.ADDRESS, facts.address, marks)
    yield entry(grid.HEAD, facts.head, marks)
    cells = _FOREIGN if isinstance(person.items, ForeignItems) else _JAPANESE
    yield from cells.entries(person, marks, whose)


def _part_name(person: PersonFacts) -> str:
    return "Foreign" if isinstance(person.items, ForeignItems) else "Japanese"
