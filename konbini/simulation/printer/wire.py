"""IPP as a printer reads and writes it (RFC 8010): requests without collections in, answers out.

Written apart from the kiosk's codec, so that a misreading of the specification by one is seen by the other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["BadRequestError", "Field", "Request", "answer", "read_request"]

_END: Final = 3
_FIRST_VALUE: Final = 0x10
_INTEGER, _BOOLEAN, _ENUM, _RESOLUTION = 0x21, 0x22, 0x23, 0x32
_TEXT, _NAME, _KEYWORD, _URI, _CHARSET, _LANGUAGE, _MIME = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
_TAGS: Final = {
    "integer": _INTEGER,
    "boolean": _BOOLEAN,
    "enum": _ENUM,
    "resolution": _RESOLUTION,
    "text": _TEXT,
    "name": _NAME,
    "keyword": _KEYWORD,
    "uri": _URI,
    "charset": _CHARSET,
    "language": _LANGUAGE,
    "mime": _MIME,
}
_DOTS_PER_INCH: Final = 3


class BadRequestError(Exception):
    """The bytes are no request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks.

    Attributes:
        operation: its number (RFC 8011, section 5.4.15).
        request_id: to be repeated in the answer.
        attributes: of all groups, by name; integers as such, everything else as text.
        document: what follows the attributes.
    """

    operation: int
    request_id: int
    attributes: Mapping[str, tuple[int | str, ...]]
    document: bytes

    def text(self, name: str) -> str:
        """Give an attribute's first value, "" where it is not there."""
        values = self.attributes.get(name, ())
        return str(values[0]) if values else ""

    def number(self, name: str) -> int:
        """Give an attribute's first value, 0 where it is no number."""
        value = next(iter(self.attributes.get(name, ())), 0)
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute of an answer: its syntax by name, its values."""

    name: str
    syntax: str
    values: tuple[int | str | bool, ...]


def read_request(data: bytes) -> Request:
    """Read a request with the document behind it.

    Raises:
        BadRequestError: it is none, or has a collection.
    """
    try:
        _major, _minor, operation, request_id = struct.unpack_from(">BBHI", data)
        attributes, at = _attributes(data, 8)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadRequestError("cut short, or no text") from error
    return Request(operation=operation, request_id=request_id, attributes=attributes, document=data[at:])


def _attributes(data: bytes, at: int) -> tuple[dict[str, tuple[int | str, ...]], int]:
    found: dict[str, list[int | str]] = {}
    last = ""
    while (tag := data[at]) != _END:
        at += 1
        if tag < _FIRST_VALUE:
            continue  # the beginning of a group
        name, at = _piece(data, at)
        value, at = _piece(data, at)
        last = name.decode("ascii") or last
        if not last or tag in (0x34, 0x4A):
            raise BadRequestError("a value without a name, or a collection")
        found.setdefault(last, []).append(_value(tag, value))
    return {each: tuple(values) for each, values in found.items()}, at + 1


def _piece(data: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", data, at)
    if at + 2 + length > len(data):
        raise BadRequestError("cut short")
    return data[at + 2 : at + 2 + length], at + 2 + length


def _value(tag: int, value: bytes) -> int | str:
    return int.from_bytes(value, signed=True) if tag in (_INTEGER, _ENUM, _BOOLEAN) else value.decode("utf-8")


def answer(request_id: int, status: int, groups: Iterable[tuple[int, Iterable[Field]]] = ()) -> bytes:
    """Write an answer: groups by their delimiter, behind charset and language."""
    head = (
        Field(name="attributes-charset", syntax="charset", values=("utf-8",)),
        Field(name="attributes-natural-language", syntax="language", values=("en",)),
    )
    parts = [struct.pack(">BBHI", 2, 0, status, request_id)]
    for delimiter, fields in ((1, head), *groups):
        parts += (bytes((delimiter,)), *(_written(field) for field in fields))
    return b"".join((*parts, bytes((_END,))))


def _written(field: Field) -> bytes:
    parts = []
    for place, value in enumerate(field.values):
        name = b"" if place else field.name.encode("ascii")
        data = _data(field.syntax, value)
        parts.append(struct.pack(">BH", _TAGS[field.syntax], len(name)) + name + struct.pack(">H", len(data)) + data)
    return b"".join(parts)


def _data(syntax: str, value: int | str | bool) -> bytes:  # noqa: FBT001 - a boolean value of the wire
    if syntax == "boolean":
        return bytes((bool(value),))
    if syntax == "resolution":
        return struct.pack(">iib", value, value, _DOTS_PER_INCH)
    return struct.pack(">i", value) if isinstance(value, int) else value.encode("utf-8")
