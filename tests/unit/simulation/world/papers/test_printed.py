"""Whose data stands on a sheet is told from its bytes, of a simulated paper and of a real one alike."""

from __future__ import annotations

import dataclasses

import pytest

from konbini.kiosk.printing.raster import GREY
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.kinds import ready
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.typeface import TYPEFACE
from konbini.simulation.world.papers.paper import Page, Shown, read_paper
from konbini.simulation.world.papers.ports import REAL, SIMULATED, WorldPapers
from konbini.simulation.world.papers.printed import Subject, number_on, subjects_on, texts_on
from tests.unit.simulation.world.papers.conftest import BINDING, NOON, Case, Office, cases_of_every_form

_EVERY_FORM = cases_of_every_form()


@pytest.fixture(scope="module")
def typeface() -> Typeface:
    """IPAmj Mincho."""
    return Typeface(TYPEFACE)


def _due(case: Case) -> list[Subject]:
    facts = case.facts
    people = facts.people if isinstance(facts, CertificateFacts) else (facts,)
    spaces = str.maketrans("", "", " 　")
    return [Subject(one.name.translate(spaces), str(one.birth_date).translate(spaces)) for one in people]


@pytest.mark.parametrize("kind", sorted(_EVERY_FORM))
def test_a_simulated_sheet_names_its_people(kind: str, office: Office) -> None:
    """Page after page, those of the facts and nobody else."""
    case = _EVERY_FORM[kind]
    pages = SIMULATED.pages(office.signer.sign(case.draw(), NOON))
    assert [subject for page in pages for subject in subjects_on(page)] == _due(case)
    assert {number_on(page) for page in pages} == {case.facts.number}


@pytest.mark.parametrize("kind", sorted(_EVERY_FORM))
def test_a_real_sheet_names_the_same(kind: str, typeface: Typeface, office: Office) -> None:
    """Read by pdfium from the very buffer."""
    case = _EVERY_FORM[kind]
    drawn = ready([case.template], typeface)[case.facts.form].draw(case.facts, binding=BINDING, seals=case.seals)
    simulated = SIMULATED.pages(office.signer.sign(case.draw(), NOON))
    real = REAL.pages(drawn)
    assert list(map(subjects_on, real)) == list(map(subjects_on, simulated))
    assert {number_on(page) for page in real} == {case.facts.number}
    assert all(case.facts.number in "".join(texts_on(page)) for page in real)


def test_what_is_painted_over_is_not_seen(household: Case) -> None:
    """The sheet shows whose picture lies on top; both where two are seen."""
    other = Page.from_bytes(read_paper(Case.of(specimen_facts(PEOPLE[3]), household.template.kind).draw()).pages[0])
    cover = Shown(digest=bytes(32), place=1, says=other.texts)
    page = Page.from_bytes(read_paper(household.draw()).pages[1])
    covered = dataclasses.replace(page, texts=(), hidden=page.texts, pictures=(cover,))
    (neighbour,) = subjects_on(other.to_bytes())
    (own,) = subjects_on(page.to_bytes())
    assert subjects_on(covered.to_bytes()) == (neighbour,)
    both = dataclasses.replace(page, pictures=(*page.pictures, cover))
    assert subjects_on(both.to_bytes()) == (own, neighbour)
    assert neighbour.name in "".join(texts_on(covered.to_bytes())).replace(" ", "")
    assert subjects_on(dataclasses.replace(page, hidden=other.texts).to_bytes()) == (own,)


def test_a_person_without_a_name_is_still_somebody(household: Case) -> None:
    """A date of birth alone is data of somebody; an empty form is nobody's; no number is None."""
    page = Page.from_bytes(read_paper(household.draw()).pages[1])
    (own,) = subjects_on(page.to_bytes())
    nameless = tuple(text for text in page.texts if text.text.replace("　", "") != own.name)
    assert subjects_on(dataclasses.replace(page, texts=nameless).to_bytes()) == (Subject("", own.birth_date),)
    assert subjects_on(dataclasses.replace(page, texts=()).to_bytes()) == ()
    assert number_on(dataclasses.replace(page, texts=()).to_bytes()) is None
    assert subjects_on(dataclasses.replace(page, kind="tax").to_bytes()) == ()


@pytest.mark.parametrize("papers", [SIMULATED, REAL], ids=["simulated", "real"])
@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"\x85" * 40], ids=["nothing", "a head", "noise"])
def test_what_is_no_document_gives_no_page(papers: WorldPapers, pdf: bytes) -> None:
    """As the rasterising refuses it."""
    with pytest.raises(Refused) as refused:
        papers.rasterise(pdf, GREY)
    assert refused.value.code is Code.DOCUMENT_INVALID


@pytest.mark.parametrize("page", [b"", b"\x87", b"\x01", b"RaS2"], ids=["nothing", "cut", "a number", "dots"])
def test_what_is_no_page_is_refused(page: bytes) -> None:
    """Whoever looks at a sheet is not told that nobody stands there."""
    for look in (subjects_on, texts_on, number_on):
        with pytest.raises(Refused) as refused:
            look(page)
        assert refused.value.code is Code.MALFORMED


def test_pages_go_to_the_printer_one_by_one(household: Case, office: Office) -> None:
    """From the buffer that was verified, and none after it is closed."""
    signed = bytearray(office.signer.sign(household.draw(), NOON))
    with SIMULATED.rasterise(memoryview(signed), GREY, two_sided=True) as raster:
        assert raster.pages == 2
        assert [raster.page(index) for index in range(2)] == list(SIMULATED.pages(bytes(signed)))
        with pytest.raises(Refused):
            raster.page(2)
    with pytest.raises(Refused):
        raster.page(0)
