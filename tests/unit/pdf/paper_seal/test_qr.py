"""Our QR codes: the same as another encoder's, and read by a decoder that knows neither."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.pdf.paper_seal.decoding import decode_codes
from konbini.pdf.paper_seal.qr import CAPACITY, MASK, QUIET, SYMBOLS, Matrix, Symbol, code, symbol_for
from konbini.protocol.errors import Code, Refused

EVERY = pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda one: f"{one.version}-{one.level}")


def white(matrix: Matrix, row: int, column: int) -> bool:
    """Say whether a pixel is white."""
    return bool(matrix.rows[row * len(matrix.rows) // matrix.edge + column // 8] >> 7 - column % 8 & 1)


def modules(matrix: Matrix) -> list[bytearray]:
    """Give a code's dark modules as 1, without the quiet zone."""
    inside = range(QUIET, matrix.edge - QUIET)
    return [bytearray(not white(matrix, row, column) for column in inside) for row in inside]


def enlarged(matrix: Matrix, times: int) -> memoryview:
    """Give a code as a picture of so many pixels a module."""
    wide = len(matrix.rows) // matrix.edge
    pixels = {"0": b"\0" * times, "1": b"\xff" * times}
    rows = []
    for start in range(0, len(matrix.rows), wide):
        bits = "".join(f"{byte:08b}" for byte in matrix.rows[start : start + wide])
        rows.append(b"".join(map(pixels.__getitem__, bits[: matrix.edge])))
    return memoryview(b"".join(row * times for row in rows)).cast("B", (matrix.edge * times, matrix.edge * times))


@EVERY
def test_a_full_code_is_as_another_encoder_draws_it(symbol: Symbol) -> None:
    """Module for module, with the same version, level and mask; full, because fillers are the encoder's choice."""
    data = random.Random(symbol.version).randbytes(symbol.capacity)  # noqa: S311 - any bytes
    other = segno.make(
        data, version=symbol.version, error=symbol.level, mask=MASK, mode="byte", boost_error=False, micro=False
    )
    assert modules(code(data, symbol)) == list(other.matrix)


@EVERY
@settings(max_examples=10)
@given(st.data())
def test_every_length_reads_back(symbol: Symbol, data: st.DataObject) -> None:
    """Whatever the data, a decoder of another house reads it, at two pixels a module."""
    said = data.draw(st.binary(min_size=1, max_size=symbol.capacity))
    assert decode_codes(enlarged(code(said, symbol), 2)) == (said,)


@EVERY
def test_codewords_may_be_lost(symbol: Symbol) -> None:
    """A stroke of a pen through the code, seven modules wide at level M and three at L, is corrected."""
    data = random.Random(1).randbytes(symbol.capacity)  # noqa: S311 - any bytes
    matrix = code(data, symbol)
    picture = bytearray(enlarged(matrix, 3))
    edge, wide = matrix.edge * 3, {"M": 7, "L": 3}[symbol.level] * 3
    middle = edge * 2 // 5
    for row in range(edge * 3 // 10, edge * 7 // 10):
        picture[row * edge + middle : row * edge + middle + wide] = bytes(wide)
    assert decode_codes(memoryview(picture).cast("B", (edge, edge))) == (data,)


def test_the_smallest_code_that_holds_a_seal_is_taken() -> None:
    """At each capacity and one beyond it; what no code holds has none."""
    for smaller, larger in pairwise(SYMBOLS):
        assert symbol_for(smaller.capacity) is smaller
        assert symbol_for(smaller.capacity + 1) is larger
    for attempt in (
        lambda: symbol_for(CAPACITY + 1),
        lambda: code(bytes(CAPACITY + 1)),
        lambda: code(bytes(SYMBOLS[0].capacity + 1), SYMBOLS[0]),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.code is Code.FORM_OVERFLOW


@EVERY
def test_the_quiet_zone_is_white(symbol: Symbol) -> None:
    """Four modules on each side, and what fills a row's last byte."""
    matrix = code(b"x", symbol)
    assert matrix.edge == symbol.size + 2 * QUIET
    for row in range(matrix.edge):
        outside = row < QUIET or row >= matrix.edge - QUIET
        ends = (*range(QUIET), *range(matrix.edge - QUIET, len(matrix.rows) // matrix.edge * 8))
        for column in range(matrix.edge) if outside else ends:
            assert white(matrix, row, column)
