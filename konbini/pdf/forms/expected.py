"""What a finished page must say, cell by cell: said again from the facts, apart from what drew it.

The drawing and this list share boxes (where a cell is) and nothing else: what belongs in a labelled cell is written
here a second time, by label, so that a field drawn into a wrong cell is found. One list a page, of every text on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from konbini.pdf.era import in_era
from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, JapaneseItems, PersonFacts
from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms import sheet
from konbini.pdf.forms.geometry import Box
from konbini.pdf.template import Template

__all__ = ["ExpectedCell", "ExpectedPage", "expected_pages"]

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


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """One text of a page: the cell's name for the operator, where it stands, and what it says."""

    name: str
    box: Box
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPage:
    """Everything that one page says; `across` is the specimen's mark over the page, or empty."""

    cells: tuple[ExpectedCell, ...]
    across: str
    seal: Box


def expected_pages(facts: CertificateFacts, template: Template) -> tuple[ExpectedPage, ...]:
    """Return what each page of a resident record, household form, must say."""
    count = -(-len(facts.people) // grid.BLOCKS)
    return tuple(
        ExpectedPage(
            cells=(
                *_sheet(facts, template, page, count),
                *_household(facts, template),
                *_people(facts, template, (page - 1) * grid.BLOCKS),
            ),
            across="見本" if template.specimen else "",
            seal=sheet.seal_box(template),
        )
        for page in range(1, count + 1)
    )


def _sheet(facts: CertificateFacts, template: Template, page: int, count: int) -> Iterator[ExpectedCell]:
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


def _household(facts: CertificateFacts, template: Template) -> Iterator[ExpectedCell]:
    for cell, label, value in ((grid.ADDRESS, "住所", facts.address), (grid.HEAD, "世帯主", facts.head)):
        yield ExpectedCell(f"{label}'s label", cell.label_box, label)
        yield ExpectedCell(label, cell.box, template.marks.text(value))


def _people(facts: CertificateFacts, template: Template, first: int) -> Iterator[ExpectedCell]:
    people = facts.people[first : first + grid.BLOCKS]
    for place, person in enumerate(people):
        yield from _person(person, template, place, first + place + 1)
    if len(people) < grid.BLOCKS:
        yield ExpectedCell("nothing below", grid.nothing_below_box(len(people)), template.nothing_below)


def _person(person: PersonFacts, template: Template, place: int, ordinal: int) -> Iterator[ExpectedCell]:
    up, marks = -place * grid.BLOCK_HEIGHT, template.marks
    values = {label: take(person) for label, take in _COMMON.items()}
    if isinstance(person.items, ForeignItems):
        cells = grid.FOREIGN
        values |= {label: foreign(person.items) for label, foreign in _FOREIGN.items()}
    else:
        cells = grid.JAPANESE
        values |= {label: japanese(person.items) for label, japanese in _JAPANESE.items()}
        for box in (*grid.SPARE_LABELS, *grid.SPARE_VALUES):
            yield ExpectedCell(f"person {ordinal}, spare", box.moved(up=up), marks.unused)
    yield ExpectedCell(f"person {ordinal}, ordinal", grid.ORDINAL.moved(up=up), str(ordinal))
    boxes = {cell.label: cell for cell in cells}
    for label, value in values.items():
        yield ExpectedCell(f"person {ordinal}, {label}'s label", boxes[label].label_box.moved(up=up), label)
        yield ExpectedCell(f"person {ordinal}, {label}", boxes[label].box.moved(up=up), marks.text(value))
