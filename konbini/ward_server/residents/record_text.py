"""A record as people write and read it: one JSON object with the names of the record's fields.

Fields that a resident does not have may be left out; enumerations stand by their names in small letters
(`"presence": "present"`); dates are numbers, yyyymmdd. The commitment to the individual number is never written here:
an individual number is given beside the record.
"""

from __future__ import annotations

import dataclasses
import json
from enum import IntEnum

from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_value
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems, Presence, ResidentRecord, Sex

__all__ = ["record_from", "record_object", "write_record"]

_WITHHELD = "individual_number"
_NAMED: dict[str, type[IntEnum]] = {"sex": Sex, "presence": Presence, "category": ForeignCategory}


def write_record(record: ResidentRecord) -> str:
    """Write a record, without what is None and without the commitment."""
    return json.dumps(record_object(record), ensure_ascii=False, indent=2)


def record_object(record: ResidentRecord | ForeignItems) -> dict[str, object]:
    """Give a record as a JSON object, without what is None and without the commitment."""
    shown: dict[str, object] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value is None or field.name == _WITHHELD:
            continue
        if isinstance(value, IntEnum):
            shown[field.name] = value.name.lower()
        else:
            shown[field.name] = record_object(value) if isinstance(value, ForeignItems) else value
    return shown


def record_from(written: object) -> ResidentRecord:
    """Read a record from what was a JSON object.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    if isinstance(written, dict) and _WITHHELD in written:
        raise Refused(Code.CHANGE_INVALID, f"{_WITHHELD} is given beside the record")
    try:
        return from_value(ResidentRecord, _array(ResidentRecord, written))
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused


def _array(kind: type[ResidentRecord | ForeignItems], written: object) -> Value:
    """Put an object's fields into the order of their class."""
    names = [field.name for field in dataclasses.fields(kind)]
    if not isinstance(written, dict):
        raise Refused(Code.CHANGE_INVALID, f"{kind.__name__} is an object")
    if not set(written) <= set(names):
        raise Refused(Code.CHANGE_INVALID, f"{kind.__name__} has no field of such a name")
    return [_value(name, written.get(name)) for name in names]


def _value(name: str, written: object) -> Value:
    if name in _NAMED:
        return _member(name, written)
    if name == "foreign" and written is not None:
        return _array(ForeignItems, written)
    if written is None or isinstance(written, str | int):
        return written
    raise Refused(Code.CHANGE_INVALID, f"field {name}")


def _member(name: str, written: object) -> int:
    for member in _NAMED[name]:
        if written == member.name.lower():
            return int(member)
    raise Refused(Code.CHANGE_INVALID, f"field {name}")
