"""A class of messages as straight-line code: its fields are checked one after another, without a call for each.

The code is made once for a class, from its own declaration and nothing else, as `dataclasses` makes its methods. What a
field may be is `konbini.protocol.shape`'s to say: the plain forms (text, bytes, numbers, truth, enumerations, other
messages, each perhaps None) are written out here, and any other is read by the reader that it gives.

Invariant: code made here accepts and refuses exactly what the readers of the fields would, and names the same field.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from konbini.protocol.codec import MOST_INTEGER, Value
from konbini.protocol.errors import Code, Refused

__all__ = ["Bound", "Reader", "Straight", "made"]

Reader = Callable[[Value], object]
"""Checks a value of the wire and gives what stands for it in a message."""

_PLAIN = frozenset((str, bytes, int, bool, type(None)))


class Bound(Protocol):
    """A bound of a field. `span` are the least and the greatest length or number where it is no more than that."""

    @property
    def span(self) -> tuple[int, int] | None:
        """Give the span."""

    def holds(self, value: Any) -> bool:  # noqa: ANN401 - any of the wire's types
        """Say whether a value keeps the bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Straight:
    """The code of one class.

    Attributes:
        read: checks an array and makes the message.
        values: checks a message and gives its array.
        depth: arrays within one another in a message's array, itself among them.
    """

    read: Reader
    values: Callable[[Any], list[Value]]
    depth: int


def made(
    kind: type,
    fields: Mapping[str, Any],
    reader: Callable[[Any, str], Reader],
    straight: Callable[[Any], Straight],
    to_value: Callable[[object], Value],
) -> Straight:
    """Make the code of a class.

    Args:
        kind: the class of messages.
        fields: each field's declared form, in order.
        reader: makes what reads a form, under a name.
        straight: gives the code of a message within the message.
        to_value: gives what stands on the wire for an item.
    """
    found = [_Field(place, name, form, f"{kind.__name__}.{name}") for place, (name, form) in enumerate(fields.items())]
    known: dict[str, Any] = {"kind": kind, "malformed": _malformed, "to_value": to_value, "plain": _PLAIN}
    for field in found:
        known |= field.known(reader, straight)
    exec("\n".join(_source(kind.__name__, found)), known)  # noqa: S102 - of our own declarations alone
    return Straight(read=known["read"], values=known["values"], depth=1 + max((one.depth for one in found), default=0))


def _malformed(where: str) -> Refused:
    return Refused(Code.MALFORMED, f"field {where}")


def _source(name: str, fields: list[_Field]) -> Iterator[str]:
    variables = ", ".join(field.variable for field in fields)
    yield "def read(value):"
    yield f"    if not isinstance(value, list) or len(value) != {len(fields)}: raise malformed({name!r})"
    yield f"    [{variables}] = value"
    for field in fields:
        yield from ("    " + line for line in field.reading())
    yield f"    return kind({', '.join(f'{field.name}={field.variable}' for field in fields)})"
    yield "def values(message):"
    for field in fields:
        yield f"    {field.variable} = message.{field.name}"
        yield from ("    " + line for line in field.writing())
    yield f"    return [{variables}]"


