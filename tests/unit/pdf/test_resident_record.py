"""The household form: one certificate, one file; what it cannot hold it refuses beforehand."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.binding import binding_of
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import check

_BINDING = bytes(range(32))


def test_equal_facts_give_equal_bytes(form: ResidentRecordForm) -> None:
    """No clock and no chance in a file; another binding or number is another file."""
    drawn = form.draw(specimen_facts(), binding=_BINDING, seals=specimen_seals(specimen_facts()))
    assert drawn == form.draw(specimen_facts(), binding=_BINDING, seals=specimen_seals(specimen_facts()))
    assert drawn != form.draw(specimen_facts(), binding=bytes(32), seals=specimen_seals(specimen_facts()))
    assert drawn != form.draw(
        specimen_facts(number="131997-251122-10000002-0"),
        binding=_BINDING,
        seals=specimen_seals(specimen_facts(number="131997-251122-10000002-0")),
    )


@pytest.mark.parametrize(("people", "pages"), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (8, 2), (9, 3), (12, 3)])
def test_four_people_stand_on_a_sheet(form: ResidentRecordForm, template: Template, people: int, pages: int) -> None:
    """The fifth goes to a second sheet; every page reads back."""
    facts = specimen_facts(*(PEOPLE * 3)[:people])
    drawn = form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    check(drawn, facts, template, _BINDING)
    reader = PdfFileReader(io.BytesIO(drawn))
    assert reader.root["/Pages"]["/Count"] == pages
    assert binding_of(reader) == (_BINDING, facts.number)


def test_a_document_fits_a_sealed_message(form: ResidentRecordForm) -> None:
    """Twelve people with their font stay under the 128 KiB of a small document message."""
    assert (
        len(form.draw(specimen_facts(*PEOPLE * 3), binding=_BINDING, seals=specimen_seals(specimen_facts(*PEOPLE * 3))))
        < 100_000
    )


@pytest.mark.parametrize("name", ["澄" * 200, "A" * 200])
def test_a_name_beyond_every_step_refuses(form: ResidentRecordForm, name: str) -> None:
    """The refusal names the person's place and the cell, and comes from `fits` as from `draw`."""
    facts = specimen_facts(PEOPLE[0], dataclasses.replace(PEOPLE[1], name=name))
    for attempt in (form.fits, lambda one: form.draw(one, binding=_BINDING, seals=specimen_seals(one))):
        with pytest.raises(Refused) as refused:
            attempt(facts)
        assert refused.value.code is Code.FORM_OVERFLOW
        assert "person 2 name" in refused.value.detail


@pytest.mark.parametrize("field", ["address", "head"])
def test_a_character_without_a_glyph_refuses(form: ResidentRecordForm, field: str) -> None:
    """A name that is still being registered as a special character is not printed by its look-alike."""
    facts = dataclasses.replace(specimen_facts(), **{field: "葛\U000e0100"})  # type: ignore[arg-type]  # text, both
    with pytest.raises(Refused) as refused:
        form.fits(facts)
    assert refused.value.code is Code.GLYPH_MISSING
    assert "U+845B U+E0100" in refused.value.detail


def test_names_of_sixty_latin_letters_are_drawn(form: ResidentRecordForm) -> None:
    """Longer names than a passport's line, in one word as well."""
    form.fits(specimen_facts(dataclasses.replace(PEOPLE[3], name="W" * 66)))


_NAME = st.text("葛邉辻𠮷澄\U000e0102\U000e0103　Aa１ー・", min_size=1, max_size=90).map(str.strip).filter(bool)


@settings(max_examples=60, deadline=None)
@given(name=_NAME, remarks=_NAME, previous=_NAME)
def test_what_fits_is_drawn_and_reads_back(
    form: ResidentRecordForm, template: Template, name: str, remarks: str, previous: str
) -> None:
    """`fits` promises exactly what `draw` does, and what is drawn is what the clerk reads."""
    person = dataclasses.replace(PEOPLE[1], name=name, remarks=remarks, previous_address=previous)
    facts = specimen_facts(PEOPLE[0], person)
    promised, drawn = (
        _outcome(lambda: form.fits(facts)),
        _outcome(lambda: form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))),
    )
    if isinstance(drawn, bytes):
        assert promised is None
        check(drawn, facts, template, _BINDING)
    else:
        assert promised == drawn


def _outcome(attempt: Callable[[], bytes | None]) -> bytes | tuple[Code, str] | None:
    try:
        return attempt()
    except Refused as refused:
        return refused.code, refused.detail


def test_wrong_wiring_is_found_at_start(template: Template, typeface: Typeface, form: ResidentRecordForm) -> None:
    """A template of another kind, facts of another form, a binding of another length: our own defects."""
    with pytest.raises(ValueError, match="no template"):
        ResidentRecordForm(dataclasses.replace(template, kind="seal"), typeface)
    with pytest.raises(ValueError, match="another form"):
        form.draw(
            dataclasses.replace(specimen_facts(), form="other"),
            binding=_BINDING,
            seals=specimen_seals(specimen_facts()),
        )
    with pytest.raises(ValueError, match="32 bytes"):
        form.draw(specimen_facts(), binding=b"", seals=specimen_seals(specimen_facts()))


@pytest.mark.parametrize(
    ("change", "code"),
    [({"mayor": "澄" * 99}, Code.FORM_OVERFLOW), ({"title": "葛\U000e0100"}, Code.GLYPH_MISSING)],
)
def test_a_template_whose_own_words_cannot_be_drawn_refuses_at_start(
    template: Template, typeface: Typeface, change: dict[str, str], code: Code
) -> None:
    """A mayor's line that is too long is found when the ward starts, not when a resident waits."""
    with pytest.raises(Refused) as refused:
        ResidentRecordForm(dataclasses.replace(template, **change), typeface)  # type: ignore[arg-type]  # text, both
    assert refused.value.code is code
