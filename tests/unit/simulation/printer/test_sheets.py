"""The simulated printer's reader of PWG raster: the format's corners, torn pages, and what it refuses."""

from __future__ import annotations

import io
import struct

import pytest

from konbini.simulation.printer.sheets import NotRasterError, Sheet, read_sheets


def _header(*, width: int = 4, height: int = 2, bits: int = 8, space: int = 18) -> bytes:
    header = bytearray(1796)
    header[0:9] = b"PwgRaster"
    for at, number in ((372, width), (376, height), (388, bits), (400, space)):
        struct.pack_into(">I", header, at, number)
    return bytes(header)


def _read(*parts: bytes) -> list[Sheet]:
    return list(read_sheets(io.BytesIO(b"RaS2" + b"".join(parts))))


def test_runs_literals_and_repeated_rows() -> None:
    """A run of two, a literal of two; the row stands twice."""
    (sheet,) = _read(_header(), b"\x01" + b"\x01\x07" + b"\xff\x08\x09")
    assert sheet == Sheet(width=4, height=2, mode="L", pixels=b"\x07\x07\x08\x09" * 2, torn=False)


def test_a_row_filled_to_its_end() -> None:
    """The code that clears the rest of a row gives white."""
    (sheet,) = _read(_header(), b"\x01" + b"\x00\x07" + b"\x80")
    assert sheet.pixels == b"\x07\xff\xff\xff" * 2


def test_colour_runs_are_counted_in_pixels() -> None:
    """Three bytes a pixel, for runs and literals."""
    (sheet,) = _read(_header(bits=24, space=19), b"\x01" + b"\x01\x01\x02\x03" + b"\xff\x04\x05\x06\x07\x08\x09")
    assert (sheet.mode, sheet.pixels) == ("RGB", b"\x01\x02\x03\x01\x02\x03\x04\x05\x06\x07\x08\x09" * 2)


@pytest.mark.parametrize("rows", [b"", b"\x00", b"\x00\x03", b"\x00\x03\x07"], ids=["none", "count", "code", "a row"])
def test_a_page_cut_short_is_torn_and_white_below(rows: bytes) -> None:
    """Whatever row the cut falls into, the page has its size and says that it is torn."""
    (sheet,) = _read(_header(), rows)
    whole = 4 if len(rows) == 3 else 0
    assert sheet.torn
    assert sheet.pixels == b"\x07" * whole + b"\xff" * (8 - whole)


def test_a_cut_between_two_pages_leaves_the_first_one_whole() -> None:
    """Half a header marks nothing."""
    sheets = _read(_header(), b"\x01\x03\x07", _header()[:500])
    assert [sheet.torn for sheet in sheets] == [False]


@pytest.mark.parametrize(
    "parts",
    [
        (_header(bits=1, space=3), b""),
        (_header(width=0), b""),
        (_header(height=9000), b""),
        (_header(), b"\x02\x03\x07"),
        (_header(), b"\x01\x04\x07"),
    ],
    ids=["black and white", "no width", "too high", "too many rows", "a run across the end"],
)
def test_what_cannot_be_marked_is_refused(parts: tuple[bytes, bytes]) -> None:
    """The engine gives such a document up; it never guesses."""
    with pytest.raises(NotRasterError):
        _read(*parts)


def test_another_format_is_refused() -> None:
    """A PDF is no raster."""
    with pytest.raises(NotRasterError):
        list(read_sheets(io.BytesIO(b"%PDF-1.7")))
