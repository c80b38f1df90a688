"""Pictures go to paper as they are, or not at all."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

from konbini.pdf.picture import Picture
from konbini.pdf.specimen import FOLDER

_SEAL = (FOLDER / "seal.png").read_bytes()


def _png(mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (13, 7), 1).save(out, "PNG", **options)
    return out.getvalue()


@pytest.mark.parametrize(("mode", "bits"), [("1", 1), ("L", 8)])
def test_greyscale_is_taken(mode: str, bits: int) -> None:
    """One bit and eight bits a sample."""
    picture = Picture.from_png(_png(mode))
    assert (picture.width, picture.height, picture.bits) == (13, 7, bits)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_colour_and_transparency_are_refused(mode: str) -> None:
    """What does not map one to one onto a grey image."""
    with pytest.raises(ValueError, match="PNG"):
        Picture.from_png(_png(mode))


@pytest.mark.parametrize("cut", [0, 4, 20, 40, len(_SEAL) - 30])
def test_a_truncated_file_is_refused(cut: int) -> None:
    """Half a seal is no seal."""
    with pytest.raises(ValueError, match="PNG"):
        Picture.from_png(_SEAL[:cut])


def test_every_flipped_byte_before_the_end_is_refused() -> None:
    """Chunk checksums cover header and samples."""
    end = _SEAL.index(b"IEND") - 4
    for place in range(0, end, 7):
        spoilt = bytearray(_SEAL)
        spoilt[place] ^= 0x40
        with pytest.raises(ValueError, match="PNG"):
            Picture.from_png(bytes(spoilt))


def test_no_more_is_inflated_than_the_header_says() -> None:
    """A file of 64 KiB may inflate to 64 MiB: what lies beyond the picture is never made."""
    rows = zlib.compress(bytes(1 << 26), 9)
    data = struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows))
    position = _SEAL.index(b"IDAT") - 4
    bomb = _SEAL[:position] + data
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="rows"):
            Picture.from_png(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_rows_that_are_not_as_the_header_says_are_refused() -> None:
    """A header that promises more rows than there are would print the memory of a decoder."""
    position = _SEAL.index(b"IHDR")
    body = struct.pack(">IIBBBBB", 567, 568, 1, 0, 0, 0, 0)
    header = b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    with pytest.raises(ValueError, match="rows"):
        Picture.from_png(_SEAL[:position] + header + _SEAL[position + len(header) :])
