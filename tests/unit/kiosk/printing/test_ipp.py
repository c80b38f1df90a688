"""IPP messages: round trips, an answer byte by byte, and everything that a printer must not send."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.printing import ipp
from konbini.kiosk.printing.ipp import Attribute, Group, GroupTag, Message, Resolution, ValueTag, decode, encode
from konbini.protocol.errors import Code, Refused

_NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_TEXTS = st.text(max_size=40)
_NUMBERS = st.integers(-(2**31), 2**31 - 1)
_SCALARS = st.one_of(
    st.tuples(st.just(ValueTag.INTEGER), _NUMBERS),
    st.tuples(st.just(ValueTag.ENUM), _NUMBERS),
    st.tuples(st.just(ValueTag.BOOLEAN), st.booleans()),
    st.tuples(st.just(ValueTag.OCTETS), st.binary(max_size=40)),
    st.tuples(st.just(ValueTag.NO_VALUE), st.none()),
    st.tuples(st.sampled_from([ValueTag.TEXT, ValueTag.NAME, ValueTag.KEYWORD, ValueTag.URI]), _TEXTS),
    st.tuples(
        st.just(ValueTag.RESOLUTION),
        st.builds(Resolution, across=_NUMBERS, along=_NUMBERS, unit=st.integers(-128, 127)),
    ),
)


def _attribute(name: str, pair: tuple[int, ipp.Value], copies: int) -> Attribute:
    return Attribute(name=name, tag=pair[0], values=(pair[1],) * copies)


_PLAIN = st.builds(_attribute, _NAMES, _SCALARS, st.integers(1, 3))
_COLLECTIONS = st.builds(
    lambda name, members: Attribute(name=name, tag=ValueTag.COLLECTION, values=(tuple(members),)),
    _NAMES,
    st.lists(_PLAIN, max_size=3),
)
_GROUPS = st.builds(
    lambda tag, attributes: Group(tag=tag, attributes=tuple(attributes)),
    st.sampled_from(list(GroupTag)),
    st.lists(_PLAIN | _COLLECTIONS, max_size=4),
)
_MESSAGES = st.builds(
    lambda code, number, groups: Message(code=code, request_id=number, groups=tuple(groups)),
    st.integers(0, 0xFFFF),
    st.integers(1, 2**31 - 1),
    st.lists(_GROUPS, max_size=4),
)


@given(message=_MESSAGES)
def test_what_is_written_is_read_again(message: Message) -> None:
    """Every syntax, sets of values and collections come back as they were."""
    assert decode(encode(message)) == message


@given(data=st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else(data: bytes) -> None:
    """Bytes of chance either are a message or are refused by a code; no other error comes out."""
    try:
        message = decode(data)
    except Refused as refused:
        assert refused.code in {Code.MALFORMED, Code.VERSION_UNKNOWN}  # noqa: PT017 - both ends are right
    else:
        assert isinstance(message, Message)


@given(message=_MESSAGES, at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_message_is_refused_or_another_message(message: Message, at: int, byte: int) -> None:
    """One changed byte never leads to anything but a reading or a refusal by code."""
    data = bytearray(encode(message))
    data[at % len(data)] = byte
    try:
        decode(bytes(data))
    except Refused as refused:
        assert refused.code in {Code.MALFORMED, Code.VERSION_UNKNOWN}  # noqa: PT017 - both ends are right


@given(message=_MESSAGES, cut=st.integers(1, 400))
def test_a_message_cut_short_is_refused(message: Message, cut: int) -> None:
    """No beginning of a message is a message."""
    data = encode(message)
    with pytest.raises(Refused):
        decode(data[: max(len(data) - cut, 0)])


def test_an_answer_byte_by_byte() -> None:
    """The wire form of RFC 8010, appendix A, for a short answer."""
    data = (
        b"\x02\x00\x00\x00\x00\x00\x00\x07"
        b"\x01\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x04\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x03"
        b"\x44\x00\x15printer-state-reasons\x00\x09media-jam\x44\x00\x00\x00\x0acover-open"
        b"\x03"
    )
    message = decode(data)
    assert (message.code, message.request_id) == (0, 7)
    (printer,) = message.of(GroupTag.PRINTER)
    state, reasons = printer.find("printer-state"), printer.find("printer-state-reasons")
    assert state is not None
    assert reasons is not None
    assert state.values == (3,)
    assert reasons.values == ("media-jam", "cover-open")
    assert printer.find("printer-name") is None
    assert encode(message) == data


_HEAD = struct.pack(">BBHI", 2, 0, 0, 1)
_BAD = {
    "empty": b"",
    "a future version": b"\x03\x00\x00\x00\x00\x00\x00\x01\x03",
    "no end": _HEAD + b"\x01",
    "bytes behind the end": _HEAD + b"\x03\x00",
    "a value before any group": _HEAD + b"\x21\x00\x01a\x00\x04\x00\x00\x00\x00\x03",
    "a value without a name": _HEAD + b"\x04\x21\x00\x00\x00\x04\x00\x00\x00\x00\x03",
    "a short integer": _HEAD + b"\x04\x21\x00\x01a\x00\x02\x00\x00\x03",
    "a boolean of two": _HEAD + b"\x04\x22\x00\x01a\x00\x01\x02\x03",
    "text outside its charset": _HEAD + b"\x04\x41\x00\x01a\x00\x01\xff\x03",
    "a name outside ASCII": _HEAD + b"\x04\x21\x00\x01\xff\x00\x04\x00\x00\x00\x00\x03",
    "a length beyond the end": _HEAD + b"\x04\x21\x00\x01a\xff\xff\x00\x03",
    "a stray end of a collection": _HEAD + b"\x04\x37\x00\x01a\x00\x00\x03",
    "a collection that does not end": _HEAD + b"\x04\x34\x00\x01a\x00\x00\x03",
    "a collection nested too deep": _HEAD
    + b"\x04"
    + b"\x34\x00\x01a\x00\x00"
    + b"\x4a\x00\x00\x00\x01b\x34\x00\x00\x00\x00" * 9,
}


@pytest.mark.parametrize("data", _BAD.values(), ids=_BAD.keys())
def test_each_defect_is_refused(data: bytes) -> None:
    """Each way to be wrong, by name."""
    with pytest.raises(Refused) as refused:
        decode(data)
    assert refused.value.code in {Code.MALFORMED, Code.VERSION_UNKNOWN}


def test_a_message_beyond_the_bound_is_refused_unread() -> None:
    """The bound comes before any reading."""
    with pytest.raises(Refused) as refused:
        decode(bytes(ipp.MOST_BYTES + 1))
    assert refused.value.code is Code.OVERSIZE


@pytest.mark.timeout(10)
def test_many_values_are_read_in_linear_time() -> None:
    """The longest legal set of values is no attack on the reader's time."""
    value = b"\x44\x00\x00\x00\x00"
    count = (ipp.MOST_BYTES - 32) // len(value)
    message = decode(_HEAD + b"\x04\x44\x00\x01a\x00\x00" + value * count + b"\x03")
    assert len(message.groups[0].attributes[0].values) == count + 1
