"""Messages and their arrays: every field has its type and its bound, on the way out and on the way in."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.codec import Value, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import Options
from konbini.protocol.shape import (
    LAST_MOMENT,
    Line,
    Moment,
    Sized,
    UpTo,
    _reader,
    checked_value,
    from_bytes,
    from_value,
    to_bytes,
)


class Colour(IntEnum):
    """An enumeration with a gap."""

    RED = 1
    BLUE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A message in a message."""

    flag: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One field of each form."""

    number: int
    small: Annotated[int, UpTo(9)]
    key: Annotated[bytes, Sized(4)]
    line: Line
    colour: Colour
    inner: Inner
    many: Annotated[tuple[Colour, ...], UpTo(2)]
    maybe: Annotated[int, UpTo(9)] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A moment."""

    at: Moment
    number: int


WHOLE = Whole(
    number=-5,
    small=9,
    key=b"abcd",
    line="あ",
    colour=Colour.BLUE,
    inner=Inner(flag=True),
    many=(Colour.RED,),
    maybe=None,
)
VALUE: list[Value] = [-5, 9, b"abcd", "あ", 3, [True], [1], None]

messages = st.builds(
    Whole,
    number=st.integers(-(2**62), 2**62),
    small=st.integers(0, 9),
    key=st.binary(min_size=4, max_size=4),
    line=st.text(max_size=64),
    colour=st.sampled_from(Colour),
    inner=st.builds(Inner, flag=st.booleans()),
    many=st.lists(st.sampled_from(Colour), max_size=2).map(tuple),
    maybe=st.none() | st.integers(0, 9),
)


@given(messages)
def test_a_message_is_read_as_it_was_written(message: Whole) -> None:
    """Round trip, and the fields stand in their order."""
    assert from_bytes(Whole, to_bytes(message)) == message


def test_the_array_is_the_fields_in_order() -> None:
    """Nothing else stands on the wire."""
    assert to_bytes(WHOLE) == encode(VALUE)
    read = from_value(Whole, VALUE)
    assert read == WHOLE
    assert type(read.colour) is Colour
    assert type(read.many) is tuple


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, True), (0, b"5"), (0, None), (0, "5"),
        (1, 10), (1, -1), (1, False),
        (2, b"abc"), (2, b"abcde"), (2, "abcd"), (2, [97, 98, 99, 100]),
        (3, "x" * 65), (3, b"x"),
        (4, 2), (4, True), (4, "RED"), (4, 0),
        (5, [1]), (5, []), (5, [True, True]), (5, True), (5, None),
        (6, [1, 1, 1]), (6, [2]), (6, 1), (6, b"\x01"),
        (7, 10), (7, False), (7, []),
    ],
)  # fmt: skip
def test_a_field_of_another_form_is_malformed(place: int, value: Value) -> None:
    """A boolean is no number, bounds hold, an enumeration has its members only."""
    wrong = [*VALUE[:place], value, *VALUE[place + 1 :]]
    with pytest.raises(Refused) as refused:
        from_bytes(Whole, encode(wrong))
    assert refused.value.code is Code.MALFORMED
    assert "field" in refused.value.detail


@pytest.mark.parametrize("value", [VALUE[:-1], [*VALUE, None], [], None, 5, b"", [VALUE]])
def test_an_array_of_another_length_is_malformed(value: Value) -> None:
    """Too short, too long, no array."""
    with pytest.raises(Refused):
        from_bytes(Whole, encode(value))


def test_every_moment_has_a_day() -> None:
    """Whoever sends one is held to the calendar: the day of each is named, on screens, in logs and in accounts."""
    assert datetime.fromtimestamp(LAST_MOMENT, JAPAN).year < 9999
    assert from_value(Dated, [LAST_MOMENT, 0]).at == LAST_MOMENT
    with pytest.raises(Refused):
        from_value(Dated, [LAST_MOMENT + 1, 0])


def test_our_own_defect_is_found_before_it_is_sent() -> None:
    """A field that breaks its declaration is a TypeError here, not a refusal there."""
    for wrong in ({"small": 10}, {"key": b""}, {"small": Options.DOMICILE}, {"number": True}):
        broken = Whole(**{name: getattr(WHOLE, name) for name in WHOLE.__slots__} | wrong)
        with pytest.raises(TypeError):
            to_bytes(broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perhaps:
    """One field of each form, each of which may be None."""

    number: int | None
    digit: Annotated[int, UpTo(9)] | None
    key: Annotated[bytes, Sized(4)] | None
    text: str | None
    truth: bool | None
    colour: Colour | None
    inner: Inner | None
    many: tuple[Inner, ...] | None


ITEMS = st.none() | st.booleans() | st.integers(-3, 12) | st.integers() | st.binary(max_size=5) | st.text(max_size=5)
NEARLY = ITEMS | st.lists(ITEMS | st.lists(st.booleans(), max_size=1), max_size=2)


@pytest.mark.parametrize("kind", [Whole, Perhaps])
@given(data=st.data())
def test_code_made_for_a_class_takes_what_the_readers_of_its_fields_take(kind: type[Any], data: st.DataObject) -> None:
    """Whatever stands in the fields: on the way in, and on the way out again."""
    names = [field.name for field in dataclasses.fields(kind)]
    hints = get_type_hints(kind, include_extras=True)
    value = [data.draw(NEARLY | st.sampled_from([VALUE[place], None])) for place in range(len(names))]
    try:
        expected = kind(
            **{
                name: _reader(hints[name], f"{kind.__name__}.{name}")(item)
                for name, item in zip(names, value, strict=True)
            }
        )
    except Refused as refused:
        with pytest.raises(Refused, match=f"^{re.escape(str(refused))}$"):
            from_value(kind, value)
        return
    read = from_value(kind, value)
    assert read == expected
    assert [type(getattr(read, name)) for name in names] == [type(getattr(expected, name)) for name in names]
    assert checked_value(read) == value


def test_a_class_that_is_nested_too_deep_is_never_written() -> None:
    """It is told of when the first such message is written, not by whoever receives it."""
    deepest: Any = Inner
    for depth in range(8):
        deepest = dataclasses.make_dataclass(f"Deep{depth}", [("inner", deepest)], frozen=True)
    with pytest.raises(TypeError, match="nested too deep"):
        to_bytes(deepest(inner=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """A message of plain fields alone."""

    number: int
    line: Line


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**30])
def test_an_integer_that_is_not_the_wires_is_not_written(number: int) -> None:
    """However its field is declared."""
    with pytest.raises(TypeError, match="number"):
        to_bytes(Flat(number=number, line=""))
    assert from_bytes(Flat, to_bytes(Flat(number=2**63 - 1, line="x"))).number == 2**63 - 1


def test_half_a_surrogate_pair_is_not_written() -> None:
    """In a flat message as in any other."""
    with pytest.raises(TypeError, match="surrogate"):
        to_bytes(Flat(number=1, line="\ud800"))
