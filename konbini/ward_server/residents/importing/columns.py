"""What a row of a town's list may hold: the columns, from the record's own declaration, and how a cell is read.

A list has a column for each field of `ResidentRecord` (but those that the registry writes itself: municipality,
version, the commitment to the individual number), one for each field of `ForeignItems` in a CSV file, one for each item
of the entry that changes with the record (`KEPT_FIELDS`), and those that stand beside the record (`beside`).
docs/import.md is compared with this by a test, so that a field that is added to the record is a column at once.

Limits: a field that is a list or an object of its own is JSON in a cell of a CSV file.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, TypeAlias

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_value
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import ForeignItems, Presence, ResidentRecord

__all__ = [
    "BESIDE",
    "COLUMNS",
    "FOREIGN",
    "JAPANESE",
    "KEPT",
    "KEPT_FIELDS",
    "Cells",
    "Column",
    "json_values",
    "refuse_cells",
]

_WRITTEN_BY_REGISTRY = frozenset({"municipality", "version", "individual_number"})
_FOREIGN = "foreign"
_EVERY_ROW = frozenset({"postcode"})
_NEVER_EMPTY = frozenset({"resident", "household", "name", "relationship", "head", "address"})
_DEFAULTS: Mapping[str, Value] = {"presence": int(Presence.PRESENT), "name_in_registration": False, "remarks": ""}
BESIDE = ("individual_number", "cards", "measures", "holds", "seal", "entry")
"""Columns that are no field of the record, and read in a way of their own."""
KEPT_FIELDS: Mapping[str, str] = {
    "postcode": "postcode",
    "alias_reading": "alias_reading",
    "foreign_katakana": "katakana",
}
"""Columns of the items that are kept beside the record, and their fields of `RegisterEntry`."""
JAPANESE = {
    "resident": "宛名番号",
    "household": "世帯番号",
    "order": "記載順位",
    "name": "氏名",
    "reading": "氏名の振り仮名",
    "former_name": "旧氏",
    "former_name_reading": "旧氏の振り仮名",
    "alias": "通称",
    "alias_reading": "通称の振り仮名",
    "birth": "生年月日",
    "sex": "性別",
    "relationship": "続柄",
    "head": "世帯主の氏名",
    "postcode": "郵便番号",
    "address": "住所",
    "address_detail": "方書",
    "domicile": "本籍",
    "domicile_head": "筆頭者",
    "previous_address": "転入前住所",
    "became_resident": "住民となった年月日",
    "address_set": "住所を定めた年月日",
    "notified": "届出日",
    "moved_in": "転入日",
    "presence": "現存区分",
    "leaving": "転出予定日",
    "name_in_registration": "外字登録中",
    "resident_code": "住民票コード",
    "remarks": "備考",
    "earlier_address": "異動前住所",
    "foreign_nationality": "国籍・地域",
    "foreign_category": "法第30条の45に規定する区分",
    "foreign_status_of_residence": "在留資格",
    "foreign_period_of_stay": "在留期間等",
    "foreign_period_ends": "在留期間の満了の日",
    "foreign_residence_card": "在留カード等の番号",
    "foreign_became_foreign_resident": "外国人住民となった年月日",
    "foreign_katakana": "氏名のカタカナ表記",
    "individual_number": "個人番号",
    "cards": "コンビニ交付シリアル番号",
    "measures": "支援措置",
    "holds": "発行抑止",
    "seal": "印鑑登録",
    "entry": "証明書に載らない事項",
}
"""Other names of columns that a CSV file may use."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_UNREAD = (ValueError, KeyError, RecursionError)
"""What reading a cell raises that is not of the column's form."""
_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)
_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}
_JSON_TYPES = (str, int, type(None))

