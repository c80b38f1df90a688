"""Each form's seals say what its pages print: compared with the clerk's own list of every text on a page."""

from __future__ import annotations

import pytest

from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.items import LABELS, Item
from konbini.pdf.paper_seal.values import Withheld
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.template import Marks


def sealed_text(item: Item, value: object, marks: Marks) -> str:
    """Write a sealed value as the paper prints it; what is withheld as the number of the one who has it."""
    if value is Withheld.PRINTED:
        assert item is Item.INDIVIDUAL_NUMBER
        return "123456789018"
    return marks.text(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [kind for kind in FORM_KINDS if kind.startswith("resident-record")])
def test_a_page_and_its_seal_say_the_same(kind: str) -> None:
    """Every labelled value on each page, by person and label, and nothing that the page does not show."""
    template = specimen_template(kind)
    facts = specimen_facts(*PEOPLE, PEOPLE[1], form=template.form)
    sealed, printed = FORM_KINDS[kind].sealed_items(facts), FORM_KINDS[kind].expected_pages(facts, template)
    labels = {label.japanese for label in LABELS.values()}
    assert len(sealed) == len(printed)
    for items, page in zip(sealed, printed, strict=True):
        told = sorted((LABELS[one.item].japanese, sealed_text(one.item, one.value, template.marks)) for one in items)
        named = ((cell.name.rpartition(", ")[2], cell.text) for cell in page.cells)
        assert told == sorted((label, text) for label, text in named if label in labels)
