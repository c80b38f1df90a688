"""PDF pages as PWG raster: what is drawn, what is refused, what is left in memory."""

from __future__ import annotations

import io
import mmap
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4, A5, landscape  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from konbini.kiosk.printing.raster import COLOUR, GREY, HEIGHT, SYNC, WIDTH, ColourSpace, PageRaster, _code_row
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.sheets import Sheet, _row, read_sheets

_MM = 72 / 25.4
_BOTH = pytest.mark.parametrize("space", [GREY, COLOUR], ids=["grey", "colour"])


def _pdf(pages: int = 1, size: tuple[float, float] = A4) -> bytes:
    """Pages with a black square of 20 mm, its left edge at 20 mm times the page's number, its top 20 mm down."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for page in range(1, pages + 1):
        canvas.rect(20 * page * _MM, size[1] - 40 * _MM, 20 * _MM, 20 * _MM, stroke=0, fill=1)
        canvas.setFillColorRGB(1, 0, 0)
        canvas.rect(20 * _MM, 20 * _MM, 20 * _MM, 20 * _MM, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _sheets(pdf: bytes | bytearray | memoryview, space: ColourSpace) -> list[Sheet]:
    with PageRaster(pdf, space) as raster:
        stream = io.BytesIO(SYNC + b"".join(raster.page(index) for index in range(raster.pages)))
    return list(read_sheets(stream))


def _pixel(sheet: Sheet, x: float, y: float) -> bytes:
    """The pixel at x, y millimetres from the top left corner."""
    size = len(sheet.mode)
    at = (round(y / 25.4 * 300) * sheet.width + round(x / 25.4 * 300)) * size
    return sheet.pixels[at : at + size]


@_BOTH
def test_every_page_is_drawn_once_and_in_order(space: ColourSpace) -> None:
    """Three pages, told apart by the place of their square."""
    sheets = _sheets(_pdf(3), space)
    assert [(sheet.width, sheet.height, sheet.torn) for sheet in sheets] == [(WIDTH, HEIGHT, False)] * 3
    white, black = b"\xff" * space.pixel, b"\x00" * space.pixel
    for page, sheet in enumerate(sheets, start=1):
        found = [_pixel(sheet, 20 * place + 10, 30) == black for place in range(1, 5)]
        assert found == [place == page for place in range(1, 5)]
        assert _pixel(sheet, 5, 5) == white


@_BOTH
def test_a_square_of_20_mm_measures_20_mm(space: ColourSpace) -> None:
    """1:1 within a fifth of a millimetre, as a seal's impression needs it."""
    (sheet,) = _sheets(_pdf(), space)
    row = sheet.pixels[354 * WIDTH * space.pixel : 355 * WIDTH * space.pixel]
    column = [sheet.pixels[(y * WIDTH + 354) * space.pixel] for y in range(600)]
    for dark in (sum(value < 128 for value in row[:: space.pixel]), sum(value < 128 for value in column)):
        assert dark / 300 * 25.4 == pytest.approx(20.0, abs=0.2)


def test_colour_is_red_green_blue() -> None:
    """The order of the bytes: red is red and not blue."""
    (sheet,) = _sheets(_pdf(), COLOUR)
    assert _pixel(sheet, 30, 267) == b"\xff\x00\x00"


def test_a_page_says_what_it_is() -> None:
    """The header's fields that a printer reads (PWG 5102.4, table 4-1)."""
    with PageRaster(_pdf(2), COLOUR) as raster:
        header = raster.page(1)[:1796]
    assert header.startswith(b"PwgRaster\0")
    fields = {276: 300, 280: 300, 372: WIDTH, 376: HEIGHT, 384: 8, 388: 24, 392: WIDTH * 3, 400: 19, 452: 2}
    assert {at: struct.unpack_from(">I", header, at)[0] for at in fields} == fields
    assert header[1732:1749] == b"iso_a4_210x297mm\0"


def test_the_buffer_is_read_where_it_is() -> None:
    """A map of memory outside the interpreter's heap serves as it stands, and is free again afterwards."""
    pdf = _pdf()
    with mmap.mmap(-1, len(pdf)) as held:
        held[:] = pdf
        (sheet,) = _sheets(memoryview(held), GREY)
        assert _pixel(sheet, 30, 30) == b"\x00"


def test_the_bitmap_is_wiped() -> None:
    """Positive control first: the page stands in the bitmap while it is open, and nothing does afterwards."""
    raster = PageRaster(_pdf(), GREY)
    with raster:
        raster.page(0)
        assert raster._bitmap.count(0) > 20_000
        assert raster._bitmap.count(255) > 1_000_000
    assert raster._bitmap.count(0) == len(raster._bitmap)


def test_a_closed_document_draws_nothing() -> None:
    """A page asked for after the end is refused, not read from freed memory."""
    with PageRaster(_pdf(), GREY) as raster:
        pass
    with pytest.raises(Refused):
        raster.page(0)


@pytest.mark.parametrize(
    "pdf",
    [b"", b"no pdf at all", _pdf(size=A5), _pdf(size=landscape(A4)), _pdf()[:300]],
    ids=["empty", "text", "A5", "landscape", "cut"],
)
def test_what_is_no_a4_document_is_refused(pdf: bytes) -> None:
    """Nothing else than A4 portrait reaches the printer."""
    with pytest.raises(Refused) as refused, PageRaster(pdf, GREY):
        pass
    assert refused.value.code is Code.DOCUMENT_INVALID


_PIXELS = st.sampled_from([b"\xff\xff\xff", b"\x00\x00\x00", b"\xff\x00\xff", b"\x12\xff\xff"])
_RUNS = st.lists(st.tuples(_PIXELS, st.integers(1, 300)), min_size=1, max_size=12)


@given(runs=_RUNS, pixel=st.sampled_from([1, 3]))
def test_a_row_comes_back_as_it_was(runs: list[tuple[bytes, int]], pixel: int) -> None:
    """Any row, white and inked runs of any length, through the printer's reader."""
    row = b"".join(colour[:pixel] * length for colour, length in runs)
    parts: list[bytes] = []
    _code_row(row, pixel, parts)
    coded = b"".join(parts)
    stream = io.BytesIO(coded)
    assert _row(stream, len(row) // pixel, pixel) == row
    assert not stream.read()