ReadText: TypeAlias = Callable[[str], Value]
ReadJson: TypeAlias = Callable[[object], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the record. `absent` is what a row without it has; it is required where that is `MISSING`."""

    name: str
    form: str
    text: ReadText
    json: ReadJson
    absent: Value | _Missing

    @property
    def required(self) -> bool:
        """Whether every row has it."""
        return isinstance(self.absent, _Missing)


class _Missing:
    """No default."""


def refuse_cells(cells: Sequence[str]) -> None:
    """Refuse control characters, and what was not UTF-8 (it was read as surrogates).

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if _CONTROL.search("".join(cells)):
        raise Refused(Code.CHANGE_INVALID, "a control character, a line break in a cell, or what is not UTF-8")


class Cells:
    """Reads the cells of columns that stand at places of a row, None where a list has no such column."""

    def __init__(self, columns: Sequence[tuple[Column, int | None]]) -> None:
        self._columns = tuple(columns)
        self._places = tuple(at for _, at in columns if at is not None)
        self._steps = tuple(_step(column, at) for column, at in columns)

    def empty(self, row: Sequence[str]) -> bool:
        """Say whether all these cells are."""
        return not any(row[at] for at in self._places)

    def values(self, row: Sequence[str]) -> list[Value]:
        """Read a row's cells.

        Raises:
            Refused: `CHANGE_INVALID`, naming the column.
        """
        try:
            return [row[at] if text is None else text(row[at]) for text, at in self._steps]
        except _UNREAD:  # read one by one, the column is named
            return [_cell(column, None if at is None else row[at]) for column, at in self._columns]


def json_values(columns: Sequence[Column], written: Mapping[str, object]) -> list[Value]:
    """Read the members of an object.

    Raises:
        Refused: `CHANGE_INVALID`, naming the member.
    """
    return [_member(column, written[column.name]) if column.name in written else _absent(column) for column in columns]


def _cell(column: Column, cell: str | None) -> Value:
    if cell is None:
        return _absent(column)
    try:
        return column.text(cell)
    except _UNREAD as error:
        raise _unread(column) from error


def _step(column: Column, at: int | None) -> tuple[ReadText | None, int]:
    """Give how a cell is read, None where it stays as it is, and from where."""
    if at is None:
        return lambda _: _absent(column), 0
    return None if column.text is _as_it_is else column.text, at


def _member(column: Column, written: object) -> Value:
    try:
        return column.json(written)
    except (ValueError, KeyError, TypeError) as error:
        raise _unread(column) from error


def _absent(column: Column) -> Value:
    if isinstance(column.absent, _Missing):
        raise Refused(Code.CHANGE_INVALID, f"no {column.name}")
    return column.absent


def _unread(column: Column) -> Refused:
    return Refused(Code.CHANGE_INVALID, f"{column.name} is not {column.form}")


def _columns(kind: Any, prefix: str = "") -> tuple[Column, ...]:  # noqa: ANN401 - a class of messages
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple(
        _column(prefix + field.name, hints[field.name], field)
        for field in dataclasses.fields(kind)
        if kind is not ResidentRecord or field.name not in {*_WRITTEN_BY_REGISTRY, _FOREIGN}
    )


def _kept_columns() -> tuple[Column, ...]:
    hints = typing.get_type_hints(RegisterEntry, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(RegisterEntry)}
    return tuple(_column(column, hints[name], fields[name]) for column, name in KEPT_FIELDS.items())


def _column(name: str, kind: Any, field: dataclasses.Field[Any]) -> Column:  # noqa: ANN401 - a type form
    bare, optional = _bare(kind)
    form, read_text, read_json = _reading(bare, optional=optional)
    if name in _NEVER_EMPTY:
        form, read_text, read_json = "text, never empty", _never_empty(read_text), _never_empty(read_json)
    absent: Value | _Missing = _Missing()
    if field.default is not dataclasses.MISSING and name not in _EVERY_ROW:
        absent = to_value(field.default)
    elif name in _DEFAULTS or optional:
        absent = _DEFAULTS.get(name)
    return Column(name=name, form=form, text=_or(absent, read_text, bare), json=read_json, absent=absent)


def _or(absent: Value | _Missing, read: ReadText, bare: Any) -> ReadText:  # noqa: ANN401 - a type form
    """Take an empty cell for a column that is not there, but where empty text is a value."""
    if isinstance(absent, _Missing) or (bare is str and absent == ""):
        return read
    return lambda cell: read(cell) if cell else absent


def _bare(kind: Any) -> tuple[Any, bool]:  # noqa: ANN401 - type forms
    """Take bounds and `None` off a declaration."""
    if typing.get_origin(kind) is Annotated:
        return _bare(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        return _bare(inner)[0], True
    return kind, False


def _reading(bare: Any, *, optional: bool) -> tuple[str, ReadText, ReadJson]:  # noqa: ANN401 - a type form
    if bare is str:
        return "text", _as_it_is, _json_text(optional=optional)
    if bare is bool:
        return "true or false", _TRUTH.__getitem__, _exactly(bool, optional=optional)
    if bare is int:
        return "a number", _integer, _exactly(int, optional=optional)
    if isinstance(bare, type) and issubclass(bare, IntEnum):
        members: dict[object, Value] = {member.name.lower(): int(member) for member in bare}
        if optional:
            members[None] = None
        return f"one of {', '.join(str(name) for name in members if name)}", members.__getitem__, members.__getitem__
    read = _nested(bare, optional=optional)
    return "JSON", lambda cell: read(json.loads(cell)), read


def _as_it_is(cell: str) -> Value:
    return cell


def _never_empty(read: Callable[[Any], Value]) -> Callable[[Any], Value]:
    def check(cell: Any) -> Value:  # noqa: ANN401 - a cell or a member
        value = read(cell)
        if not value:
            raise ValueError("empty")
        return value

    return check


def _integer(cell: str) -> Value:
    if not _DIGITS.fullmatch(cell):
        raise ValueError("not a number")
    return int(cell)


def _exactly(kind: type, *, optional: bool) -> ReadJson:
    allowed = (kind, type(None)) if optional else (kind,)

    def read(written: object) -> Value:
        if type(written) not in allowed:
            raise TypeError(kind.__name__)
        return typing.cast("Value", written)

    return read


def _json_text(*, optional: bool) -> ReadJson:
    exactly = _exactly(str, optional=optional)

    def read(written: object) -> Value:
        value = exactly(written)
        if isinstance(value, str) and _CONTROL.search(value):
            raise ValueError("a control character")
        return value

    return read


def _nested(bare: Any, *, optional: bool) -> ReadJson:  # noqa: ANN401 - a type form
    """Read a list, or an object with the names of its fields."""
    if typing.get_origin(bare) is tuple:
        inner, _ = _bare(typing.get_args(bare)[0])
        item = _reading(inner, optional=False)[2]
        return lambda written: [item(one) for one in _as(list, written)]
    columns = _columns(bare)
    known = frozenset(column.name for column in columns)

    def read(written: object) -> Value:
        if written is None and optional:
            return None
        members = _as(dict, written)
        if not known.issuperset(members):
            raise ValueError("a member of another name")
        return json_values(columns, members)

    return read


def _as(kind: type, written: object) -> Any:  # noqa: ANN401 - of that type
    if type(written) is not kind:
        raise TypeError(kind.__name__)
    return written


COLUMNS = _columns(ResidentRecord)
"""The columns of the record, in its order, without the foreign items."""
FOREIGN = _columns(ForeignItems, "foreign_")
"""The columns of the foreign items in a CSV file, in their order; JSON Lines have an object `foreign`."""
KEPT = _kept_columns()
"""The columns of items that are kept beside the record; in JSON Lines `katakana` stands in the object `foreign`."""
