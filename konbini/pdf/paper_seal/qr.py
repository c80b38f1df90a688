"""QR codes (ISO/IEC 18004) for page seals: byte mode, a few fixed versions, one fixed mask, from tables made once.

Signed and deflated bytes look like chance, so that choosing among eight masks gains nothing; with the mask fixed, all
but the data's own modules is known beforehand. A code is then three steps over tables: a checksum for each block (the
sum of one entry for each half of a byte, since Reed-Solomon is linear), the codewords as a string of modules in the
order in which the standard lays them out, and that string re-ordered. The standard lays them out in columns, every
second module of a run one below or above the other: so a column is a few slices of the string. Eight strings, one of
all first columns of eight, one of all second ones, and so on, are then put together as numbers, a bit beside the other.
Limits: no other mode, no structured append.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import getitem, xor
from typing import Final, NamedTuple

from konbini.protocol.errors import Code, Refused

__all__ = ["CAPACITY", "MASK", "QUIET", "SYMBOLS", "Matrix", "Symbol", "code", "symbol_for"]

MASK: Final = 3
"""Modules with (row + column) divisible by three are inverted."""
QUIET: Final = 4
"""Modules of white around a code (ISO/IEC 18004, 9.1)."""
_BYTE_MODE: Final = 0b0100
_HEAD_BITS: Final = 20  # mode (4) and length (16), versions 10 and above
_PADDING: Final = bytes((0xEC, 0x11))
_PRIMITIVE: Final = 0x11D
_LEVEL_BITS: Final = {"L": 0b01, "M": 0b00}
_FORMAT_GENERATOR: Final = 0x537
_FORMAT_MASK: Final = 0x5412
_VERSION_GENERATOR: Final = 0x1F25


@dataclass(frozen=True, slots=True)
class Symbol:
    """One version at one level of error correction, as the standard's tables give it.

    Attributes:
        version: 10 to 40.
        level: `L` or `M`: 7 or 15 per cent of the codewords may be lost.
        checks: codewords of error correction in each block.
        blocks: how many blocks have the lesser and how many the greater length.
        shorter: data codewords of a shorter block; a longer one has one more.
        alignment: where the alignment patterns stand.
    """

    version: int
    level: str
    checks: int
    blocks: tuple[int, int]
    shorter: int
    alignment: tuple[int, ...]

    @property
    def size(self) -> int:
        """Modules along one edge, without the quiet zone."""
        return 17 + 4 * self.version

    @property
    def codewords(self) -> int:
        """Data codewords."""
        return sum(self.blocks) * self.shorter + self.blocks[1]

    @property
    def capacity(self) -> int:
        """Bytes that it holds."""
        return self.codewords - 3


SYMBOLS: Final = (
    Symbol(15, "M", 24, (5, 5), 41, (6, 26, 48, 70)),
    Symbol(18, "M", 26, (9, 4), 43, (6, 30, 56, 82)),
    Symbol(20, "M", 26, (3, 13), 41, (6, 34, 62, 90)),
    Symbol(23, "M", 28, (4, 14), 47, (6, 30, 54, 78, 102)),
    Symbol(25, "M", 28, (8, 13), 47, (6, 32, 58, 84, 110)),
    Symbol(25, "L", 26, (8, 4), 106, (6, 32, 58, 84, 110)),
)
"""What page seals are drawn as, the smallest first."""
CAPACITY: Final = max(symbol.capacity for symbol in SYMBOLS)
"""The longest seal that has a code."""


class Matrix(NamedTuple):
    """A code as an image: `edge` pixels square, quiet zone included, a module a pixel.

    `bands` are eight columns each, from the left: a byte a row, a bit a pixel, the first in the highest bit, 1 white.
    """

    symbol: Symbol
    edge: int
    bands: bytes

    @property
    def rows(self) -> bytes:
        """Its rows one after the other, each of whole bytes."""
        return self.rows_behind(0)

    def rows_behind(self, noughts: int) -> bytes:
        """Give its rows one after the other, each of whole bytes and behind so many of 0."""
        length = noughts + len(self.bands) // self.edge
        rows = bytearray(length * self.edge)
        for place in range(noughts, length):
            start = (place - noughts) * self.edge
            rows[place::length] = self.bands[start : start + self.edge]
        return bytes(rows)


def symbol_for(length: int) -> Symbol:
    """Choose the smallest symbol that holds so many bytes.

    Raises:
        Refused: `FORM_OVERFLOW`: none does.
    """
    for symbol in SYMBOLS:
        if length <= symbol.capacity:
            return symbol
    raise Refused(Code.FORM_OVERFLOW, f"paper seal: {length} bytes, {CAPACITY} fit a code")


def code(data: bytes, symbol: Symbol | None = None) -> Matrix:
    """Draw a code.

    Args:
        data: what it says.
        symbol: in place of the smallest one that holds it.

    Raises:
        Refused: `FORM_OVERFLOW`.
    """
    symbol = symbol or symbol_for(len(data))
    if len(data) > symbol.capacity:
        raise Refused(Code.FORM_OVERFLOW, f"paper seal: {len(data)} bytes, {symbol.capacity} fit this code")
    tables = _tables(symbol)
    codewords = _interleaved(_data_codewords(data, symbol), symbol, tables.checks)
    modules = f"{int.from_bytes(codewords):0{8 * len(codewords)}b}".encode() + tables.nought
    edge = symbol.size + 2 * QUIET
    columns = b"".join(map(modules.__getitem__, tables.columns))
    length = edge * _row_bytes(symbol)
    white = tables.fixed ^ reduce(xor, _beside(columns, length)) & tables.data
    return Matrix(symbol, edge, white.to_bytes(length))


def _beside(columns: bytes, length: int) -> Iterator[int]:
    """Give columns of modules, a byte a module, as eight numbers whose lowest bits stand beside one another."""
    for place in range(8):
        yield int.from_bytes(columns[place * length : (place + 1) * length]) << 7 - place


def _row_bytes(symbol: Symbol) -> int:
    return (symbol.size + 2 * QUIET + 7) // 8


def _data_codewords(data: bytes, symbol: Symbol) -> bytes:
    """Write mode, length, data and terminator, and fill up."""
    head = (_BYTE_MODE << 16 | len(data)) << 8 * len(data) | int.from_bytes(data)
    written = (head << 4).to_bytes(len(data) + _HEAD_BITS // 8 + 1)
    room = symbol.codewords - len(written)
    return written + (_PADDING * (room // 2 + 1))[:room]


def _interleaved(data: bytes, symbol: Symbol, tables: tuple[list[list[int]], list[list[int]]]) -> bytes:
    """Give data and check codewords in the order in which they are laid out, a codeword of each block in turn."""
    (few, _), shorter = symbol.blocks, symbol.shorter
    cut = few * shorter
    starts = [*range(0, cut, shorter), *range(cut, len(data), shorter + 1)]
    ends = [*starts[1:], len(data)]
    halves = data.hex().encode().translate(_HALVES)
    checks = [
        reduce(xor, map(getitem, tables[end - start > shorter], halves[2 * start : 2 * end])).to_bytes(symbol.checks)
        for start, end in zip(starts, ends, strict=True)
    ]
    same = [data[start : start + shorter] for start in starts]
    return _in_turn(same) + data[cut + shorter :: shorter + 1] + _in_turn(checks)


_HALVES: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


def _in_turn(blocks: Sequence[bytes]) -> bytes:
    """Give the first byte of each block, then the second of each, and so on; all blocks are of one length."""
    count = len(blocks)
    turned = bytearray(count * len(blocks[0]))
    for place, block in enumerate(blocks):
        turned[place::count] = block
    return bytes(turned)


class _Tables(NamedTuple):
    """What is known of a symbol beforehand.

    Attributes:
        checks: for each place in a shorter and in a longer block, half a byte each, and each value there, what it adds
            to the block's check codewords; by whole bytes they would be eight times as large, and wait for memory.
        nought: what is added behind the laid-out modules, for pixels that are none of them.
        columns: slices of both that give, one after the other, the image's pixels column by column, each first column
            of eight before each second one; a slice goes on over pixels that are none, so that there are fewer.
        data: the pixels of the bands that are modules laid out.
        fixed: the bands of the code whose data modules are all dark-less (patterns, format, mask, quiet zone), and what
            the modules' bytes add to their lowest bits.
    """

    checks: tuple[list[list[int]], list[list[int]]]
    nought: bytes
    columns: tuple[slice, ...]
    data: int
    fixed: int


@cache
def _tables(symbol: Symbol) -> _Tables:
    patterns = _patterns(symbol)
    beyond = 8 * (symbol.codewords + symbol.checks * sum(symbol.blocks))
    laid_out = enumerate(_path(symbol, patterns))
    path = {module: index if index < beyond else None for index, module in laid_out}  # what is left over is nought
    rows = range(-QUIET, symbol.size + QUIET)
    columns = range(-QUIET, _row_bytes(symbol) * 8 - QUIET)
    fixed = data = 0
    for band in range(0, len(columns), 8):
        for row in rows:
            for column in columns[band : band + 8]:
                module = row, column
                dark = (row + column) % 3 == 0 if module in path else patterns.get(module, False)
                fixed = fixed << 1 | (not dark)
                data = data << 1 | (path.get(module) is not None)
    in_eights = [column for place in range(8) for column in columns[place::8]]
    slices = tuple(_slices([path.get((row, column)) for column in in_eights for row in rows], beyond))
    length = len(rows) * _row_bytes(symbol)
    nought = b"0" * (max(one.stop or 0 for one in slices) - beyond)
    added = reduce(xor, _beside(b"0" * 8 * length, length))
    checks = _check_table(symbol)
    return _Tables((checks[2:], checks), nought, slices, data, fixed ^ added & data)


def _slices(places: Sequence[int | None], beyond: int) -> Iterator[slice]:
    """Give some places of a string as slices of it, as long as they can be; whatever may stand where a place is None.

    Args:
        places: the places.
        beyond: where the string ends; behind it there is enough for any slice.
    """
    start = 0
    while start < len(places):
        first = places[start]
        step = _step(places[start : start + 2])
        end = start + 1
        while end < len(places) and _goes_on(places[end], first, step * (end - start)):
            end += 1
        if first is None:
            yield slice(beyond, beyond + end - start)
        else:
            stop = first + (end - start) * step
            yield slice(first, stop if stop >= 0 else None, step)
        start = end


def _step(places: Sequence[int | None]) -> int:
    """Return how far it is from one place to the next; 1 where nothing says."""
    match places:
        case [int(one), int(other)] if one != other:
            return other - one
        case _:
            return 1


def _goes_on(place: int | None, first: int | None, distance: int) -> bool:
    """Say whether a slice that began at `first` may hold a place so far from there."""
    if first is None:
        return place is None
    return first + distance >= 0 if place is None else place == first + distance


Module = tuple[int, int]
"""A module's row and column, from 0 at the upper left."""


