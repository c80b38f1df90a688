"""What the page of 印鑑登録証明書 must say and paint: said again from the facts, apart from what draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from konbini.pdf.content import Act, Line
from konbini.pdf.facts import Cell
from konbini.pdf.forms import seal_registration_grid as grid
from konbini.pdf.forms.expected import (
    ExpectedCell,
    ExpectedPage,
    ExpectedPicture,
    expected_labelled,
    expected_page,
    labelled_places,
)
from konbini.pdf.forms.expected_acts import HEAVY, LIGHT, ExpectedActs, framed, framed_cells, sheet_acts
from konbini.pdf.forms.geometry import Box
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.template import Template

__all__ = ["expected_acts", "expected_pages"]

_CELLS: Final = labelled_places(grid.CELLS)


def expected_pages(facts: SealRegistrationFacts, template: Template) -> tuple[ExpectedPage, ...]:
    """Return what the page must say and show."""
    impression = ExpectedPicture("impression", facts.impression.picture.digest(), _impression(facts))
    return (expected_page(facts, template, _cells(facts, template), page=1, pages=1, pictures=(impression,)),)


def _impression(facts: SealRegistrationFacts) -> Box:
    """Say where the impression must stand: about its cell's middle, a sample as large as it was on the seal."""
    dots, picture, cell = facts.impression.dots_per_inch, facts.impression.picture, grid.IMPRESSION
    width, height = (72 * samples / dots for samples in (picture.width, picture.height))
    return Box((cell.left + cell.right - width) / 2, (cell.bottom + cell.top - height) / 2, width, height)


def _cells(facts: SealRegistrationFacts, template: Template) -> Iterator[ExpectedCell]:
    values: dict[str, Cell] = {
        "氏名": facts.name,
        "旧氏": facts.former_name,
        "通称": facts.alias,
        "氏名のカタカナ表記": facts.name_in_katakana,
        "生年月日": facts.birth_date,
        "住所": facts.address,
        "備考": facts.remarks,
    }
    yield ExpectedCell("impression's label", grid.IMPRESSION_LABEL, "印影")
    yield ExpectedCell("nothing below", grid.NOTHING_BELOW, template.nothing_below)
    yield from expected_labelled(_CELLS, values, template.marks)


def expected_acts(facts: SealRegistrationFacts, template: Template) -> tuple[ExpectedActs, ...]:
    """Return what the page paints."""
    name, box = f"Sheet{int(facts.scope)}", _impression(facts)
    unused, note = grid.UNUSED, grid.NOTHING_BELOW
    sheet = (
        *sheet_acts(template),
        framed(grid.IMPRESSION_LABEL, LIGHT),
        framed(grid.IMPRESSION, LIGHT),
        *framed_cells(grid.CELLS),
        framed(grid.FRAME, HEAVY),
        Line(Act.RULE, "", (LIGHT, unused.right, note.bottom, unused.left, unused.bottom)),
    )
    shown = Line(Act.PICTURE, "Impression", (box.width, box.height, box.left, box.bottom))
    return (
        ExpectedActs(
            places=(Line(Act.PLACE, name, (0.0,)), shown),
            parts={name: sheet},
            pictures={"Seal": template.seal.picture, "Impression": facts.impression.picture},
        ),
    )
