"""What the pages of the individual form must say and paint: said again from the facts, apart from what draws them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from konbini.pdf.content import Act, Line
from konbini.pdf.facts import CertificateFacts, ForeignItems, PersonFacts
from konbini.pdf.forms import individual_record_grid as grid
from konbini.pdf.forms.expected import (
    ExpectedCell,
    ExpectedPage,
    LabelledPlaces,
    expected_labelled,
    expected_page,
    labelled_places,
)
from konbini.pdf.forms.expected_acts import HEAVY, ExpectedActs, framed, framed_cells, sheet_acts
from konbini.pdf.forms.paging import people_of_pages
from konbini.pdf.forms.resident_record_expected import household_values, person_values
from konbini.pdf.template import Template

__all__ = ["expected_acts", "expected_pages"]

_HOUSEHOLD: Final = labelled_places((grid.ADDRESS, grid.HEAD))


def expected_pages(facts: CertificateFacts, template: Template) -> tuple[ExpectedPage, ...]:
    """Return what each page must say."""
    pages = people_of_pages(len(facts.people), 1)
    return tuple(
        expected_page(facts, template, _cells(facts, template, place), page=place + 1, pages=len(pages))
        for (place,) in pages
    )


def _cells(facts: CertificateFacts, template: Template, place: int) -> Iterator[ExpectedCell]:
    person = facts.people[place]
    cells = _person_cells(foreign=isinstance(person.items, ForeignItems), ordinal=place + 1)
    values = person_values(person) | {"異動前住所": person.earlier_address}
    yield from expected_labelled(_HOUSEHOLD, household_values(facts), template.marks)
    yield from expected_labelled(cells, values, template.marks)


@cache  # as many as there are people on a certificate
def _person_cells(*, foreign: bool, ordinal: int) -> LabelledPlaces:
    return labelled_places(grid.FOREIGN if foreign else grid.JAPANESE, whose=f"person {ordinal}, ")


def expected_acts(facts: CertificateFacts, template: Template) -> tuple[ExpectedActs, ...]:
    """Return what each page paints."""
    return tuple(_page(facts, template, facts.people[place]) for (place,) in people_of_pages(len(facts.people), 1))


def _page(facts: CertificateFacts, template: Template, person: PersonFacts) -> ExpectedActs:
    foreign = isinstance(person.items, ForeignItems)
    first, name = f"Sheet{int(facts.scope)}", "Foreign" if foreign else "Japanese"
    head = (*framed_cells((grid.ADDRESS, grid.HEAD)), framed(grid.HOUSEHOLD, HEAVY))
    block = (*framed_cells(grid.FOREIGN if foreign else grid.JAPANESE), framed(grid.PERSON, HEAVY))
    return ExpectedActs(
        places=(Line(Act.PLACE, first, (0.0,)), Line(Act.PLACE, name, (0.0,))),
        parts={first: (*sheet_acts(template), *head), name: block},
        pictures={"Seal": template.seal.picture},
    )
