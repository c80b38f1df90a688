"""IPP/2.0 messages to bytes and back (RFC 8010), pure and bounded.

Reads strictly what a printer may answer: known delimiters, one level of groups, attributes with at least one value,
collections (RFC 8010, section 3.1.6) down to a fixed depth, nothing behind the end. A value whose syntax this module
has no use for is kept as its bytes. The attributes' meaning (RFC 8011) belongs to the client.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import TypeAlias

from konbini.protocol.errors import Code, Refused

__all__ = [
    "MOST_BYTES",
    "Attribute",
    "Group",
    "GroupTag",
    "Message",
    "Operation",
    "Resolution",
    "Value",
    "ValueTag",
    "decode",
    "encode",
]

MOST_BYTES = 256 * 1024
_MOST_DEPTH = 4
_VERSION = (2, 0)
_END_OF_ATTRIBUTES = 0x03
_FIRST_VALUE_TAG = 0x10


@unique
class Operation(IntEnum):
    """operations-supported (RFC 8011, section 5.4.15)."""

    PRINT_JOB = 0x0002
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


@unique
class GroupTag(IntEnum):
    """Delimiters that begin a group (RFC 8010, section 3.5.1)."""

    OPERATION = 0x01
    JOB = 0x02
    PRINTER = 0x04
    UNSUPPORTED = 0x05


@unique
class ValueTag(IntEnum):
    """Value syntaxes that this module reads or writes (RFC 8010, section 3.5.2)."""

    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    RESOLUTION = 0x32
    COLLECTION = 0x34
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


_NUMBERS = frozenset({ValueTag.INTEGER, ValueTag.ENUM})
_WITHOUT_VALUE = frozenset({ValueTag.UNSUPPORTED, ValueTag.UNKNOWN, ValueTag.NO_VALUE})
_STRINGS = frozenset(
    {
        ValueTag.TEXT,
        ValueTag.NAME,
        ValueTag.KEYWORD,
        ValueTag.URI,
        ValueTag.CHARSET,
        ValueTag.LANGUAGE,
        ValueTag.MIME_TYPE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A resolution (RFC 8011, section 5.1.16); `unit` 3 is dots per inch, 4 dots per centimetre."""

    across: int
    along: int
    unit: int


Value: TypeAlias = "int | bool | str | bytes | Resolution | tuple[Attribute, ...] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A name with its values, all of the syntax `tag` unless an out-of-band value stands among them.

    Attributes:
        name: at most 255 bytes of ASCII.
        tag: syntax of the first value; a number outside `ValueTag` where the printer used one.
        values: at least one; None for an out-of-band value, bytes for a syntax that is not interpreted.
    """

    name: str
    tag: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One attribute group."""

    tag: int
    attributes: tuple[Attribute, ...]

    def find(self, name: str) -> Attribute | None:
        """Return the first attribute of this name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or a response.

    Attributes:
        code: the operation of a request, the status of a response.
        request_id: 1 to 2**31 - 1; a response repeats its request's.
        groups: in the order of the wire.
    """

    code: int
    request_id: int
    groups: tuple[Group, ...]

    def of(self, tag: GroupTag) -> tuple[Group, ...]:
        """Return the groups of one kind; a response on jobs has one group for each."""
        return tuple(group for group in self.groups if group.tag == tag)


def encode(message: Message) -> bytes:
    """Return the bytes of a message; a document may follow them.

    Raises:
        ValueError: a value does not fit its syntax; that is our own defect.
    """
    parts = [struct.pack(">BBHI", *_VERSION, message.code, message.request_id)]
    for group in message.groups:
        parts.append(bytes((group.tag,)))
        parts.extend(_encode_attribute(attribute) for attribute in group.attributes)
    parts.append(bytes((_END_OF_ATTRIBUTES,)))
    return b"".join(parts)


def _encode_attribute(attribute: Attribute) -> bytes:
    if not attribute.values:
        raise ValueError("an attribute has at least one value")
    names = (attribute.name, *("" for _ in attribute.values[1:]))
    return b"".join(
        _encode_value(attribute.tag, name, value) for name, value in zip(names, attribute.values, strict=True)
    )


def _encode_value(tag: int, name: str, value: Value) -> bytes:
    if isinstance(value, tuple):
        members = b"".join(_encode_member(member) for member in value)
        return _field(ValueTag.COLLECTION, name, b"") + members + _field(ValueTag.END_COLLECTION, "", b"")
    return _field(tag, name, _encode_scalar(tag, value))


def _encode_member(member: Attribute) -> bytes:
    values = b"".join(_encode_value(member.tag, "", value) for value in member.values)
    return _field(ValueTag.MEMBER_NAME, "", member.name.encode("ascii")) + values


def _encode_scalar(tag: int, value: Value) -> bytes:
    match value:
        case None:
            return b""
        case bool():
            return bytes((value,))
        case int():
            return struct.pack(">i", value)
        case str():
            return value.encode("utf-8")
        case bytes():
            return value
        case Resolution():
            return struct.pack(">iib", value.across, value.along, value.unit)
        case _:
            raise ValueError(f"no encoding for syntax {tag:#x}")


