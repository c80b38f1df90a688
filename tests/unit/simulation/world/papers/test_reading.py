"""The reading of the world's papers finds what was changed, wherever it was changed, with the real reading's code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from konbini.pdf.facts import Mark
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seal_registration import specimen_seal_facts
from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import IssuanceNumber
from konbini.simulation.world.papers.paper import Page, Paper, Shown, Text, read_paper
from konbini.simulation.world.papers.reading import check
from tests.unit.simulation.world.papers.conftest import BINDING, Case, cases_of_every_form

_EVERY_FORM = cases_of_every_form()


def _refused(case: Case, pdf: bytes) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, case.facts, case.template, BINDING, case.seals)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def _with_page(case: Case, change: Callable[[Page], Page], index: int = 0) -> bytes:
    """The paper with one of its pages changed."""
    paper = read_paper(case.draw())
    pages = list(paper.pages)
    changed = change(Page.from_bytes(pages[index])).to_bytes()
    assert changed != pages[index]
    pages[index] = changed
    return dataclasses.replace(paper, pages=tuple(pages)).to_bytes()


@pytest.mark.parametrize("kind", sorted(_EVERY_FORM))
def test_an_honest_paper_passes(kind: str) -> None:
    """Every form, as it is drawn."""
    case = _EVERY_FORM[kind]
    check(case.draw(), case.facts, case.template, BINDING, case.seals)


@pytest.mark.parametrize("kind", sorted(_EVERY_FORM))
def test_every_text_of_every_page_is_compared(kind: str) -> None:
    """Each in its turn: another word, no word, and the word in no cell."""
    case = _EVERY_FORM[kind]
    pages = [Page.from_bytes(page) for page in read_paper(case.draw()).pages]
    for index, page in enumerate(pages):
        assert len(page.texts) > 20
        for place in range(len(page.texts)):
            here = page.texts[place]
            for instead in ((Text(here.place, here.text + "様"),), (), (Text(here.place + 7, here.text),)):
                texts = (*page.texts[:place], *instead, *page.texts[place + 1 :])
                changed = _with_page(case, lambda one, texts=texts: dataclasses.replace(one, texts=texts), index)  # type: ignore[misc]
                assert _refused(case, changed).startswith(f"page {index + 1}: ")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "葛\U000e0103西　太郎"}, "氏名"),
        ({"individual_number": "123456789018"}, "個人番号"),
        ({"remarks": Mark.OMITTED}, "備考"),
    ],
    ids=["another name", "a number not asked for", "remarks left out"],
)
def test_another_persons_facts_are_found(household: Case, change: dict[str, str], where: str) -> None:
    """Drawn from other facts than the clerk's own; beside the cell, every page's hash is another."""
    person = dataclasses.replace(PEOPLE[0], **change)  # type: ignore[arg-type]  # cells
    other = Case.of(specimen_facts(person, *PEOPLE[1:], PEOPLE[0]), household.template.kind)
    drawn = dataclasses.replace(household, facts=other.facts).draw()
    assert "set hash" in _refused(household, drawn)
    said = dict(Page.from_bytes(read_paper(drawn).pages[0]).texts)
    due = Page.from_bytes(read_paper(household.draw()).pages[0])
    with_hash = tuple(Text(place, said[place]) if len(text) != 16 else Text(place, text) for place, text in due.texts)
    assert where in _refused(household, _with_page(household, lambda one: dataclasses.replace(one, texts=with_hash)))


def test_a_page_of_another_paper_is_found(household: Case) -> None:
    """In the place of one's own, and beside them; pages exchanged, repeated, left out."""
    own = read_paper(household.draw())
    neighbour = Case.of(specimen_facts(PEOPLE[3], PEOPLE[2], PEOPLE[1], PEOPLE[0], PEOPLE[3]), household.template.kind)
    foreign = read_paper(neighbour.draw())
    first, second = own.pages
    for pages in (
        (first, foreign.pages[1]),
        (foreign.pages[0], second),
        (first, second, foreign.pages[0]),
        (second, first),
        (first, first),
        (first,),
        (),
    ):
        assert "page" in _refused(household, dataclasses.replace(own, pages=pages).to_bytes())


