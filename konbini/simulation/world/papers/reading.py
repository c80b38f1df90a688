"""The clerk's reading of a paper of the world: page for page against the clerk's own facts, before it is signed.

What each page must be is written down again from the facts (`expected_pages`, which no drawing knows) and compared with
the page's own bytes; where they differ, the page is taken apart to name the cell. So a wrong paper passes only where
drawing and reading are wrong alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from konbini.pdf.entries import mismatch
from konbini.pdf.facts import PrintedFacts
from konbini.pdf.forms.expected import ExpectedPage
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.template import Template
from konbini.protocol.errors import Refused
from konbini.simulation.world.papers.paper import Page, Paper, Shown, Text, place_of, read_paper

__all__ = ["check"]


def check(pdf: bytes, facts: PrintedFacts, template: Template, binding: bytes, seals: Sequence[bytes]) -> None:
    """Compare a finished, unsigned paper with the facts, as `konbini.ward_server.clerk.clerk.PaperReader`.

    Raises:
        Refused: `PAGE_MISMATCH`, naming page and cell, never what stands there.
    """
    due = FORM_KINDS[template.kind].expected_pages(facts, template)
    if len(seals) != len(due):
        raise mismatch(f"{len(seals)} page seals, {len(due)} pages due")
    try:
        paper = read_paper(pdf)
    except Refused as refused:
        raise mismatch("not written as ours are") from refused
    _check_shell(paper, facts, template, binding)
    if len(paper.pages) != len(due):
        raise mismatch(f"{len(paper.pages)} pages, {len(due)} due")
    for place, (data, page, seal) in enumerate(zip(paper.pages, due, seals, strict=True), 1):
        wanted = _due(page, template, seal)
        if data != wanted.to_bytes():
            raise mismatch(f"page {place}: {_difference(data, wanted, page)}")


def _check_shell(paper: Paper, facts: PrintedFacts, template: Template, binding: bytes) -> None:
    if (paper.binding, paper.number) != (binding, facts.number):
        raise mismatch("another binding or issuance number inside")
    if (paper.title, paper.issued_on) != (template.title.replace("　", ""), facts.issued_on.isoformat()):
        raise mismatch("another title or date inside")


def _due(page: ExpectedPage, template: Template, seal: bytes) -> Page:
    texts = [Text(place_of(box), text) for _, box, text in page.cells if text]
    texts.sort()
    return Page(
        kind=template.kind,
        across=page.across,
        texts=tuple(texts),
        pictures=tuple(Shown(digest=one.digest, place=place_of(one.box)) for one in page.pictures),
        seal=seal,
    )


def _difference(data: bytes, wanted: Page, due: ExpectedPage) -> str:
    """Say where a page is another than what is due."""
    try:
        page = Page.from_bytes(data)
    except Refused:
        return "not written as ours are"
    checks: tuple[tuple[bool, Callable[[], str]], ...] = (
        (bool(page.hidden), lambda: "text that is not seen"),
        (page.kind != wanted.kind, lambda: "another kind of form"),
        (page.across != wanted.across, lambda: "mark of a specimen"),
        (page.pictures != wanted.pictures, lambda: _picture(page, wanted, due)),
        (page.texts != wanted.texts, lambda: _cell(page, wanted, due)),
        (page.seal != wanted.seal, lambda: "the code does not say what was sealed"),
    )
    return next(say for differs, say in checks if differs)()


def _picture(page: Page, wanted: Page, due: ExpectedPage) -> str:
    if len(page.pictures) != len(wanted.pictures):
        return f"{len(page.pictures)} pictures, {len(wanted.pictures)} due"
    pairs = zip(page.pictures, wanted.pictures, due.pictures, strict=True)
    return next(named.name for found, other, named in pairs if found != other)


def _cell(page: Page, wanted: Page, due: ExpectedPage) -> str:
    """Name the first cell that says something else; or say that a text is in none."""
    names = {place_of(cell.box): cell.name for cell in due.cells}
    if any(text.place not in names for text in page.texts):
        return "text outside its cell, or where none is due"
    said, needed = (_by_place(one.texts) for one in (page, wanted))
    differing = (name for place, name in names.items() if said.get(place) != needed.get(place))
    return next(differing, "texts in another order")


def _by_place(texts: Sequence[Text]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for place, text in texts:
        found.setdefault(place, []).append(text)
    return found
