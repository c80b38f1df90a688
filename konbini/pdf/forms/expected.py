"""What a finished page must say, cell by cell: said again from the facts, apart from what drew it.

The drawing and these lists share boxes (where a cell is) and nothing else: what belongs in a labelled cell is written
a second time, by label, so that a field drawn into a wrong cell is found. One list a page, of every text on it. Here
is what every form's page says; each form's own cells are in a module beside the one that draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from konbini.pdf.era import in_era
from konbini.pdf.facts import Cell, PrintedFacts
from konbini.pdf.forms import copy_evident, sheet
from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.geometry import Box
from konbini.pdf.template import Marks, Template

__all__ = [
    "ExpectedCell", "ExpectedPage", "ExpectedPicture", "LabelledPlaces", "expected_labelled", "expected_page",
    "labelled_places",
]  # fmt: skip


class ExpectedCell(NamedTuple):
    """One text of a page: the cell's name for the operator, where it stands, and what it says."""

    name: str
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class ExpectedPicture:
    """One picture of a page: its name for the operator, the digest of its samples, and where it stands."""

    name: str
    digest: bytes
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPage:
    """Everything that one page says and its pictures in their order; `across` is the specimen's mark, or empty."""

    cells: tuple[ExpectedCell, ...]
    across: str
    pictures: tuple[ExpectedPicture, ...]


def expected_page(  # noqa: PLR0913 - what every page has, and what the form adds
    facts: PrintedFacts,
    template: Template,
    cells: Iterable[ExpectedCell],
    *,
    page: int,
    pages: int,
    pictures: Iterable[ExpectedPicture] = (),
) -> ExpectedPage:
    """Return what a page must say and show: what every form's page does, and the form's own cells and pictures."""
    return ExpectedPage(
        cells=(*_sheet(facts, template, page, pages), *cells),
        across="見本" if template.specimen else "",
        pictures=(*_pictures(template), *pictures),
    )


class LabelledPlaces(NamedTuple):
    """Labelled cells where they stand on a page: of each its label as it is due, and its value's name and box.

    Made once for a form and each place of its blocks.
    """

    labels: frozenset[str]
    cells: tuple[tuple[ExpectedCell, str, Box], ...]


def labelled_places(cells: Iterable[LabelledCell], *, whose: str = "", up: float = 0.0) -> LabelledPlaces:
    """Return where labelled cells stand that are moved up the page; `whose` begins their names for the operator."""
    found = [
        (ExpectedCell(f"{whose}{cell.label}'s label", cell.label_box.moved(up=up), cell.label), cell.box.moved(up=up))
        for cell in cells
    ]
    return LabelledPlaces(
        frozenset(label.text for label, _ in found), tuple((label, f"{whose}{label.text}", box) for label, box in found)
    )


def expected_labelled(places: LabelledPlaces, values: dict[str, Cell], marks: Marks) -> Iterator[ExpectedCell]:
    """Return labels and values of labelled cells, found by label.

    Raises:
        KeyError: a label without a cell, or a cell without a value: our own defect.
    """
    if places.labels != values.keys():
        raise KeyError(*(places.labels ^ values.keys()))
    for label, name, box in places.cells:
        yield label
        yield ExpectedCell(name, box, marks.text(values[label.text]))


def _pictures(template: Template) -> Iterator[ExpectedPicture]:
    for one in copy_evident.placed() if template.copy_evident else ():
        yield ExpectedPicture("copy-evident pattern", one.picture.digest(), one.box)
    yield ExpectedPicture("official seal", template.seal.picture.digest(), sheet.seal_box(template))


def _sheet(facts: PrintedFacts, template: Template, page: int, count: int) -> Iterator[ExpectedCell]:
    yield ExpectedCell("title", sheet.TITLE, template.title)
    yield ExpectedCell("sentence", sheet.SENTENCE, template.sentences.of(facts.scope))
    yield ExpectedCell("date", sheet.DATE, in_era(facts.issued_on))
    yield ExpectedCell("mayor", sheet.MAYOR, template.mayor)
    yield ExpectedCell("seal note", sheet.SEAL_NOTE, template.seal.note)
    yield ExpectedCell("fee", sheet.FEE, template.fee_text)
    yield ExpectedCell("number's label", sheet.NUMBER_LABEL, "発行番号")
    yield ExpectedCell("number", sheet.NUMBER, facts.number)
    yield ExpectedCell("set hash's label", sheet.HASH_LABEL, "照合番号")
    yield ExpectedCell("set hash", sheet.HASH, facts.digest()[:8].hex().upper())
    yield ExpectedCell("page", sheet.PAGE, f"{page} / {count} ページ")
