"""One row of a town's list, read: from the cells of a CSV file or the object of a line of JSON."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value
from konbini.ward_server.residents.changes import Restriction
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.importing.columns import (
    BESIDE,
    COLUMNS,
    FOREIGN,
    JAPANESE,
    Column,
    json_values,
    refuse_cells,
    values_of,
)
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.town import TownCard, TownRow

__all__ = ["CsvForm", "JsonForm", "RowForm"]

_CARD = re.compile(r"([0-9a-f]{2,128}):([0-9a-f]{2,42}):([0-9]{8})", re.ASCII)
_RESTRICTION = re.compile(r"([^:;]{1,64})(?::([0-9]{8}))?", re.ASCII)
_FOREIGN = "foreign"
_FIELDS = tuple(field.name for field in dataclasses.fields(ResidentRecord))
_COLUMN_NAMES = tuple(column.name for column in COLUMNS)


class RowForm:
    """How the rows of one list are read; the same in every process that reads some of them."""

    def read(self, row: Any) -> TownRow:  # noqa: ANN401 - cells, or a line
        """Read a row.

        Raises:
            Refused: `CHANGE_INVALID`, naming the column and never what stands in it.
        """
        raise NotImplementedError

    def household(self, row: Any) -> str | None:  # noqa: ANN401 - the same
        """Give the household that a bad row names, None where not even that can be read."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where in a row of cells each column is, None where it is not."""

    columns: tuple[tuple[Column, int | None], ...]
    foreign: tuple[tuple[Column, int | None], ...]
    beside: Mapping[str, int]
    width: int


class CsvForm(RowForm):
    """Rows of cells under a header."""

    def __init__(self, ward: str, header: Sequence[str]) -> None:
        """Take a header: English or Japanese names of columns, in any order.

        Raises:
            Refused: `CHANGE_INVALID`: a column that is unknown, stands twice, or is missing.
        """
        self._ward = ward
        self._header = tuple(header)
        self._places = _places(self._header)

    def __reduce__(self) -> tuple[type[CsvForm], tuple[str, tuple[str, ...]]]:
        return CsvForm, (self._ward, self._header)

    def read(self, row: Sequence[str]) -> TownRow:
        """Read cells."""
        places = self._places
        if len(row) != places.width:
            raise Refused(Code.CHANGE_INVALID, f"{len(row)} cells under {places.width} names")
        refuse_cells(row)
        values = values_of([(column, None if at is None else row[at]) for column, at in places.columns])
        foreign = [(column, None if at is None else row[at]) for column, at in places.foreign]
        items = values_of(foreign) if any(cell for _, cell in foreign) else None
        beside = {name: row[at] for name, at in places.beside.items()}
        return _row(
            _record(self._ward, values, items),
            number=beside.get("individual_number") or None,
            cards=_listed(beside.get("cards", ""), _card),
            measures=_listed(beside.get("measures", ""), _restriction),
            holds=_listed(beside.get("holds", ""), _restriction),
        )

    def household(self, row: Sequence[str]) -> str | None:
        """Give the household's cell."""
        at = dict(zip(_COLUMN_NAMES, (at for _, at in self._places.columns), strict=True))["household"]
        return None if at is None or at >= len(row) else row[at]


class JsonForm(RowForm):
    """Lines of JSON, each an object with the names of the columns; foreign items are an object of their own."""

    _known = frozenset((*_COLUMN_NAMES, _FOREIGN, *BESIDE))

    def __init__(self, ward: str) -> None:
        self._ward = ward

    def read(self, row: str) -> TownRow:
        """Read a line."""
        written = _object(row)
        if not self._known.issuperset(written):
            raise Refused(Code.CHANGE_INVALID, "a member of an unknown name")
        values = json_values(COLUMNS, written)
        items = written.get(_FOREIGN)
        foreign = None if items is None else _foreign(items)
        return _row(
            _record(self._ward, values, foreign),
            number=_text_or_none(written, "individual_number"),
            cards=_objects(written, "cards", _card_object),
            measures=_objects(written, "measures", _restriction_object),
            holds=_objects(written, "holds", _restriction_object),
        )

    def household(self, row: str) -> str | None:
        """Give the object's household."""
        try:
            named = _object(row).get("household")
        except Refused:
            return None
        return named if isinstance(named, str) else None