def _patterns(symbol: Symbol) -> dict[Module, bool]:
    """Give every module that is no data, dark or not (6.3, 7.9, 7.10)."""
    last = symbol.size - 1
    found = {(6, at): at % 2 == 0 for at in range(symbol.size)} | {(at, 6): at % 2 == 0 for at in range(symbol.size)}
    for row in symbol.alignment:
        for column in symbol.alignment:
            if (row, column) not in ((6, 6), (6, last - 6), (last - 6, 6)):
                found |= _square(row, column, 2)
    for row, column in ((3, 3), (3, last - 3), (last - 3, 3)):
        found |= {
            place: dark for place, dark in _square(row, column, 4).items() if min(place) >= 0 <= last - max(place)
        }
    return found | _version(symbol) | _format(symbol)


def _square(row: int, column: int, reach: int) -> dict[Module, bool]:
    """Draw rings about a middle: an alignment pattern reaches 2 modules, a finder with its separator 4."""
    light = (1,) if reach == 2 else (2, 4)  # noqa: PLR2004 - the reach of an alignment pattern
    return {
        (row + down, column + right): max(abs(down), abs(right)) not in light
        for down in range(-reach, reach + 1)
        for right in range(-reach, reach + 1)
    }


def _format(symbol: Symbol) -> dict[Module, bool]:
    """Write level and mask twice, with their check bits, and the one module that is always dark (7.9)."""
    bits, size = _LEVEL_BITS[symbol.level] << 3 | MASK, symbol.size
    bits = (bits << 10 | _remainder(bits << 10, _FORMAT_GENERATOR)) ^ _FORMAT_MASK
    first = [(8, at) for at in (0, 1, 2, 3, 4, 5, 7, 8)] + [(at, 8) for at in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - at, 8) for at in range(7)] + [(8, size - 8 + at) for at in range(8)]
    written = {place: bool(bits >> 14 - at & 1) for places in (first, second) for at, place in enumerate(places)}
    return written | {(size - 8, 8): True}


