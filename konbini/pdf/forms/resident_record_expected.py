"""What the pages of a resident record must say and paint, in either form: said again, apart from what draws them.

`values` names every item of a person by its label; each form then says which of them it has a cell for and where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Final

from konbini.pdf.content import Act, Line
from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, JapaneseItems, PersonFacts
from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms.expected import (
    ExpectedCell,
    ExpectedPage,
    LabelledPlaces,
    expected_labelled,
    expected_page,
    labelled_places,
)
from konbini.pdf.forms.expected_acts import HEAVY, LIGHT, ExpectedActs, framed, framed_cells, sheet_acts
from konbini.pdf.forms.geometry import Box
from konbini.pdf.forms.paging import people_of_pages
from konbini.pdf.template import Template
from konbini.protocol.kinds import Scope

__all__ = ["expected_acts", "expected_pages", "household_values", "person_values"]

_COMMON: Final[dict[str, Callable[[PersonFacts], Cell]]] = {
    "氏名の振り仮名": lambda person: person.name_reading,
    "氏名": lambda person: person.name,
    "個人番号": lambda person: person.individual_number,
    "住民票コード": lambda person: person.resident_code,
    "旧氏の振り仮名": lambda person: person.former_name_reading,
    "旧氏": lambda person: person.former_name,
    "住所を定めた年月日": lambda person: person.settled_on,
    "届出日": lambda person: person.notified_on,
    "生年月日": lambda person: person.birth_date,
    "性別": lambda person: person.sex,
    "続柄": lambda person: person.relationship,
    "転入前住所": lambda person: person.previous_address,
    "備考": lambda person: person.remarks,
}
_JAPANESE: Final[dict[str, Callable[[JapaneseItems], Cell]]] = {
    "住民となった年月日": lambda items: items.became_resident_on,
    "筆頭者": lambda items: items.register_head,
    "本籍": lambda items: items.registered_domicile,
}
_FOREIGN: Final[dict[str, Callable[[ForeignItems], Cell]]] = {
    "外国人住民となった年月日": lambda items: items.became_resident_on,
    "通称": lambda items: items.alias,
    "国籍・地域": lambda items: items.nationality,
    "法第30条の45に規定する区分": lambda items: items.category,
    "在留資格": lambda items: items.residence_status,
    "在留期間等": lambda items: items.residence_period,
    "在留期間の満了の日": lambda items: items.period_ends_on,
    "在留カード等の番号": lambda items: items.card_number,
}

_HOUSEHOLD: Final = labelled_places((grid.ADDRESS, grid.HEAD))


def household_values(facts: CertificateFacts) -> dict[str, Cell]:
    """Return what concerns the whole household, by label."""
    return {"住所": facts.address, "世帯主": facts.head}


def person_values(person: PersonFacts) -> dict[str, Cell]:
    """Return every item of a person that both forms print, by label."""
    values = {label: take(person) for label, take in _COMMON.items()}
    if isinstance(person.items, ForeignItems):
        return values | {label: foreign(person.items) for label, foreign in _FOREIGN.items()}
    return values | {label: japanese(person.items) for label, japanese in _JAPANESE.items()}


def expected_pages(facts: CertificateFacts, template: Template) -> tuple[ExpectedPage, ...]:
    """Return what each page of the household form must say."""
    pages = people_of_pages(len(facts.people), grid.BLOCKS)
    return tuple(
        expected_page(facts, template, _cells(facts, template, places), page=page, pages=len(pages))
        for page, places in enumerate(pages, 1)
    )


def _cells(facts: CertificateFacts, template: Template, places: range) -> Iterator[ExpectedCell]:
    yield from expected_labelled(_HOUSEHOLD, household_values(facts), template.marks)
    for block, place in enumerate(places):
        yield from _person(facts.people[place], template, block, place + 1)
    if len(places) < grid.BLOCKS:
        yield ExpectedCell("nothing below", grid.nothing_below_box(len(places)), template.nothing_below)


def _person(person: PersonFacts, template: Template, block: int, ordinal: int) -> Iterator[ExpectedCell]:
    foreign = isinstance(person.items, ForeignItems)
    cells = _person_cells(foreign=foreign, block=block, ordinal=ordinal)
    for box in () if foreign else _spare(block):
        yield ExpectedCell(f"person {ordinal}, spare", box, template.marks.unused)
    yield ExpectedCell(f"person {ordinal}, ordinal", _ordinal(block), str(ordinal))
    yield from expected_labelled(cells, person_values(person), template.marks)


@cache  # as many as there are places on a sheet and people on a certificate
def _person_cells(*, foreign: bool, block: int, ordinal: int) -> LabelledPlaces:
    cells, up = grid.FOREIGN if foreign else grid.JAPANESE, -block * grid.BLOCK_HEIGHT
    return labelled_places(cells, whose=f"person {ordinal}, ", up=up)


@cache
def _spare(block: int) -> tuple[Box, ...]:
    return tuple(box.moved(up=-block * grid.BLOCK_HEIGHT) for box in (*grid.SPARE_LABELS, *grid.SPARE_VALUES))


@cache
def _ordinal(block: int) -> Box:
    return grid.ORDINAL.moved(up=-block * grid.BLOCK_HEIGHT)


def expected_acts(facts: CertificateFacts, template: Template) -> tuple[ExpectedActs, ...]:
    """Return what each page of the household form paints."""
    foreign = tuple(isinstance(person.items, ForeignItems) for person in facts.people)
    pages = people_of_pages(len(foreign), grid.BLOCKS)
    return tuple(_page(template, facts.scope, foreign[shown.start : shown.stop]) for shown in pages)


@lru_cache(maxsize=256)  # nothing of a person: which forms' blocks stand on a page
def _page(template: Template, scope: Scope, shown: tuple[bool, ...]) -> ExpectedActs:
    first = f"Sheet{int(scope)}"
    places = [Line(Act.PLACE, first, (0.0,))]
    parts = {first: (*sheet_acts(template), *framed_cells((grid.ADDRESS, grid.HEAD)), framed(grid.HOUSEHOLD, HEAVY))}
    for block, foreign in enumerate(shown):
        name = "Foreign" if foreign else "Japanese"
        places.append(Line(Act.PLACE, name, (-block * grid.BLOCK_HEIGHT,)))
        parts[name] = _block(foreign=foreign)
    if len(shown) < grid.BLOCKS:
        last = f"Unused{grid.BLOCKS - len(shown)}"
        places.append(Line(Act.PLACE, last, (0.0,)))
        parts[last] = _unused(len(shown))
    return ExpectedActs(places=tuple(places), parts=parts, pictures={"Seal": template.seal.picture})


@cache
def _block(*, foreign: bool) -> tuple[Line, ...]:
    spare = () if foreign else (*grid.SPARE_LABELS, *grid.SPARE_VALUES)
    return (
        *(framed(box, LIGHT) for box in spare),
        *framed_cells(grid.FOREIGN if foreign else grid.JAPANESE),
        framed(grid.ORDINAL, LIGHT),
        framed(grid.block_box(0), HEAVY),
    )


def _unused(used: int) -> tuple[Line, ...]:
    box, note = grid.unused_box(used), grid.nothing_below_box(used)
    stroke = Line(Act.RULE, "", (LIGHT, box.right, note.bottom, box.left, box.bottom))
    return framed(box, HEAVY), stroke
