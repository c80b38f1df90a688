"""The seal on the paper: drawn by each form, rendered as a scanner sees it, read back by a decoder, and opened."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pytest

from konbini.pdf.facts import CertificateFacts, PersonFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.paper_seal.code_picture import code_picture
from konbini.pdf.paper_seal.decoding import decode_codes
from konbini.pdf.paper_seal.fitting import check_fits
from konbini.pdf.paper_seal.issuers import IssuerKey, IssuerList, KeyUse
from konbini.pdf.paper_seal.page_set import check_set
from konbini.pdf.paper_seal.signed_page import open_page
from konbini.pdf.printed import printed_hash
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seal_registration import specimen_seal_facts
from konbini.pdf.specimen.seals import specimen_key, specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from tests.unit.pdf.conftest import check

_BINDING = bytes(range(32))
_KANJI = [bytes((row, cell)).decode("euc_jp") for row in range(0xB0, 0xCF) for cell in range(0xA1, 0xFF)]


@pytest.fixture(scope="module")
def issuers() -> IssuerList:
    """A list that names the specimens' key of this process."""
    key = IssuerKey(
        municipality="131997",
        name="東京都澄川区",
        name_english="Sumikawa City, Tokyo",
        use=KeyUse.PAGES,
        point=specimen_key().verifying.point,
        begins=20250401,
        ends=20280331,
    )
    return IssuerList(version=1, issued=0, expires=1, keys=(key,))


def codes(pdf: bytes, dots_per_inch: int) -> list[tuple[bytes, ...]]:
    """Render each page whole, and give what its codes say."""
    document = pdfium.PdfDocument(pdf)
    try:
        return [_codes(document[page], dots_per_inch) for page in range(len(document))]
    finally:
        document.close()


def _codes(page: pdfium.PdfPage, dots_per_inch: int) -> tuple[bytes, ...]:
    bitmap = page.render(scale=dots_per_inch / 72, grayscale=True)
    try:
        return decode_codes(memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride)))
    finally:
        bitmap.close()


def drawn(facts: CertificateFacts | SealRegistrationFacts, kind: str, typeface: Typeface) -> bytes:
    """Draw a specimen."""
    form = FORM_KINDS[kind].form(specimen_template(kind), typeface)
    return form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))


@pytest.mark.parametrize("dots_per_inch", [150, 200, 300])
@pytest.mark.parametrize("kind", sorted(FORM_KINDS))
def test_the_seal_reads_back(kind: str, dots_per_inch: int, typeface: Typeface, issuers: IssuerList) -> None:
    """One code a page, over the pattern and beside everything else, of every form: signature, page, set."""
    form = specimen_template(kind).form
    of_a_seal = kind == "seal-registration"
    facts = specimen_seal_facts(form=form) if of_a_seal else specimen_facts(*PEOPLE, PEOPLE[0], form=form)
    found = codes(drawn(facts, kind, typeface), dots_per_inch)
    assert found == [(seal,) for seal in specimen_seals(facts)]
    pages = [open_page(code, issuers).seal for (code,) in found]
    assert [page.page for page in pages] == list(range(1, len(found) + 1))
    assert {page.set_hash.hex().upper() for page in pages} == {printed_hash(facts.digest())}
    check_set(pages)


@pytest.fixture(scope="module")
def six() -> CertificateFacts:
    """The facts of six people, on two pages."""
    return specimen_facts(*PEOPLE, *PEOPLE[:2])


def _refused(form: ResidentRecordForm, facts: CertificateFacts, template: Template, seals: Sequence[bytes]) -> str:
    pdf = form.draw(facts, binding=_BINDING, seals=seals)
    with pytest.raises(Refused) as refusal:
        check(pdf, facts, template, _BINDING)
    assert refusal.value.code is Code.PAGE_MISMATCH
    return refusal.value.detail


def test_the_clerk_finds_another_code(form: ResidentRecordForm, template: Template, six: CertificateFacts) -> None:
    """Codes of swapped pages, of another household, of another number, of anything: found before a text is read."""
    first, second = specimen_seals(six)
    other = dataclasses.replace(six, people=six.people[::-1])
    numbered = dataclasses.replace(six, number="131997-251122-10000002-0")
    for seals in (
        (second, first),
        (first, first),
        specimen_seals(other),
        specimen_seals(numbered),
        (first, second[:-1] + bytes([second[-1] ^ 1])),
        (first, b"https://konbini.example/"),
    ):
        assert "Code" in _refused(form, six, template, seals)


def test_there_is_a_seal_for_each_page(form: ResidentRecordForm, template: Template, six: CertificateFacts) -> None:
    """Neither fewer nor more are drawn, and the clerk reads against as many."""
    seals = specimen_seals(six)
    for some in (seals[:1], (*seals, seals[0]), ()):
        with pytest.raises(ValueError, match="zip"):
            form.draw(six, binding=_BINDING, seals=some)
        with pytest.raises(Refused) as refusal:
            check(form.draw(six, binding=_BINDING, seals=seals), six, template, _BINDING, some)
        assert refusal.value.code is Code.PAGE_MISMATCH


def _full(characters: int) -> tuple[PersonFacts, ...]:
    """Four people whose remarks are all of different characters, which deflate cannot shorten."""
    chance = random.Random(1)  # noqa: S311 - any characters
    return tuple(dataclasses.replace(person, remarks="".join(chance.sample(_KANJI, characters))) for person in PEOPLE)


def test_facts_that_no_code_holds_refuse_before_anything_is_signed(form: ResidentRecordForm) -> None:
    """The form holds them and its code does not: the same refusal as for a text that is too long for its cell."""
    facts = specimen_facts(*_full(200))
    form.fits(facts)
    items = FORM_KINDS["resident-record.household"].sealed_items(facts)
    with pytest.raises(Refused) as refusal:
        check_fits(facts, items, CertificateKind.RESIDENT_RECORD)
    assert refusal.value.code is Code.FORM_OVERFLOW
    (seal,) = specimen_seals(facts)
    with pytest.raises(Refused) as refusal:
        form.draw(facts, binding=_BINDING, seals=(seal,))
    assert refusal.value.code is Code.FORM_OVERFLOW


@pytest.mark.parametrize("characters", range(1, 60, 3))
def test_what_fits_when_the_menu_is_made_fits_when_it_is_sealed(characters: int) -> None:
    """Whatever number and place it gets: a kind that was on the menu has a code."""
    facts = specimen_facts(*_full(characters))
    items = FORM_KINDS["resident-record.household"].sealed_items(facts)
    try:
        check_fits(facts, items, CertificateKind.RESIDENT_RECORD)
    except Refused:
        assert characters > 40
        return
    for counter in (1, 7, 1234567, 9999998):
        number = str(IssuanceNumber.of("131997", facts.issued_on, 1, counter))
        (seal,) = specimen_seals(dataclasses.replace(facts, number=number))
        assert code_picture(seal).width >= 85
