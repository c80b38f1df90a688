"""The one encoding of the wire: deterministic CBOR without maps, floats or tags.

A value is an integer of 64 bits, bytes, text, a boolean, null, or an array of values (RFC 8949, section 4.2.1).
What is decoded is looked over before the library sees it, then encoded again and compared, so that one value
has one encoding and nothing that is not of this subset ever reaches a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cbor2

from konbini.protocol.errors import Code, Refused

__all__ = ["MOST_DEPTH", "MOST_INTEGER", "Value", "decode", "encode", "encode_checked"]

Value: TypeAlias = "int | bytes | str | bool | Sequence[Value] | None"

MOST_DEPTH = 8
"""So many arrays stand within one another at most."""
MOST_INTEGER = 2**63 - 1
"""Integers are not larger, and not smaller than its negative."""
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _SIMPLE = 0, 1, 2, 3, 4, 7
_SIMPLE_VALUES = frozenset((20, 21, 22))  # false, true, null
_PLAIN = frozenset((type(None), bool, bytes, str))
_LENGTH_FOLLOWS = {24: 1, 25: 2, 26: 4, 27: 8}
_SHORTEST_THAT_FOLLOWS = min(_LENGTH_FOLLOWS)
_WIDTHS = tuple((following, 256**width - 1) for following, width in _LENGTH_FOLLOWS.items())


def encode(value: Value) -> bytes:
    """Encode one value.

    Raises:
        TypeError: the value holds something that the wire does not know; that is our own defect.
    """
    kind = type(value)
    if kind is not str and kind is not bytes:
        _check_types(value, MOST_DEPTH)
    return encode_checked(value)


def encode_checked(value: Value) -> bytes:
    """Encode one value whose types, integers and depth are known to be the wire's.

    Raises:
        TypeError: half a surrogate pair.
    """
    kind = type(value)
    try:
        if kind is str:
            return _string(_TEXT, value.encode())  # type: ignore[union-attr] # it is text
        if kind is bytes:
            return _string(_BYTES, value)  # type: ignore[arg-type] # it is bytes
        if kind is int and 0 <= value < _SHORTEST_THAT_FOLLOWS:  # type: ignore[operator] # it is a number
            return bytes((value,))  # type: ignore[arg-type] # the same
        return _dumps(value)
    except UnicodeEncodeError as error:
        raise TypeError("half a surrogate pair cannot cross the wire") from error


def decode(data: bytes, most: int) -> Value:
    """Decode one value of at most `most` bytes.

    Raises:
        Refused: `OVERSIZE`, or `MALFORMED` for anything that is not the one encoding of one value.
    """
    if len(data) > most:
        raise Refused(Code.OVERSIZE, f"{len(data)} bytes, {most} allowed")
    _look_over(data)
    try:
        value: Value = cbor2.loads(data)
    except (cbor2.CBORDecodeError, UnicodeDecodeError, ValueError) as error:
        raise Refused(Code.MALFORMED, "not CBOR") from error
    if _dumps(value) != data:
        raise Refused(Code.MALFORMED, "not the deterministic encoding")
    return value


def _string(major: int, content: bytes) -> bytes:
    """Write text or bytes: most associated data and signed structures are put together of short ones."""
    length = len(content)
    if length < _SHORTEST_THAT_FOLLOWS:
        return bytes((major << 5 | length,)) + content
    width = next(following for following, most in _WIDTHS if length <= most)
    return bytes((major << 5 | width,)) + length.to_bytes(_LENGTH_FOLLOWS[width]) + content


def _dumps(value: Value) -> bytes:
    """Write the value; without maps and floats the library's plain writing is the deterministic one already."""
    try:
        pen = _idle.pop()
    except IndexError:
        pen = _Pen()
    written = pen.write(value)
    _idle.append(pen)  # a pen that broke off is not used again
    return written


