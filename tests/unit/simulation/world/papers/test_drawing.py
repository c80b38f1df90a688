"""Drawing without a face: the same paper for the same facts, and a refusal where the real form refuses."""

from __future__ import annotations

import dataclasses

import pytest

from konbini.pdf.facts import CertificateFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.papers.drawing import SimulatedForm
from tests.unit.simulation.world.papers.conftest import BINDING, Case, cases_of_every_form

_EVERY_FORM = cases_of_every_form()


@pytest.mark.parametrize("kind", sorted(_EVERY_FORM))
def test_the_same_facts_give_the_same_bytes(kind: str) -> None:
    """Of two forms made apart; another binding gives others."""
    case = _EVERY_FORM[kind]
    assert case.draw() == case.draw()
    form = SimulatedForm(case.template)
    assert form.draw(case.facts, binding=bytes(32), seals=case.seals) != case.draw()
    assert form.pages(case.facts) == len(case.seals)
    form.fits(case.facts)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "澄" * 200}, Code.FORM_OVERFLOW),
        ({"earlier_address": "東京都澄川区"}, Code.FORM_OVERFLOW),
        ({"name": "澄\ue000"}, Code.GLYPH_MISSING),
        ({"name": "澄\U000f0000"}, Code.GLYPH_MISSING),
    ],
    ids=["name too long", "no such cell", "private use", "private plane"],
)
def test_what_the_form_cannot_hold_is_refused(change: dict[str, str], code: Code) -> None:
    """When a menu is made, and when it is drawn all the same."""
    case = Case.of(specimen_facts(), "resident-record.household")
    assert isinstance(case.facts, CertificateFacts)
    person = dataclasses.replace(PEOPLE[0], **change)  # type: ignore[arg-type]  # cells
    facts = dataclasses.replace(case.facts, people=(person,))
    form = SimulatedForm(case.template)
    for ask in (form.fits, lambda them: form.draw(them, binding=BINDING, seals=case.seals)):
        with pytest.raises(Refused) as refused:
            ask(facts)
        assert refused.value.code is code


def test_a_long_name_of_half_width_fits() -> None:
    """What is counted is how wide a text is, not how many characters it has."""
    person = dataclasses.replace(PEOPLE[0], name="X" * 60)
    case = Case.of(specimen_facts(person), "resident-record.household")
    SimulatedForm(case.template).fits(case.facts)


def test_what_is_our_own_defect_is_raised_as_that() -> None:
    """Another form's facts, a short binding, too few seals, a seal that no code holds, a template of no kind."""
    case = Case.of(specimen_facts(), "resident-record.household")
    form = SimulatedForm(case.template)
    with pytest.raises(ValueError, match="another form"):
        form.draw(dataclasses.replace(case.facts, form="other.2025"), binding=BINDING, seals=case.seals)
    with pytest.raises(ValueError, match="32 bytes"):
        form.draw(case.facts, binding=b"short", seals=case.seals)
    with pytest.raises(ValueError, match="shorter"):
        form.draw(case.facts, binding=BINDING, seals=())
    with pytest.raises(Refused) as refused:
        form.draw(case.facts, binding=BINDING, seals=(bytes(5000),))
    assert refused.value.code is Code.FORM_OVERFLOW
    with pytest.raises(ValueError, match="no kind of form"):
        SimulatedForm(dataclasses.replace(specimen_template(), kind="tax"))