def _places(header: Sequence[str]) -> _Places:
    english = {other: name for name, other in JAPANESE.items()}
    names = [english.get(name.strip(), name.strip()) for name in header]
    at = {name: place for place, name in enumerate(names)}
    known = {*_COLUMN_NAMES, *(column.name for column in FOREIGN), *BESIDE}
    if len(at) != len(names) or not known.issuperset(at):
        wrong = sorted({name for name in names if names.count(name) > 1 or name not in known})
        raise Refused(Code.CHANGE_INVALID, f"columns that are unknown or stand twice: {', '.join(wrong)[:200]}")
    missing = [column.name for column in COLUMNS if column.required and column.name not in at]
    if missing:
        raise Refused(Code.CHANGE_INVALID, f"columns that are missing: {', '.join(missing)}")
    return _Places(
        columns=tuple((column, at.get(column.name)) for column in COLUMNS),
        foreign=tuple((column, at.get(column.name)) for column in FOREIGN),
        beside={name: at[name] for name in BESIDE if name in at},
        width=len(names),
    )


def _record(ward: str, values: Sequence[Value], foreign: Value) -> ResidentRecord:
    fields: dict[str, Value] = dict(zip(_COLUMN_NAMES, values, strict=True))
    fields |= {"municipality": ward, "version": 1, "individual_number": None, _FOREIGN: foreign}
    try:
        return from_value(ResidentRecord, [fields[name] for name in _FIELDS])
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def _row(
    record: ResidentRecord,
    *,
    number: str | None,
    cards: tuple[TownCard, ...],
    measures: tuple[Restriction, ...],
    holds: tuple[Restriction, ...],
) -> TownRow:
    return TownRow(record=record, individual_number=number, cards=cards, measures=measures, holds=holds)


def _listed(cell: str, read: Callable[[str], Any]) -> tuple[Any, ...]:
    return tuple(read(one.strip()) for one in cell.split(";")) if cell else ()


def _card(written: str) -> TownCard:
    found = _CARD.fullmatch(written)
    if found is None:
        raise Refused(Code.CHANGE_INVALID, "cards are not ISSUER:SERIAL:YYYYMMDD, ids in small hexadecimal")
    return _town_card(found[1], found[2], int(found[3]))


def _restriction(written: str) -> Restriction:
    found = _RESTRICTION.fullmatch(written)
    if found is None:
        raise Refused(Code.CHANGE_INVALID, "measures and holds are not NAME or NAME:YYYYMMDD")
    return _town_restriction(found[1], None if found[2] is None else int(found[2]))


def _town_card(issuer: str, serial: str, counts_from: int) -> TownCard:
    try:
        card = from_value(CardSerial, [bytes.fromhex(issuer), bytes.fromhex(serial)])
    except (Refused, ValueError) as error:
        raise Refused(Code.CHANGE_INVALID, "a card's issuer or serial") from error
    if not card.issuer_key_id or not card.serial:
        raise Refused(Code.CHANGE_INVALID, "a card without an issuer or a serial")
    return TownCard(card=card, counts_from=counts_from)


def _town_restriction(name: str, planned_end: int | None) -> Restriction:
    refuse_cells((name,))
    try:
        return from_value(Restriction, [name, planned_end, None, None, "", None])
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def _object(line: str) -> dict[str, Any]:
    try:
        written = json.loads(line, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise Refused(Code.CHANGE_INVALID, "not a line of JSON, or a member twice") from error
    if not isinstance(written, dict):
        raise Refused(Code.CHANGE_INVALID, "a line is an object")
    return written


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


_FOREIGN_NAMES = tuple(column.name.removeprefix("foreign_") for column in FOREIGN)


def _foreign(items: object) -> Value:
    if not isinstance(items, dict) or not set(items) <= set(_FOREIGN_NAMES):
        raise Refused(Code.CHANGE_INVALID, "foreign is an object with the names of the foreign items")
    return json_values(FOREIGN, {f"foreign_{name}": value for name, value in items.items()})


def _text_or_none(written: Mapping[str, object], name: str) -> str | None:
    value = written.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(Code.CHANGE_INVALID, f"{name} is not text")
    return value or None


def _objects(written: Mapping[str, object], name: str, read: Callable[[dict[str, object]], Any]) -> tuple[Any, ...]:
    items = written.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused(Code.CHANGE_INVALID, f"{name} is not a list of objects")
    return tuple(read(item) for item in items)


def _card_object(item: dict[str, object]) -> TownCard:
    match item:
        case {"issuer_key_id": str() as issuer, "serial": str() as serial, "counts_from": int() as day} if (
            len(item) == len(("issuer_key_id", "serial", "counts_from")) and day is not True
        ):
            return _town_card(issuer, serial, day)
    raise Refused(Code.CHANGE_INVALID, "a card has issuer_key_id, serial and counts_from")


def _restriction_object(item: dict[str, object]) -> Restriction:
    name, planned_end = item.get("name"), item.get("planned_end")
    if not set(item) <= {"name", "planned_end"} or not isinstance(name, str) or not name:
        raise Refused(Code.CHANGE_INVALID, "a measure or a hold has a name and may have a planned_end")
    if planned_end is not None and type(planned_end) is not int:
        raise Refused(Code.CHANGE_INVALID, "planned_end is not a day")
    return _town_restriction(name, planned_end)
