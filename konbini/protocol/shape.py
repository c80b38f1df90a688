"""How a message's fields stand in its array: one declaration serves writing, reading and checking.

A message is a frozen dataclass whose fields are integers, bytes, text, booleans, enumerations, other such
dataclasses, tuples of these, or null where the type says so. Its array holds the fields in their order.
Types are checked exactly (a boolean is no integer), and bounds are part of the type: `Sized(n)`, `UpTo(n)`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import operator
import types
import typing
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from konbini.protocol.codec import MOST_DEPTH, MOST_INTEGER, Value, decode, encode_checked
from konbini.protocol.errors import Code, Refused
from konbini.protocol.straight import Reader, Straight, made

__all__ = [
    "LAST_MOMENT",
    "Digest",
    "Line",
    "Moment",
    "Sized",
    "UpTo",
    "Yen",
    "checked_value",
    "from_bytes",
    "from_value",
    "to_bytes",
    "to_value",
]

M = TypeVar("M")

_PLAIN = frozenset((str, bytes, int, bool, type(None)))


@dataclass(frozen=True, slots=True)
class Sized:
    """Exactly `count` bytes, characters or items."""

    count: int

    @property
    def span(self) -> tuple[int, int]:
        """Give the least and the greatest length."""
        return self.count, self.count

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether the value keeps the bound."""
        return len(value) == self.count


@dataclass(frozen=True, slots=True)
class UpTo:
    """At most `count` bytes, characters or items; for an integer 0 to `count`."""

    count: int

    @property
    def span(self) -> tuple[int, int]:
        """Give the least and the greatest length or number."""
        return 0, self.count

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether the value keeps the bound."""
        return 0 <= value <= self.count if isinstance(value, int) else len(value) <= self.count


Digest = Annotated[bytes, Sized(32)]
"""A SHA-256 hash."""
LAST_MOMENT = 2**37
"""In the year 6325: of a moment beyond the year 9999 nobody here could name the day."""
Moment = Annotated[int, UpTo(LAST_MOMENT)]
"""Unix time in whole seconds."""
Line = Annotated[str, UpTo(64)]
"""A short name or number of ours."""
Yen = Annotated[int, UpTo(100_000)]
"""An amount of money."""


def to_value(message: object) -> Value:
    """Turn a message into its array."""
    return _giver(typing.cast("Hashable", type(message)))(message)


@functools.cache
def _giver(kind: Any) -> Callable[[Any], Value]:  # noqa: ANN401 - a class, as a cache takes it
    """Make what turns one class's messages into their arrays, once."""
    if issubclass(kind, enum.IntEnum):
        return int
    if dataclasses.is_dataclass(kind):
        fields = _fields_of(typing.cast("Hashable", kind))
        return lambda message: [item if type(item) in _PLAIN else to_value(item) for item in fields(message)]
    if issubclass(kind, tuple):
        return lambda items: [to_value(item) for item in items]
    return lambda plain: typing.cast("Value", plain)


@functools.cache
def _fields_of(kind: Any) -> Callable[[object], tuple[Any, ...]]:  # noqa: ANN401 - a class of messages, as a cache takes it
    """Make what takes a message's fields out, in order."""
    names = _field_names(kind)
    get = operator.attrgetter(*names, "__class__")  # at least two, so that a tuple comes out
    return lambda message: get(message)[:-1]