def _field(tag: int, name: str, value: bytes) -> bytes:
    head = name.encode("ascii")
    return struct.pack(">BH", tag, len(head)) + head + struct.pack(">H", len(value)) + value


def decode(data: bytes) -> Message:
    """Return the message that `data` is, whole.

    Raises:
        Refused: `OVERSIZE` above `MOST_BYTES`, `MALFORMED` for anything else that is wrong.
    """
    if len(data) > MOST_BYTES:
        raise Refused(Code.OVERSIZE, "IPP message")
    reader = _Reader(data)
    major, _minor, code, request_id = reader.unpack(">BBHI")
    if major not in (1, 2):
        raise Refused(Code.VERSION_UNKNOWN, "IPP version")
    groups = tuple(reader.groups())
    if reader.left:
        raise Refused(Code.MALFORMED, "bytes behind the IPP attributes")
    return Message(code=code, request_id=request_id, groups=groups)


class _Reader:
    """A cursor over the bytes of one message; it never reads past the end and never goes back but by one tag."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Refused(Code.MALFORMED, "IPP message cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def peek(self) -> int:
        if not self.left:
            raise Refused(Code.MALFORMED, "IPP message cut short")
        return self._data[self._at]

    def groups(self) -> list[Group]:
        found = []
        while (tag := self.take(1)[0]) != _END_OF_ATTRIBUTES:
            if tag == 0 or tag >= _FIRST_VALUE_TAG:
                raise Refused(Code.MALFORMED, "no IPP group here")
            found.append(Group(tag=tag, attributes=tuple(self._attributes())))
        return found

    def _attributes(self) -> list[Attribute]:
        found: list[tuple[str, int, list[Value]]] = []
        while self.peek() >= _FIRST_VALUE_TAG:
            tag, name, value = self._value(_MOST_DEPTH)
            if name:
                found.append((name, tag, [value]))
            elif found:
                found[-1][2].append(value)
            else:
                raise Refused(Code.MALFORMED, "an IPP value without a name")
        return [Attribute(name=name, tag=tag, values=tuple(values)) for name, tag, values in found]

    def _value(self, depth: int) -> tuple[int, str, Value]:
        tag, name, raw = self._raw()
        if tag in (ValueTag.END_COLLECTION, ValueTag.MEMBER_NAME):
            raise Refused(Code.MALFORMED, "an IPP collection's part outside of one")
        if tag == ValueTag.COLLECTION:
            return tag, name, self._members(depth - 1)
        return tag, name, _scalar(tag, raw)

    def _raw(self) -> tuple[int, str, bytes]:
        tag = self.take(1)[0]
        if tag < _FIRST_VALUE_TAG:
            raise Refused(Code.MALFORMED, "no IPP value here")
        name = _text(self.take(self.unpack(">H")[0]), "ascii")
        return tag, name, self.take(self.unpack(">H")[0])

    def _members(self, depth: int) -> tuple[Attribute, ...]:
        if depth == 0:
            raise Refused(Code.MALFORMED, "IPP collections nested too deep")
        members: list[Attribute] = []
        while True:
            tag, name, raw = self._raw()
            if name:
                raise Refused(Code.MALFORMED, "a name inside an IPP collection")
            if tag == ValueTag.END_COLLECTION:
                return tuple(members)
            if tag != ValueTag.MEMBER_NAME:
                raise Refused(Code.MALFORMED, "an IPP collection's value without its name")
            members.append(self._member(_text(raw, "ascii"), depth))

    def _member(self, name: str, depth: int) -> Attribute:
        first, values = 0, []
        while self.peek() not in (ValueTag.MEMBER_NAME, ValueTag.END_COLLECTION):
            tag, inner, value = self._value(depth)
            if inner:
                raise Refused(Code.MALFORMED, "a name inside an IPP collection")
            first = first or tag
            values.append(value)
        if not name or not values:
            raise Refused(Code.MALFORMED, "an empty IPP collection member")
        return Attribute(name=name, tag=first, values=tuple(values))


def _scalar(tag: int, raw: bytes) -> Value:
    if tag in _WITHOUT_VALUE:
        return None
    if tag in _STRINGS:
        return _text(raw, "utf-8")
    if tag in _NUMBERS:
        return _exactly(">i", raw)[0]
    if tag == ValueTag.BOOLEAN:
        if raw not in (b"\x00", b"\x01"):
            raise Refused(Code.MALFORMED, "an IPP boolean")
        return raw == b"\x01"
    if tag == ValueTag.RESOLUTION:
        across, along, unit = _exactly(">iib", raw)
        return Resolution(across=across, along=along, unit=unit)
    return raw


def _exactly(layout: str, raw: bytes) -> tuple[int, ...]:
    if len(raw) != struct.calcsize(layout):
        raise Refused(Code.MALFORMED, "an IPP value of the wrong length")
    return struct.unpack(layout, raw)


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset)
    except UnicodeDecodeError as error:
        raise Refused(Code.MALFORMED, "IPP text outside its charset") from error
