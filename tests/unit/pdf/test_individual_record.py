"""The individual form: one person a page, 異動前住所 on request, and nothing that is not asked for."""

from __future__ import annotations

import dataclasses
import io

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.facts import CertificateFacts, PersonFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.individual_record import KIND, IndividualRecordForm
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope
from tests.unit.pdf.conftest import check

_BINDING = bytes(range(32))
_EARLIER = "東京都澄川区朝霧台一丁目１番１号"


@pytest.fixture(scope="module")
def individual() -> Template:
    """The made-up ward's individual form."""
    return specimen_template(KIND)


@pytest.fixture(scope="module")
def individual_form(individual: Template, typeface: Typeface) -> IndividualRecordForm:
    """The form, ready to draw."""
    return IndividualRecordForm(individual, typeface)


def _facts(template: Template, *people: PersonFacts) -> CertificateFacts:
    return specimen_facts(*people, form=template.form)


def _with_earlier(person: PersonFacts) -> PersonFacts:
    return dataclasses.replace(person, earlier_address=_EARLIER)


@pytest.mark.parametrize("people", [1, 2, 5, 12])
def test_each_person_has_a_page(individual_form: IndividualRecordForm, individual: Template, people: int) -> None:
    """As many pages as people, Japanese and foreign; every page reads back; the scope says the sentence."""
    facts = dataclasses.replace(
        _facts(individual, *map(_with_earlier, (PEOPLE * 3)[-people:])), scope=list(Scope)[people % 3]
    )
    drawn = individual_form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    check(drawn, facts, individual, _BINDING)
    assert PdfFileReader(io.BytesIO(drawn)).root["/Pages"]["/Count"] == individual_form.pages(facts) == people


def test_another_persons_page_is_found(individual_form: IndividualRecordForm, individual: Template) -> None:
    """Two people exchanged, or an address that nobody asked for: found by the set's hash, and by the cell."""
    facts = _facts(individual, PEOPLE[0], PEOPLE[1])
    drawn = individual_form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    for other in (
        _facts(individual, PEOPLE[1], PEOPLE[0]),
        _facts(individual, _with_earlier(PEOPLE[0]), PEOPLE[1]),
    ):
        with pytest.raises(Refused) as refused:
            check(drawn, other, individual, _BINDING)
        assert refused.value.code is Code.PAGE_MISMATCH


def test_the_household_form_refuses_what_it_has_no_cell_for(form: ResidentRecordForm, template: Template) -> None:
    """異動前住所 stands on the individual form alone; it is refused elsewhere, not left out."""
    facts = _facts(template, PEOPLE[0], _with_earlier(PEOPLE[1]))
    with pytest.raises(Refused) as refused:
        form.fits(facts)
    assert refused.value.code is Code.FORM_OVERFLOW
    assert refused.value.detail.startswith("person 2 earlier_address")


def test_a_template_of_the_other_form_is_refused(template: Template, individual: Template, typeface: Typeface) -> None:
    """Wrong wiring is found at start."""
    with pytest.raises(ValueError, match="no template"):
        IndividualRecordForm(template, typeface)
    with pytest.raises(ValueError, match="no template"):
        ResidentRecordForm(individual, typeface)
