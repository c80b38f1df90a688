"""A picture for paper: a greyscale PNG, put into a document as it is, without decoding a pixel.

PNG and PDF share deflate and the row predictors (ISO 15948, 9; ISO 32000-1, 7.4.4.4), so that the printed samples are
the file's own. Only what maps one to one is taken: greyscale of 1, 2, 4 or 8 bits, not interlaced, no transparency.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from konbini.pdf.objects import StreamBody

__all__ = ["Picture"]

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHUNK_FRAME: Final = 12
_BIT_DEPTHS: Final = (1, 2, 4, 8)
_MOST_EDGE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A greyscale picture: size in samples, bits a sample, and its deflated, predicted rows."""

    width: int
    height: int
    bits: int
    rows: bytes

    @classmethod
    def from_png(cls, data: bytes) -> Picture:
        """Read a PNG.

        Raises:
            ValueError: it is damaged, or not of the kind that goes to paper as it is.
        """
        chunks = _chunks(data)
        if not chunks or chunks[0][0] != b"IHDR" or any(name == b"tRNS" for name, _ in chunks):
            raise ValueError("a PNG without header, or with transparency")
        width, height, bits, colour, *ways = _header(chunks[0][1])
        if colour != 0 or bits not in _BIT_DEPTHS or any(ways) or not 0 < max(width, height) <= _MOST_EDGE:
            raise ValueError("not a greyscale PNG without interlacing, or too large")
        rows = b"".join(body for name, body in chunks if name == b"IDAT")
        if not _inflate_to(rows, height * (1 + (width * bits + 7) // 8)):
            raise ValueError("a PNG whose rows are not as its header says")
        return cls(width=width, height=height, bits=bits, rows=rows)

    def to_stream(self) -> StreamBody:
        """Write it as an image XObject (8.9.5)."""
        return StreamBody.filtered(
            self.rows,
            f"/Type /XObject /Subtype /Image /Width {self.width} /Height {self.height} /BitsPerComponent {self.bits} "
            f"/ColorSpace /DeviceGray /Interpolate false /Filter /FlateDecode "
            f"/DecodeParms << /Predictor 15 /Colors 1 /BitsPerComponent {self.bits} /Columns {self.width} >>",
        )

    def digest(self) -> bytes:
        """Return the SHA-256 of the picture's rows as they stand in a document."""
        return hashlib.sha256(self.rows).digest()


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    found, position = [], len(_SIGNATURE)
    while position + _CHUNK_FRAME <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        check = data[position + 8 + length : position + _CHUNK_FRAME + length]
        if check != struct.pack(">I", zlib.crc32(name + body)):
            raise ValueError("a damaged PNG")
        found.append((name, body))
        position += _CHUNK_FRAME + length
    return found


def _header(body: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(">IIBBBBB", body)
    except struct.error as error:
        raise ValueError("a PNG with a damaged header") from error


def _inflate_to(rows: bytes, size: int) -> bool:
    """Say whether rows inflate to this size; no more than that is inflated, whatever they hold."""
    inflating = zlib.decompressobj()
    try:
        found = len(inflating.decompress(rows, size + 1))
    except zlib.error as error:
        raise ValueError("a PNG with damaged rows") from error
    return found == size and inflating.eof