@pytest.mark.parametrize(
    "change",
    [
        {"binding": bytes(32)},
        {"number": "131997-251122-10000003-9"},
        {"issued_on": "2025-11-23"},
        {"title": "印鑑登録証明書"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_shell_is_found(household: Case, change: dict[str, str]) -> None:
    """What the file says of itself outside its pages."""
    changed = dataclasses.replace(read_paper(household.draw()), **change)  # type: ignore[arg-type]  # its fields
    assert "inside" in _refused(household, changed.to_bytes())


@pytest.mark.parametrize("seal", [b"", b"another page's"], ids=["none", "another"])
def test_a_missing_seal_is_found(household: Case, seal: bytes) -> None:
    """On any page; another page's own among them."""
    for index in range(2):
        changed = _with_page(household, lambda one: dataclasses.replace(one, seal=seal), index)
        assert "code" in _refused(household, changed)
    exchanged = _with_page(household, lambda one: dataclasses.replace(one, seal=household.seals[1]))
    assert "code" in _refused(household, exchanged)
    with pytest.raises(Refused) as refused:
        check(household.draw(), household.facts, household.template, BINDING, household.seals[:1])
    assert refused.value.code is Code.PAGE_MISMATCH


def test_invisible_text_under_another_persons_picture_is_found(household: Case) -> None:
    """Who reads the file's text reads the right person; who reads the sheet reads another."""
    neighbour = Case.of(specimen_facts(PEOPLE[3]), household.template.kind)
    other = Page.from_bytes(read_paper(neighbour.draw()).pages[0])
    cover = Shown(digest=bytes(32), place=1, says=other.texts)

    def covered(page: Page) -> Page:
        return dataclasses.replace(page, texts=(), hidden=page.texts, pictures=(*page.pictures, cover))

    assert "not seen" in _refused(household, _with_page(household, covered))
    over = _with_page(household, lambda one: dataclasses.replace(one, pictures=(*one.pictures, cover)))
    assert "pictures" in _refused(household, over)
    hidden = _with_page(household, lambda one: dataclasses.replace(one, hidden=other.texts))
    assert "not seen" in _refused(household, hidden)


def test_every_picture_is_compared(seal: Case) -> None:
    """Another impression, one moved, one left out, another order of painting, one that says something."""
    page = Page.from_bytes(read_paper(seal.draw()).pages[0])

    def shown(pictures: Sequence[Shown]) -> bytes:
        return _with_page(seal, lambda one: dataclasses.replace(one, pictures=tuple(pictures)))

    for index, picture in enumerate(page.pictures):
        others = [*page.pictures[:index], *page.pictures[index + 1 :]]
        for instead in (
            dataclasses.replace(picture, digest=bytes(32)),
            dataclasses.replace(picture, place=picture.place + 1),
            dataclasses.replace(picture, says=(Text(1, "別人"),)),
        ):
            _refused(seal, shown([*page.pictures[:index], instead, *page.pictures[index + 1 :]]))
        assert "pictures" in _refused(seal, shown(others))
    assert _refused(seal, shown(page.pictures[::-1]))


def test_the_mark_of_a_specimen_and_the_form_are_compared(household: Case) -> None:
    """A paper without its mark, and one that says that it is of another form."""
    assert "specimen" in _refused(household, _with_page(household, lambda one: dataclasses.replace(one, across="")))
    other = _with_page(household, lambda one: dataclasses.replace(one, kind="seal-registration"))
    assert "form" in _refused(household, other)


def test_what_is_no_paper_is_refused(household: Case) -> None:
    """Cut short, with something after it, a page that is none, another encoding of the same."""
    drawn = household.draw()
    paper = read_paper(drawn)
    torn = dataclasses.replace(paper, pages=(paper.pages[0][:-1], paper.pages[1]))
    for pdf in (b"", b"%PDF-1.7", drawn[:-1], drawn + b"\0", torn.to_bytes()):
        assert "ours" in _refused(household, pdf)
    unsorted = _with_page(household, lambda one: dataclasses.replace(one, texts=one.texts[::-1]))
    assert "order" in _refused(household, unsorted)


def test_another_order_is_found() -> None:
    """The same person, and what was asked for is another kind of certificate."""
    record = _EVERY_FORM["resident-record.individual"]
    items = _EVERY_FORM["resident-record-items.individual"]
    assert _refused(items, record.draw())
    seal = _EVERY_FORM["seal-registration"]
    number = str(IssuanceNumber.of("131997", seal.facts.issued_on, 1, 3))
    other = Case.of(specimen_seal_facts(number=number), seal.template.kind)
    assert "number" in _refused(seal, other.draw())


def test_a_paper_is_its_bytes(household: Case) -> None:
    """What is taken apart and written again is the same."""
    drawn = household.draw()
    paper = read_paper(drawn)
    pages = tuple(Page.from_bytes(page).to_bytes() for page in paper.pages)
    again = Paper(title=paper.title, number=paper.number, issued_on=paper.issued_on, binding=paper.binding, pages=pages)
    assert again.to_bytes() == drawn