class _Field:
    """One field's lines."""

    def __init__(self, place: int, name: str, form: Any, where: str) -> None:  # noqa: ANN401 - a type form
        self.name = name
        self.variable = f"v{place}"
        self.depth = 0
        self._place = place
        self._form = form
        self._where = where
        self._some, self._optional = _without_none(form)
        self._bound: Bound | None = None
        self._fault = self._found_fault()

    def known(self, reader: Callable[[Any, str], Reader], straight: Callable[[Any], Straight]) -> dict[str, Any]:
        """Give what the lines refer to."""
        found: dict[str, Any] = {
            "reader": reader(self._form, self._where),
            "bound": None if self._bound is None else self._bound.holds,
            "kind": self._some,
        }
        if self._is_message:
            inner = straight(self._some)
            self.depth = inner.depth
            found["read"], found["values"] = inner.read, inner.values
        elif not self._fault:
            self.depth = _depth(self._form, straight)
        if self._is_enumeration:
            found["members"] = {int(member): member for member in self._some}
        return {f"{name}{self._place}": what for name, what in found.items()}

    def reading(self) -> Iterator[str]:
        """Give the lines that check the variable, a value of the wire, and put in its place what it stands for."""
        variable, place = self.variable, self._place
        if self._fault:
            yield f"if {self._fault}: {self._refusal}"
        elif self._is_enumeration:
            yield from self._unless_none(
                f"if type({variable}) is not int or {variable} not in members{place}: {self._refusal}",
                f"{variable} = members{place}[{variable}]",
            )
        elif self._is_message:
            yield from self._unless_none(f"{variable} = read{place}({variable})")
        else:
            yield f"{variable} = reader{place}({variable})"

    def writing(self) -> Iterator[str]:
        """Give the lines that put in the variable's place, an item of a message, what stands for it on the wire."""
        variable, place = self.variable, self._place
        if self._fault:
            yield f"if {self._fault}:"
            yield f"    {variable} = to_value({variable})"
            yield f"    if {self._fault}: {self._refusal}"
        elif self._is_enumeration or self._is_message:
            value = f"int({variable})" if self._is_enumeration else f"values{place}({variable})"
            yield f"if type({variable}) is kind{place}: {variable} = {value}"
            yield "else:"
            yield from ("    " + line for line in self._written_otherwise())
        else:
            yield from self._written_otherwise()

    def _written_otherwise(self) -> Iterator[str]:
        yield f"if type({self.variable}) not in plain: {self.variable} = to_value({self.variable})"
        yield f"reader{self._place}({self.variable})"

    def _unless_none(self, *lines: str) -> Iterator[str]:
        if self._optional:
            yield f"if {self.variable} is not None:"
        yield from ("    " + line if self._optional else line for line in lines)

    @property
    def _refusal(self) -> str:
        return f"raise malformed({self._where!r})"

    @property
    def _is_enumeration(self) -> bool:
        return isinstance(self._some, type) and issubclass(self._some, enum.IntEnum)

    @property
    def _is_message(self) -> bool:
        return isinstance(self._some, type) and dataclasses.is_dataclass(self._some)

    def _found_fault(self) -> str:
        """Give the expression that is true of a value which the form does not take; none where it is not so plain."""
        bare: Any = self._some
        bounds: list[Bound] = []
        if typing.get_origin(bare) is Annotated:
            bare, *bounds = typing.get_args(bare)
        if bare not in (str, bytes, bool, int) or len(bounds) > 1:
            return ""
        variable = self.variable
        faults = [f"type({variable}) is not {bare.__name__}"]
        span = None if not bounds else bounds[0].span
        if bounds and span is None:
            self._bound = bounds[0]
        if bare is int:
            least, most = span or (-MOST_INTEGER, MOST_INTEGER)
            span = max(least, -MOST_INTEGER), min(most, MOST_INTEGER)
        if span is not None:
            measured = variable if bare is int else f"len({variable})"
            faults.append(f"not {span[0]} <= {measured} <= {span[1]}")
        if self._bound is not None:
            faults.append(f"not bound{self._place}({variable})")
        fault = " or ".join(faults)
        return f"{variable} is not None and ({fault})" if self._optional else fault


def _without_none(form: Any) -> tuple[Any, bool]:  # noqa: ANN401 - type forms
    if typing.get_origin(form) in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(form) if one is not types.NoneType)
        return inner, True
    return form, False


def _depth(form: Any, straight: Callable[[Any], Straight]) -> int:  # noqa: ANN401 - a type form
    """Give how many arrays stand within one another in a field's value."""
    form, _ = _without_none(form)
    origin = typing.get_origin(form)
    if origin is Annotated:
        return _depth(typing.get_args(form)[0], straight)
    if origin is tuple:
        return 1 + _depth(typing.get_args(form)[0], straight)
    return straight(form).depth if dataclasses.is_dataclass(form) else 0
