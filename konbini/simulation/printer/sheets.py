"""Reads PWG raster (PWG 5102.4) as a printer does: a stream of pages, torn where the upload was cut.

Written apart from the kiosk's encoder, and reads every run that the format allows, not only those that ours writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["NotRasterError", "Sheet", "read_sheets"]

_SYNC = b"RaS2"
_HEADER_BYTES = 1796
_MODES = {(18, 8): "L", (19, 24): "RGB"}
_MOST_SIDE = 8192
_WHITE = b"\xff"
_LITERAL = 129


class NotRasterError(Exception):
    """The stream is no PWG raster, or one that this engine cannot mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One side to be marked.

    Attributes:
        width: pixels across.
        height: pixels along.
        mode: "L" or "RGB", as Pillow names them.
        pixels: row by row without padding; white where nothing came.
        torn: the stream ended inside this page.
    """

    width: int
    height: int
    mode: str
    pixels: bytes
    torn: bool


def read_sheets(stream: BinaryIO) -> Iterator[Sheet]:
    """Yield the pages of a stream; the last may be torn.

    Raises:
        NotRasterError: at the place where the stream stops making sense.
    """
    if stream.read(len(_SYNC)) != _SYNC:
        raise NotRasterError("no sync word")
    while header := stream.read(_HEADER_BYTES):
        if len(header) < _HEADER_BYTES:
            return  # cut between two pages: nothing of the next one can be marked
        yield _sheet(header, stream)


def _sheet(header: bytes, stream: BinaryIO) -> Sheet:
    width, height, depth, space = (struct.unpack_from(">I", header, at)[0] for at in (372, 376, 388, 400))
    mode = _MODES.get((space, depth))
    if mode is None or not 0 < width <= _MOST_SIDE or not 0 < height <= _MOST_SIDE:
        raise NotRasterError(f"a page of {width} by {height}, {depth} bits, colour space {space}")
    pixels, torn = _rows(stream, width, height, depth // 8)
    return Sheet(width=width, height=height, mode=mode, pixels=pixels, torn=torn)


def _rows(stream: BinaryIO, width: int, height: int, pixel: int) -> tuple[bytes, bool]:
    rows, rest = bytearray(), height
    try:
        while rest:
            times = _byte(stream) + 1
            if times > rest:
                raise NotRasterError("more rows than the page has")
            rows += _row(stream, width, pixel) * times
            rest -= times
    except EOFError:
        return bytes(rows) + _WHITE * (rest * width * pixel), True
    return bytes(rows), False


def _row(stream: BinaryIO, width: int, pixel: int) -> bytes:
    row, due = bytearray(), width * pixel
    while len(row) < due:
        code = _byte(stream)
        if code < _LITERAL - 1:
            row += _exactly(stream, pixel) * (code + 1)
        elif code >= _LITERAL:
            row += _exactly(stream, (257 - code) * pixel)
        else:
            row += _WHITE * (due - len(row))
    if len(row) != due:
        raise NotRasterError("a run across the end of a row")
    return bytes(row)


def _byte(stream: BinaryIO) -> int:
    return _exactly(stream, 1)[0]


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data