@functools.cache
def _field_names(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - a class of messages, as a cache takes it
    return tuple(field.name for field in dataclasses.fields(kind))


def to_bytes(message: object) -> bytes:
    """Encode a message.

    Raises:
        TypeError: a field breaks its own declaration; that is our own defect, found before it is sent.
    """
    return encode_checked(checked_value(message))


def checked_value(message: object) -> list[Value]:
    """Turn a message into its array, each field checked against its declaration.

    Raises:
        TypeError: a field breaks it.
    """
    kind = type(message)
    try:
        return _straight(typing.cast("Hashable", kind)).values(message)
    except Refused as refused:
        raise TypeError(f"{kind.__name__}: {refused.detail}") from refused


def from_bytes(kind: type[M], data: bytes, most: int = 1 << 20) -> M:
    """Decode and check a message of the class `kind`.

    Raises:
        Refused: `OVERSIZE` or `MALFORMED`.
    """
    return from_value(kind, decode(data, most))


def from_value(kind: type[M], value: Value) -> M:
    """Check an array against the class `kind` and make the message.

    Raises:
        Refused: `MALFORMED`, naming the field.
    """
    read: Reader = _reader(typing.cast("Hashable", kind), kind.__name__)
    return typing.cast("M", read(value))


@functools.cache
def _reader(kind: Any, where: str) -> Reader:  # noqa: ANN401 - a type form, which has no type of its own
    """Make what reads one type form, once: every message of a visit passes here, and so does each imported record."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _bounded(kind, where)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        some = _reader(inner, where)
        return lambda value: None if value is None else some(value)
    if origin is tuple:
        return _tuple(_reader(typing.get_args(kind)[0], where), where)
    if dataclasses.is_dataclass(kind):
        return _straight(typing.cast("Hashable", kind)).read
    if issubclass(kind, enum.IntEnum):
        return _member(kind, where)
    return _exactly(kind, where)


def _malformed(where: str) -> Refused:
    return Refused(Code.MALFORMED, f"field {where}")


def _bounded(kind: Any, where: str) -> Reader:  # noqa: ANN401 - a type form
    bare, *bounds = typing.get_args(kind)
    if bare in (str, bytes) and len(bounds) == 1 and isinstance(bounds[0], UpTo | Sized):
        return _sequence(bare, bounds[0], where)
    if bare is int and len(bounds) == 1:
        return _integer(bounds[0].holds, where)
    read = _reader(bare, where)
    for bound in bounds:
        read = _held(read, bound.holds, where)
    return read


def _held(inner: Reader, holds: Callable[[Any], bool], where: str) -> Reader:
    def read(value: Value) -> object:
        found = inner(value)
        if not holds(found):
            raise _malformed(where)
        return found

    return read


def _integer(holds: Callable[[Any], bool], where: str) -> Reader:
    """Make what reads an integer of the wire and of one bound, in one step."""

    def read(value: Value) -> object:
        if type(value) is not int or not -MOST_INTEGER <= value <= MOST_INTEGER or not holds(value):
            raise _malformed(where)
        return value

    return read


def _sequence(bare: type, bound: UpTo | Sized, where: str) -> Reader:
    """Make what reads text or bytes of one bounded length, the most common fields, in one step."""
    fewest, most = bound.count if isinstance(bound, Sized) else 0, bound.count

    def read(value: Value) -> object:
        if type(value) is not bare or not fewest <= len(value) <= most:  # type: ignore[arg-type] # str or bytes
            raise _malformed(where)
        return value

    return read


def _tuple(inner: Reader, where: str) -> Reader:
    def read(value: Value) -> object:
        if not isinstance(value, list):
            raise _malformed(where)
        return tuple(map(inner, value))

    return read


@functools.cache
def _straight(kind: Any) -> Straight:  # noqa: ANN401 - a class of messages, as a cache takes it
    """Make what reads and writes a class of messages, once.

    Raises:
        TypeError: no class of messages, or one that is nested too deep for the wire.
    """
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise TypeError(f"{kind!r} is no class of messages")
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    found = made(kind, fields, _reader, _straight, to_value)
    if found.depth > MOST_DEPTH:
        raise TypeError(f"{kind.__name__} is nested too deep for the wire")
    return found


def _member(kind: type[enum.IntEnum], where: str) -> Reader:
    members = {int(member): member for member in kind}

    def read(value: Value) -> object:
        if type(value) is not int or value not in members:
            raise _malformed(where)
        return members[value]

    return read


def _exactly(kind: type, where: str) -> Reader:
    if kind is int:
        return _integer(lambda _: True, where)

    def read(value: Value) -> object:
        if type(value) is not kind:
            raise _malformed(where)
        return value

    return read