class _Pen:
    """One of the library's encoders with its ink: to make a new one takes longer than to write a short value."""

    __slots__ = ("_encoder", "_ink")

    def __init__(self) -> None:
        self._ink = _Ink()
        self._encoder = cbor2.CBOREncoder(self._ink)  # type: ignore[arg-type] # it calls `write` and nothing else

    def write(self, value: Value) -> bytes:
        self._encoder.encode(value)
        written = bytes(self._ink.bytes)
        self._ink.bytes.clear()
        return written


class _Ink:
    """What an encoder writes to."""

    __slots__ = ("bytes", "write")

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.write = self.bytes.extend


_idle: list[_Pen] = []
"""Pens that nobody uses; each thread takes one for itself."""


def _check_types(value: Value, depth: int) -> None:
    if depth == 0:
        raise TypeError("nested too deep for the wire")
    if value is None or isinstance(value, (bool, bytes, str)):
        return
    if isinstance(value, int):
        if not -MOST_INTEGER <= value <= MOST_INTEGER:
            raise TypeError("integer too large for the wire")
        return
    if isinstance(value, list | tuple):
        if depth == 1 and value:
            raise TypeError("nested too deep for the wire")
        for item in value:
            kind = type(item)  # most items are plain: no call for them
            if kind not in _PLAIN and (kind is not int or not -MOST_INTEGER <= item <= MOST_INTEGER):
                _check_types(item, depth - 1)
        return
    raise TypeError(f"{type(value).__name__} cannot cross the wire")


def _look_over(data: bytes) -> None:
    """Refuse tags, maps, floats, indefinite lengths, depth and trailing bytes before the library acts on them."""
    position, left = 0, 1
    outer: list[int] = []  # values left in the arrays around the one that is looked at
    while left or outer:
        if not left:
            left = outer.pop()
            continue
        left -= 1
        skip = _SKIPS[data[position]] if position < len(data) else 0
        if skip:
            position += skip
            continue
        major, argument, position = _head(data, position)
        if major in (_BYTES, _TEXT):
            position += argument
        elif major == _ARRAY:
            outer.append(left)
            left = argument
        if position > len(data) or len(outer) >= MOST_DEPTH:
            raise Refused(Code.MALFORMED, "cut short or nested too deep")
    if position != len(data):
        raise Refused(Code.MALFORMED, "cut short, or bytes after the value")


def _short(first: int) -> int:
    """Give the length of a value that its first byte tells alone, 0 where there is more to look at."""
    major, short = first >> 5, first & 0x1F
    if major in (_UNSIGNED, _NEGATIVE) and short < _SHORTEST_THAT_FOLLOWS:
        return 1
    if major in (_BYTES, _TEXT) and short < _SHORTEST_THAT_FOLLOWS:
        return 1 + short
    return int(major == _SIMPLE and short in _SIMPLE_VALUES)


_SKIPS = tuple(map(_short, range(256)))


def _head(data: bytes, position: int) -> tuple[int, int, int]:
    if position >= len(data):
        raise Refused(Code.MALFORMED, "cut short")
    major, short = data[position] >> 5, data[position] & 0x1F
    position += 1
    if major == _SIMPLE:
        if short not in _SIMPLE_VALUES:
            raise Refused(Code.MALFORMED, "a type that the wire does not know")
        return major, 0, position
    if major not in (_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY):
        raise Refused(Code.MALFORMED, "a type that the wire does not know")
    if short < _SHORTEST_THAT_FOLLOWS:
        return major, short, position
    width = _LENGTH_FOLLOWS.get(short)
    if width is None or position + width > len(data):
        raise Refused(Code.MALFORMED, "a length that the wire does not know")
    argument = int.from_bytes(data[position : position + width])
    if argument > MOST_INTEGER - (major == _NEGATIVE):  # a negative number n is written as -1 - n
        raise Refused(Code.MALFORMED, "number too large")
    return major, argument, position + width
