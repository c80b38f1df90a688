"""The printed facts of a resident record or of its items: all on the paper that differs from one issue to the next.

The ward's clerk makes them from records that the registry signed; the drawing prints them, the clerk's reading
compares the finished page with them, and their digest stands on every page so that the pages of one set can be
told from another's. Invariant: equal facts have equal bytes (`to_wire`), and what cannot be printed as one line of
plain characters is no fact. A fact is text exactly as printed; nothing here knows a record or a rule.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Final

from konbini.pdf.printed import (
    MOST_BYTES,
    Cell,
    Mark,
    PrintedFacts,
    cell_value,
    check_heading,
    check_text,
    read_array,
    read_cell,
    read_date,
    read_integer,
    read_text,
)
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

__all__ = ["Cell", "CertificateFacts", "ForeignItems", "JapaneseItems", "Mark", "PersonFacts", "PrintedFacts"]

_CONTEXT: Final = "konbini/1 printed facts"
_MOST_PEOPLE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class JapaneseItems:
    """The items of a Japanese resident alone (住民基本台帳法 Article 7)."""

    became_resident_on: Cell
    """住民となった年月日"""
    register_head: Cell
    """筆頭者"""
    registered_domicile: Cell
    """本籍"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignItems:
    """The items of a foreign resident alone (住民基本台帳法 Article 30-45)."""

    became_resident_on: Cell
    """外国人住民となった年月日"""
    alias: Cell
    """通称; where there is one it is never omitted."""
    nationality: Cell
    """国籍・地域"""
    category: Cell
    """法第30条の45に規定する区分"""
    residence_status: Cell
    """在留資格"""
    residence_period: Cell
    """在留期間等"""
    period_ends_on: Cell
    """在留期間の満了の日"""
    card_number: Cell
    """在留カード等の番号"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """One person's block of the form, a field a cell."""

    name_reading: Cell
    """氏名の振り仮名"""
    name: str
    """氏名"""
    individual_number: Cell
    """個人番号"""
    resident_code: Cell
    """住民票コード"""
    former_name_reading: Cell
    """旧氏の振り仮名"""
    former_name: Cell
    """旧氏"""
    settled_on: Cell
    """住所を定めた年月日"""
    notified_on: Cell
    """届出日"""
    birth_date: Cell
    """生年月日"""
    sex: Cell
    """性別"""
    relationship: Cell
    """続柄"""
    previous_address: Cell
    """転入前住所"""
    earlier_address: Cell
    """異動前住所"""
    remarks: Cell
    """備考"""
    items: JapaneseItems | ForeignItems


_PERSON_CELLS: Final = tuple(field.name for field in fields(PersonFacts) if field.name != "items")
_person_cells: Final = attrgetter(*_PERSON_CELLS)
_ITEM_CELLS: Final = {
    kind: attrgetter(*(field.name for field in fields(kind))) for kind in (JapaneseItems, ForeignItems)
}
"""Takes all items of a kind at once, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """All that is printed on one certificate beside the form's own text.

    Args:
        number: issuance number (発行番号).
        form: id of the dated template that it is drawn with.
        issued_on: the certifying date, in Japan.
        scope: decides the certifying sentence.
        address: 住所.
        head: 世帯主.
        people: 1 to 12, in the order of the household.

    Raises:
        ValueError: a field breaks its bound; from the wire that is `Refused(MALFORMED)`.
    """

    number: str
    form: str
    issued_on: date
    scope: Scope
    address: str
    head: Cell
    people: tuple[PersonFacts, ...]

    def __post_init__(self) -> None:
        check_heading(self.number, self.form)
        if not 1 <= len(self.people) <= _MOST_PEOPLE:
            raise ValueError("no people, or too many for one certificate")
        for cell in _cells(self):
            check_text(cell)

    def to_wire(self) -> bytes:
        """Encode the facts; equal facts give equal bytes."""
        people: list[Value] = [_person_value(person) for person in self.people]
        return encode(
            [
                *(_CONTEXT, self.number, self.form, self.issued_on.isoformat(), int(self.scope)),
                *(self.address, cell_value(self.head), people),
            ]
        )

    @classmethod
    def from_wire(cls, data: bytes) -> CertificateFacts:
        """Decode facts.

        Raises:
            Refused: `MALFORMED` or `OVERSIZE`.
        """
        context, number, form, issued_on, scope, address, head, people = read_array(decode(data, MOST_BYTES), 8)
        if context != _CONTEXT:
            raise Refused(Code.MALFORMED, "not printed facts")
        try:
            return cls(
                number=read_text(number),
                form=read_text(form),
                issued_on=read_date(read_text(issued_on)),
                scope=Scope(read_integer(scope)),
                address=read_text(address),
                head=read_cell(head),
                people=tuple(_person(person) for person in read_array(people)),
            )
        except ValueError as error:
            raise Refused(Code.MALFORMED, f"printed facts: {error}") from error

    def digest(self) -> bytes:
        """Return the SHA-256 of `to_wire`."""
        return hashlib.sha256(self.to_wire()).digest()


def _cells(facts: CertificateFacts) -> list[Cell]:
    found: list[Cell] = [facts.address, facts.head]
    for person in facts.people:
        found += _person_cells(person)
        found += _ITEM_CELLS[type(person.items)](person.items)
    return found


def _person_value(person: PersonFacts) -> Value:
    items: list[Value] = list(map(cell_value, _ITEM_CELLS[type(person.items)](person.items)))
    return [*map(cell_value, _person_cells(person)), items]


def _person(value: Value) -> PersonFacts:
    *cells, items = read_array(value, len(_PERSON_CELLS) + 1)
    found = dict(zip(_PERSON_CELLS, cells, strict=True))
    name = read_text(found.pop("name"))
    return PersonFacts(
        name=name, items=_items(read_array(items)), **{key: read_cell(cell) for key, cell in found.items()}
    )


def _items(values: list[Value]) -> JapaneseItems | ForeignItems:
    """The two kinds differ in their number of items."""
    cells = [read_cell(value) for value in values]
    for kind in (JapaneseItems, ForeignItems):
        names = [field.name for field in fields(kind)]
        if len(names) == len(cells):
            return kind(**dict(zip(names, cells, strict=True)))
    raise ValueError("items of neither a Japanese nor a foreign resident")
