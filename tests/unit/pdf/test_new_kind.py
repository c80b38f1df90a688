"""A new kind of certificate is a module and a template, nothing else: here is one, whole, in a test alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import pytest

from konbini.pdf.content import Act, Line
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms.cells import THICK, LabelledCell
from konbini.pdf.forms.drawing import Form, PagePlan, entry, rule_cells
from konbini.pdf.forms.expected import ExpectedCell, ExpectedPage, expected_labelled, expected_page, labelled_places
from konbini.pdf.forms.expected_acts import HEAVY, ExpectedActs, framed, framed_cells, sheet_acts
from konbini.pdf.forms.geometry import MM, Box
from konbini.pdf.forms.ink import Ink
from konbini.pdf.forms.kinds import FORM_KINDS, FormKind, ready
from konbini.pdf.forms.setting import Step
from konbini.pdf.forms.sheet import LEFT
from konbini.pdf.paper_seal.items import Item
from konbini.pdf.paper_seal.page_seal import SealedItem
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import check

# The module: 住所証明書, which certifies an address and nothing else.
_KIND = "address"
_CELL = LabelledCell(
    field="address",
    label="住所",
    label_box=Box(LEFT, 240 * MM, 30 * MM, 20 * MM),
    box=Box(LEFT + 30 * MM, 240 * MM, 152 * MM, 20 * MM),
    steps=(Step(12, 1), Step(10, 2)),
)
_FRAME = Box(LEFT, 240 * MM, 182 * MM, 20 * MM)


class _AddressForm(Form[CertificateFacts]):
    KINDS = frozenset((_KIND,))
    __slots__ = ()

    def plan(self, facts: CertificateFacts) -> Sequence[PagePlan]:
        return [PagePlan(placed=(), entries=[entry(_CELL, facts.address, self.template.marks)])]

    def _draw_head(self, ink: Ink) -> None:
        rule_cells(ink, (_CELL,), 9.0)
        ink.frame(_FRAME, THICK)

    def _draw_parts(self, words: Subset) -> Mapping[str, Ink]:  # noqa: ARG002 - everything is on the sheet
        return {}


def _pages(facts: CertificateFacts, template: Template) -> tuple[ExpectedPage, ...]:
    return (expected_page(facts, template, _cells(facts, template), page=1, pages=1),)


def _cells(facts: CertificateFacts, template: Template) -> Iterator[ExpectedCell]:
    yield from expected_labelled(labelled_places((_CELL,)), {"住所": facts.address}, template.marks)


def _acts(facts: CertificateFacts, template: Template) -> tuple[ExpectedActs, ...]:
    name = f"Sheet{int(facts.scope)}"
    painted = (*sheet_acts(template), *framed_cells((_CELL,)), framed(_FRAME, HEAVY))
    pictures = {"Seal": template.seal.picture}
    return (ExpectedActs(places=(Line(Act.PLACE, name, (0.0,)),), parts={name: painted}, pictures=pictures),)


_ADDRESS = FormKind(
    form=_AddressForm,
    read=CertificateFacts.from_wire,
    sealed_items=lambda facts: ((SealedItem(person=0, item=Item.ADDRESS, value=facts.address),),),
    expected_pages=_pages,
    expected_acts=_acts,
)
# The end of the module.


def test_a_kind_is_a_module_and_a_template(typeface: Typeface) -> None:
    """Drawn, read back by the clerk, and a wrong text on it found; no other line of ours knows the kind."""
    kinds = {**FORM_KINDS, _KIND: _ADDRESS}
    template = dataclasses.replace(specimen_template(), form="sumikawa.address.2026", kind=_KIND, title="住所証明書")
    facts = specimen_facts(form=template.form)
    seals = (b"what the page says, signed",)
    drawn = ready([template], typeface, kinds)[template.form].draw(facts, binding=bytes(32), seals=seals)
    check(drawn, facts, template, bytes(32), seals, kinds=kinds)
    with pytest.raises(Refused) as refused:
        check(drawn, dataclasses.replace(facts, address="東京都澄川区"), template, bytes(32), seals, kinds=kinds)
    assert refused.value.code is Code.PAGE_MISMATCH


def test_a_template_of_no_kind_is_found_at_start(typeface: Typeface) -> None:
    """A file that names a kind which nobody draws."""
    template = dataclasses.replace(specimen_template(), kind=_KIND)
    with pytest.raises(ValueError, match="no kind of form"):
        ready([template], typeface)