def _version(symbol: Symbol) -> dict[Module, bool]:
    """Write the version twice, with its check bits (7.10); versions from 7 on have it."""
    bits = symbol.version << 12 | _remainder(symbol.version << 12, _VERSION_GENERATOR)
    found = {}
    for at in range(18):
        far, near = symbol.size - 11 + at % 3, at // 3
        found[far, near] = found[near, far] = bool(bits >> at & 1)
    return found


def _remainder(value: int, generator: int) -> int:
    """Divide polynomials over GF(2), coefficients as bits."""
    while value.bit_length() >= generator.bit_length():
        value ^= generator << value.bit_length() - generator.bit_length()
    return value


def _path(symbol: Symbol, patterns: dict[Module, bool]) -> Iterator[Module]:
    """Walk the data modules as they are laid out: in columns of two, from the lower right, up and down (7.7.3)."""
    columns = [*range(symbol.size - 1, 6, -2), *range(5, 0, -2)]
    for turn, right in enumerate(columns):
        rows = range(symbol.size)
        for row in rows if turn % 2 else reversed(rows):
            for column in (right, right - 1):
                if (row, column) not in patterns:
                    yield row, column


def _check_table(symbol: Symbol) -> list[list[int]]:
    """Give what each half of a byte at each place of a longer block adds to its check codewords (annex A)."""
    powers, logarithms = _field()
    generator = [1]
    for root in range(symbol.checks):
        longer = [*generator, 0]
        for place, factor in enumerate(generator):
            longer[place + 1] ^= powers[(logarithms[factor] + root) % 255]
        generator = longer
    remainder = generator[1:]  # of x to the number of checks: what the last byte of a block adds, as 1
    table = []
    for _ in range(symbol.shorter + 1):
        for halves in (range(16), range(0, 256, 16)):
            scaled = [bytes(_product(factor, half, powers, logarithms) for factor in remainder) for half in halves]
            table.append([int.from_bytes(one) for one in scaled])
        lead = remainder[0]
        shifted = [*remainder[1:], 0]
        remainder = [
            one ^ _product(lead, factor, powers, logarithms) for one, factor in zip(shifted, generator[1:], strict=True)
        ]
    return table[::-1]


def _field() -> tuple[list[int], dict[int, int]]:
    """Give the powers of 2 in GF(256) with the standard's polynomial, and their logarithms."""
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (_PRIMITIVE if value >= 128 else 0)  # noqa: PLR2004 - the field's highest bit
    return powers, {power: exponent for exponent, power in enumerate(powers)}


def _product(one: int, other: int, powers: Sequence[int], logarithms: dict[int, int]) -> int:
    return powers[(logarithms[one] + logarithms[other]) % 255] if one and other else 0
