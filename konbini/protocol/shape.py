"""How a message's fields stand in its array: one declaration serves writing, reading and checking.

A message is a frozen dataclass whose fields are integers, bytes, text, booleans, enumerations, other such
dataclasses, tuples of these, or null where the type says so. Its array holds the fields in their order.
Types are checked exactly (a boolean is no integer), and bounds are part of the type: `Sized(n)`, `UpTo(n)`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused

__all__ = ["Digest", "Line", "Moment", "Sized", "UpTo", "Yen", "from_bytes", "from_value", "to_bytes", "to_value"]

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Sized:
    """Exactly `count` bytes, characters or items."""

    count: int

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether the value keeps the bound."""
        return len(value) == self.count


@dataclass(frozen=True, slots=True)
class UpTo:
    """At most `count` bytes, characters or items; for an integer 0 to `count`."""

    count: int

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether the value keeps the bound."""
        return 0 <= value <= self.count if isinstance(value, int) else len(value) <= self.count


Digest = Annotated[bytes, Sized(32)]
"""A SHA-256 hash."""
Moment = Annotated[int, UpTo(2**40)]
"""Unix time in whole seconds."""
Line = Annotated[str, UpTo(64)]
"""A short name or number of ours."""
Yen = Annotated[int, UpTo(100_000)]
"""An amount of money."""


def to_value(message: object) -> Value:
    """Turn a message into its array."""
    if dataclasses.is_dataclass(message):
        return [to_value(getattr(message, field.name)) for field in dataclasses.fields(message)]
    if isinstance(message, enum.IntEnum):
        return int(message)
    if isinstance(message, tuple):
        return [to_value(item) for item in message]
    return typing.cast("Value", message)


def to_bytes(message: object) -> bytes:
    """Encode a message.

    Raises:
        TypeError: a field breaks its own declaration; that is our own defect, found before it is sent.
    """
    value = to_value(message)
    try:
        from_value(type(message), value)
    except Refused as refused:
        raise TypeError(f"{type(message).__name__}: {refused.detail}") from refused
    return encode(value)


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
    return typing.cast("M", _read(kind, value, kind.__name__))


@functools.cache
def _field_types(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(kind))


def _malformed(where: str) -> Refused:
    return Refused(Code.MALFORMED, f"field {where}")


def _read(kind: Any, value: Value, where: str) -> object:  # noqa: ANN401 - a type form, which has no type of its own
    origin = typing.get_origin(kind)
    if origin is Annotated:
        bare, *bounds = typing.get_args(kind)
        read = _read(bare, value, where)
        if not all(bound.holds(read) for bound in bounds):
            raise _malformed(where)
        return read
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        return None if value is None else _read(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _malformed(where)
        inner = typing.get_args(kind)[0]
        return tuple(_read(inner, item, f"{where}[{index}]") for index, item in enumerate(value))
    return _read_plain(kind, value, where)


def _read_plain(kind: type, value: Value, where: str) -> object:
    if dataclasses.is_dataclass(kind):
        fields = _field_types(kind)
        if not isinstance(value, list) or len(value) != len(fields):
            raise _malformed(where)
        return kind(
            **{name: _read(form, item, f"{where}.{name}") for (name, form), item in zip(fields, value, strict=True)}
        )
    if issubclass(kind, enum.IntEnum):
        if type(value) is not int or value not in frozenset(int(member) for member in kind):
            raise _malformed(where)
        return kind(value)
    if type(value) is not kind:
        raise _malformed(where)
    return value
