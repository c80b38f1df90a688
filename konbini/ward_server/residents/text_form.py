"""How what operators write stands as text: objects with the names of the fields, for JSON and TOML alike.

Fields that somebody does not have may be left out; enumerations stand by their names in small letters
(`"presence": "present"`); dates are numbers, yyyymmdd; a card is [issuer key id, serial] in hex; a picture's file is
base64. What is a secret or
the registry's own to write (`WITHHELD`) is neither shown nor taken.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import types
import typing
from enum import IntEnum
from typing import Annotated, Any, TypeVar

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value, to_value
from konbini.ward_server.residents.bodies import NewIndividualNumber
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import ResidentRecord

__all__ = ["from_object", "to_object"]

M = TypeVar("M")

WITHHELD = frozenset({(ResidentRecord, "individual_number"), (NewIndividualNumber, "commitment")})
"""Commitments to individual numbers: a number itself is given beside the record."""


def to_object(message: object) -> dict[str, object]:
    """Give a dataclass as an object, without what is None, as it is where left out, or withheld."""
    shown = {}
    for field in dataclasses.fields(message):  # type: ignore[arg-type] # a dataclass, as its callers say
        value = getattr(message, field.name)
        left_out = value is None or value == field.default
        if not left_out and (type(message), field.name) not in WITHHELD:
            shown[field.name] = _shown(value)
    return shown


def from_object(kind: type[M], written: object) -> M:
    """Read a dataclass from what was an object.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    try:
        return from_value(kind, _array(kind, written))
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def _shown(value: object) -> object:
    match value:
        case IntEnum():
            return value.name.lower()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case CardSerial():
            return [value.issuer_key_id.hex(), value.serial.hex()]
        case tuple():
            return [_shown(one) for one in value]
    return to_object(value) if dataclasses.is_dataclass(value) else value


def _array(kind: Any, written: object) -> Value:  # noqa: ANN401 - a class of messages
    """Put an object's fields into the order of their class."""
    if not isinstance(written, dict):
        raise Refused(Code.CHANGE_INVALID, f"{kind.__name__} is an object")
    fields = dataclasses.fields(kind)
    allowed = {field.name for field in fields if (kind, field.name) not in WITHHELD}
    if not set(written) <= allowed:
        raise Refused(Code.CHANGE_INVALID, f"{kind.__name__} has no field of such a name, or it is not written here")
    hints = _hints(kind)
    return [
        _value(hints[field.name], written[field.name], field.name) if field.name in written else _default(field)
        for field in fields
    ]


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a class of messages, as a cache takes it
    return typing.get_type_hints(kind)


def _default(field: dataclasses.Field[Any]) -> Value:
    return None if field.default is dataclasses.MISSING else to_value(field.default)


def _value(kind: Any, written: object, name: str) -> Value:  # noqa: ANN401, PLR0911 - a type form; one answer each
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _value(typing.get_args(kind)[0], written, name)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        return None if written is None else _value(inner, written, name)
    if origin is tuple:
        items = written if isinstance(written, list) else [written]
        return [_value(typing.get_args(kind)[0], item, name) for item in items]
    if kind is CardSerial:
        return _card(written)
    if dataclasses.is_dataclass(kind):
        return _array(kind, written)
    if issubclass(kind, IntEnum):
        return _member(kind, written, name)
    if kind is bytes:
        return _file(written, name)
    if written is None or isinstance(written, str | int):
        return written
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def _member(kind: type[IntEnum], written: object, name: str) -> int:
    for member in kind:
        if written == member.name.lower():
            return int(member)
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def _file(written: object, name: str) -> bytes:
    try:
        return base64.b64decode(written if isinstance(written, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(Code.CHANGE_INVALID, f"field {name}") from error


def _card(written: object) -> Value:
    parts = written if isinstance(written, list) else []
    try:
        issuer_key_id, serial = (bytes.fromhex(part) if isinstance(part, str) else b"" for part in parts)
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field card") from error
    if not issuer_key_id or not serial:
        raise Refused(Code.CHANGE_INVALID, "field card")
    return [issuer_key_id, serial]
