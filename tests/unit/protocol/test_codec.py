"""The codec: one value, one encoding, and nothing that is not of the wire's subset."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused

MOST = 2**63 - 1
leaves = st.one_of(st.none(), st.booleans(), st.integers(-MOST, MOST), st.binary(max_size=40), st.text(max_size=20))
values: st.SearchStrategy[Value] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4), max_leaves=20
).filter(lambda value: _depth(value) <= 7)


def _depth(value: Value) -> int:
    return 1 + max((_depth(item) for item in value), default=0) if isinstance(value, list) else 0


def code_of(data: bytes, most: int = 1 << 20) -> Code:
    """Give the code that refuses."""
    with pytest.raises(Refused) as refused:
        decode(data, most)
    return refused.value.code


@given(values)
def test_what_is_written_is_read(value: Value) -> None:
    """Exactly: a boolean does not come back as a number."""
    read = decode(encode(value), 1 << 20)
    assert read == value
    assert repr(read) == repr(value)


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536])
def test_text_and_bytes_of_every_width_are_the_librarys(length: int) -> None:
    """Alone and in an array, as the other implementation writes them."""
    for value in ("x" * length, bytes(length)):
        assert encode(value) == cbor2.dumps(value)
        assert encode([value]) == b"\x81" + encode(value)


@given(st.binary(max_size=60))
@example(b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x82\x81\x01\xf6")
def test_whatever_is_read_has_this_one_encoding(data: bytes) -> None:
    """Any bytes: refused by name, or exactly what we would have written."""
    read = decoded(data)
    if isinstance(read, Refused):
        assert read.code is Code.MALFORMED
    else:
        assert encode(read) == data


def decoded(data: bytes) -> Value | Refused:
    """Decode, or give the refusal."""
    try:
        return decode(data, 1 << 20)
    except Refused as refused:
        return refused


@given(values, st.data())
def test_one_byte_more_or_less_is_refused(value: Value, data: st.DataObject) -> None:
    """Trailing bytes and cut ends."""
    written = encode(value)
    assert code_of(written + data.draw(st.binary(min_size=1, max_size=3))) is Code.MALFORMED
    assert code_of(written[: data.draw(st.integers(0, len(written) - 1))]) is Code.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("a10102", id="map"),
        pytest.param("a0", id="empty map"),
        pytest.param("c11a514b67b0", id="tag: time"),
        pytest.param("d9d9f700", id="tag: self-described"),
        pytest.param("c24101", id="tag: bignum"),
        pytest.param("f93c00", id="half float"),
        pytest.param("fa47c35000", id="float"),
        pytest.param("fb3ff199999999999a", id="double"),
        pytest.param("f7", id="undefined"),
        pytest.param("e0", id="simple 0"),
        pytest.param("f820", id="simple 32"),
        pytest.param("9f01ff", id="indefinite array"),
        pytest.param("5f4101ff", id="indefinite bytes"),
        pytest.param("7f6161ff", id="indefinite text"),
        pytest.param("ff", id="break"),
        pytest.param("1801", id="integer longer than need be"),
        pytest.param("190001", id="integer in two bytes"),
        pytest.param("580161", id="length longer than need be"),
        pytest.param("9801f6", id="array length longer than need be"),
        pytest.param("61ff", id="text that is not UTF-8"),
        pytest.param("63eda080", id="a surrogate"),
        pytest.param("1bffffffffffffffff", id="above 63 bits"),
        pytest.param("3b7fffffffffffffff", id="-2^63, which nobody writes"),
        pytest.param("9bffffffffffffffff", id="an array of 2^64"),
        pytest.param("5b7fffffffffffffff", id="bytes of 2^63"),
        pytest.param("1c", id="reserved length"),
        pytest.param("81" * 9 + "00", id="nested too deep"),
        pytest.param("81" * 100_000, id="nested to break a stack"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_of_the_wire_is_malformed(data: str) -> None:
    """Each by name; the library never sees it."""
    assert code_of(bytes.fromhex(data)) is Code.MALFORMED


def test_more_than_was_said_is_oversize() -> None:
    """Before it is looked at."""
    assert code_of(b"\xff" * 11, most=10) is Code.OVERSIZE
    assert decode(encode(bytes(9)), 10) == bytes(9)


@pytest.mark.parametrize("value", [1.5, {1: 2}, 2**63, -(2**63), object(), [[[[[[[[[1]]]]]]]]], "\ud800", bytearray(1)])
def test_our_own_defects_are_type_errors(value: Any) -> None:  # noqa: ANN401 - what no type checker would let through
    """What the wire does not know is never written."""
    with pytest.raises(TypeError):
        encode(value)


def test_the_depth_that_is_written_is_read() -> None:
    """Both ends of the bound are the same."""
    nested: Value = 1
    for _ in range(7):
        nested = [nested]
    assert decode(encode(nested), 100) == nested
    with pytest.raises(TypeError):
        encode([nested])
    assert code_of(cbor2.dumps([nested])) is Code.MALFORMED
