"""One row of a town's list, read: from the cells of a CSV file or the object of a line of JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value
from konbini.ward_server.residents.importing.beside import row_of_cells, row_of_members, written_json
from konbini.ward_server.residents.importing.columns import (
    BESIDE,
    COLUMNS,
    FOREIGN,
    JAPANESE,
    KEPT,
    Cells,
    json_values,
    refuse_cells,
)
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.town import TownRow

__all__ = ["CsvForm", "JsonForm", "RowForm"]

_FOREIGN = "foreign"
_FOREIGN_PREFIX = "foreign_"
_KATAKANA = "foreign_katakana"
_COLUMN_NAMES = tuple(column.name for column in COLUMNS)
_KEPT_NAMES = tuple(column.name for column in KEPT)
_READ = (*_COLUMN_NAMES, "municipality", "version", "individual_number", _FOREIGN)
_PLACES = tuple(_READ.index(field.name) for field in dataclasses.fields(ResidentRecord))


def _in_order(read: Sequence[Value]) -> list[Value]:
    """Put what was read of a row, and what the registry writes, in the order of the record's fields."""
    return [read[at] for at in _PLACES]


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
    """Where in a row of cells everything is; `household` None where no column is so named."""

    columns: Cells
    foreign: Cells
    kept: Cells
    beside: Mapping[str, int]
    household: int | None
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
        values = places.columns.values(row)
        items = None if places.foreign.empty(row) else places.foreign.values(row)
        beside = {name: row[at] for name, at in places.beside.items()}
        return row_of_cells(_record(self._ward, values, items), places.kept.values(row), beside)

    def household(self, row: Sequence[str]) -> str | None:
        """Give the household's cell."""
        at = self._places.household
        return None if at is None or at >= len(row) else row[at]


class JsonForm(RowForm):
    """Lines of JSON, each an object with the names of the columns; foreign items are an object of their own."""

    _known = frozenset((*_COLUMN_NAMES, *_KEPT_NAMES, _FOREIGN, *BESIDE)) - {_KATAKANA}

    def __init__(self, ward: str) -> None:
        self._ward = ward

    def read(self, row: str) -> TownRow:
        """Read a line."""
        written = _object(row)
        if not self._known.issuperset(written):
            raise Refused(Code.CHANGE_INVALID, "a member of an unknown name")
        values = json_values(COLUMNS, written)
        items = _foreign_members(written.get(_FOREIGN))
        foreign = None if items is None else json_values(FOREIGN, items)
        kept = json_values(KEPT, written | (items or {}))
        return row_of_members(_record(self._ward, values, foreign), kept, written)

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
    known = {*_COLUMN_NAMES, *_KEPT_NAMES, *(column.name for column in FOREIGN), *BESIDE}
    if len(at) != len(names) or not known.issuperset(at):
        wrong = sorted({name for name in names if names.count(name) > 1 or name not in known})
        raise Refused(Code.CHANGE_INVALID, f"columns that are unknown or stand twice: {', '.join(wrong)[:200]}")
    missing = [column.name for column in (*COLUMNS, *KEPT) if column.required and column.name not in at]
    if missing:
        raise Refused(Code.CHANGE_INVALID, f"columns that are missing: {', '.join(missing)}")
    return _Places(
        columns=Cells([(column, at.get(column.name)) for column in COLUMNS]),
        foreign=Cells([(column, at.get(column.name)) for column in FOREIGN]),
        kept=Cells([(column, at.get(column.name)) for column in KEPT]),
        beside={name: at[name] for name in BESIDE if name in at},
        household=at.get("household"),
        width=len(names),
    )


def _record(ward: str, values: Sequence[Value], foreign: Value) -> ResidentRecord:
    try:
        return from_value(ResidentRecord, _in_order((*values, ward, 1, None, foreign)))
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def _object(line: str) -> dict[str, Any]:
    written = written_json(line)
    if not isinstance(written, dict):
        raise Refused(Code.CHANGE_INVALID, "a line is an object")
    return written


_FOREIGN_NAMES = frozenset(
    column.name.removeprefix(_FOREIGN_PREFIX) for column in (*FOREIGN, *KEPT) if column.name.startswith(_FOREIGN_PREFIX)
)


def _foreign_members(items: object) -> dict[str, object] | None:
    """Give the members of the object of foreign items under the names of their columns."""
    if items is None:
        return None
    if not isinstance(items, dict) or not items.keys() <= _FOREIGN_NAMES:
        raise Refused(Code.CHANGE_INVALID, "foreign is an object with the names of the foreign items")
    return {_FOREIGN_PREFIX + name: value for name, value in items.items()}
