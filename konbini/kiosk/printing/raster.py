"""From a PDF in memory to PWG raster (PWG 5102.4), one page at a time.

Reads the very buffer that was verified, in place; writes no file; holds one page bitmap, which the next page
overwrites and which is wiped at the end. Rows and compressed pages are ordinary objects that the interpreter frees
without wiping: they end with the process of the visit. Runs are coded for white only: on sparse pages that is most of
the paper, and on a page with a copy-evident pattern no shorter code pays for its time.

Limits: A4 portrait, 300 dots per inch, backs drawn as fronts, sRGB or grey with 8 bits. pdfium knows no threads, so
that a process draws and verifies on one thread only; a page holds it for a tenth of a second, half a second under a
dense pattern.
"""

from __future__ import annotations

import ctypes
import functools
import re
import struct
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from konbini.protocol.errors import Code, Refused

__all__ = [
    "COLOUR", "GREY", "HEIGHT", "RESOLUTION", "SYNC", "WIDTH", "ColourSpace", "PageRaster", "Pages", "Rasterise",
]  # fmt: skip

RESOLUTION: Final = 300
WIDTH: Final = 2480
HEIGHT: Final = 3508
SYNC: Final = b"RaS2"
"""What a raster stream begins with, before its first page."""

_A4_POINTS: Final = (595, 842)
_TOLERANCE_POINTS: Final = 1.5
_HEADER_BYTES: Final = 1796
_RUN: Final = 128
_REPEAT: Final = 256
_WHITE_RUN: Final = {pixel: re.compile(rb"(?<!\xff)\xff{%d,}" % (64 * pixel)) for pixel in (1, 3)}
"""White that is worth a code of its own, from 64 pixels on; the look behind tries each stretch of white once."""
_REPEATS: Final = tuple(bytes((times,)) for times in range(_REPEAT))
_LITERALS: Final = (b"", b"\x00", *(bytes((257 - pixels,)) for pixels in range(2, _RUN + 1)))
_OPAQUE_WHITE: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSpace:
    """How a pixel is written.

    Attributes:
        name: the keyword of pwg-raster-document-type-supported.
        number: ColorSpace of the page header (PWG 5102.4, section 4.3).
        pixel: bytes of a pixel, 8 bits for each colour.
        bitmap: pdfium's bitmap format.
        flags: pdfium's rendering flags.
    """

    name: str
    number: int
    pixel: int
    bitmap: int
    flags: int


GREY: Final = ColourSpace(
    name="sgray_8", number=18, pixel=1, bitmap=pdfium.FPDFBitmap_Gray, flags=pdfium.FPDF_GRAYSCALE
)
COLOUR: Final = ColourSpace(
    name="srgb_8", number=19, pixel=3, bitmap=pdfium.FPDFBitmap_BGR, flags=pdfium.FPDF_REVERSE_BYTE_ORDER
)


class Pages(Protocol):
    """The pages of one document, as the printer takes them."""

    @property
    def pages(self) -> int:
        """Pages of the document."""

    def page(self, index: int) -> bytes:
        """Return page `index` (from 0).

        Raises:
            Refused: `DOCUMENT_INVALID` if it cannot be drawn.
        """


class Rasterise(Protocol):
    """Opens a document to be printed, and lets go of it with the context; `PageRaster` is it."""

    def __call__(
        self, pdf: bytes | bytearray | memoryview, space: ColourSpace, *, two_sided: bool = False
    ) -> AbstractContextManager[Pages]:
        """Read the very buffer in place.

        Raises:
            Refused: `DOCUMENT_INVALID` if this is no document of ours, or a page of it is not A4 portrait.
        """


class PageRaster:
    """The pages of one document; use as a context manager.

    Args:
        pdf: the document; writable buffers are read where they are, so they must not change meanwhile.
        space: what the printer takes.
        two_sided: whether a sheet is printed on both sides, turned over its long edge.

    Raises:
        Refused: `DOCUMENT_INVALID` if this is no PDF or a page of it is not A4 portrait.
    """

    def __init__(self, pdf: bytes | bytearray | memoryview, space: ColourSpace, *, two_sided: bool = False) -> None:
        self._space = space
        self._two_sided = two_sided
        self._stride = -(-WIDTH * space.pixel // 4) * 4
        self._bitmap = bytearray(self._stride * HEIGHT)
        self._pixels = (ctypes.c_ubyte * len(self._bitmap)).from_buffer(self._bitmap)
        try:
            self._document = pypdfium2.PdfDocument(_in_place(pdf))
        except pypdfium2.PdfiumError as error:
            raise Refused(Code.DOCUMENT_INVALID, "no PDF") from error
        self.pages = len(self._document)
        """Pages of the document."""

    def __enter__(self) -> Self:
        try:
            for index in range(self.pages):
                self._check_size(index)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wipe the bitmap and let the document's buffer go."""
        ctypes.memset(self._pixels, 0, len(self._bitmap))
        self._document.close()

    def page(self, index: int) -> bytes:
        """Return page `index` (from 0) with its header, as it stands in the stream behind `SYNC`.

        Raises:
            Refused: `DOCUMENT_INVALID` if pdfium cannot load the page, or the document is closed.
        """
        self._draw(index)
        parts = [_page_header(self._space, self.pages, two_sided=self._two_sided)]
        parts.extend(_coded(self._bitmap, self._stride, self._space.pixel))
        return b"".join(parts)

    def _check_size(self, index: int) -> None:
        size = self._document.get_page_size(index)
        if any(abs(side - due) > _TOLERANCE_POINTS for side, due in zip(size, _A4_POINTS, strict=True)):
            raise Refused(Code.DOCUMENT_INVALID, "a page that is not A4 portrait")

    def _draw(self, index: int) -> None:
        if not self._document.raw:
            raise Refused(Code.DOCUMENT_INVALID, "the document is closed")
        try:
            page = self._document[index]
        except pypdfium2.PdfiumError as error:
            raise Refused(Code.DOCUMENT_INVALID, "a page that cannot be drawn") from error
        bitmap = pdfium.FPDFBitmap_CreateEx(WIDTH, HEIGHT, self._space.bitmap, self._pixels, self._stride)
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, WIDTH, HEIGHT, _OPAQUE_WHITE)
            pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, WIDTH, HEIGHT, 0, self._space.flags)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
            page.close()


def _in_place(pdf: bytes | bytearray | memoryview) -> bytes | ctypes.Array[ctypes.c_ubyte]:
    """Return what pdfium reads without a copy; only a read-only view has to be copied."""
    if isinstance(pdf, bytes):
        return pdf
    view = memoryview(pdf)
    return view.tobytes() if view.readonly else (ctypes.c_ubyte * view.nbytes).from_buffer(view)


def _page_header(space: ColourSpace, pages: int, *, two_sided: bool) -> bytes:
    """Return the page header (PWG 5102.4, table 4-1); what is not named is nought: the printer's own choice."""
    header = bytearray(_HEADER_BYTES)
    header[0:9] = b"PwgRaster"
    header[1732:1748] = b"iso_a4_210x297mm"
    numbers = {
        272: int(two_sided),  # Duplex; Tumble, at 368, stays nought
        276: RESOLUTION,  # HWResolution
        280: RESOLUTION,
        340: 1,  # NumCopies
        352: _A4_POINTS[0],  # PageSize
        356: _A4_POINTS[1],
        372: WIDTH,
        376: HEIGHT,
        384: 8,  # BitsPerColor
        388: 8 * space.pixel,  # BitsPerPixel
        392: WIDTH * space.pixel,  # BytesPerLine
        400: space.number,  # ColorSpace
        420: space.pixel,  # NumColors
        452: pages,  # TotalPageCount
        456: 1,  # CrossFeedTransform
        460: 1,  # FeedTransform
        472: WIDTH,  # ImageBoxRight
        476: HEIGHT,  # ImageBoxBottom
    }
    for offset, number in numbers.items():
        struct.pack_into(">I", header, offset, number)
    return bytes(header)


def _coded(bitmap: bytearray, stride: int, pixel: int) -> list[bytes]:
    """Code the rows: each distinct one once, with how often it stands there (PWG 5102.4, section 4.4)."""
    width = WIDTH * pixel
    parts: list[bytes] = []
    y = 0
    while y < HEIGHT:
        row = bytes(bitmap[y * stride : y * stride + width])
        below = y + 1
        while below < min(HEIGHT, y + _REPEAT) and bitmap.startswith(row, below * stride):
            below += 1
        parts.append(_REPEATS[below - y - 1])
        _code_row(row, pixel, parts)
        y = below
    return parts


def _code_row(row: bytes, pixel: int, parts: list[bytes]) -> None:
    """Code one row: long runs of white short, everything else as it is."""
    at = 0
    for run in _WHITE_RUN[pixel].finditer(row):
        begin, end = -(-run.start() // pixel) * pixel, run.end() // pixel * pixel
        if begin > at:
            _code_literal(row, at, begin, pixel, parts)
        parts.append(_white_run((end - begin) // pixel, pixel))
        at = end
    if at < len(row):
        _code_literal(row, at, len(row), pixel, parts)


def _code_literal(row: bytes, begin: int, end: int, pixel: int, parts: list[bytes]) -> None:
    """Code pixels as they are, 128 at a time."""
    chunk = _RUN * pixel
    while end - begin > chunk:
        parts += (_LITERALS[_RUN], row[begin : begin + chunk])
        begin += chunk
    parts += (_LITERALS[(end - begin) // pixel], row[begin:end])


@functools.cache
def _white_run(pixels: int, pixel: int) -> bytes:
    """Give the code of a run of white; there are no more of them than a row has pixels."""
    whole, rest = divmod(pixels, _RUN)
    white = b"\xff" * pixel
    return (bytes((_RUN - 1,)) + white) * whole + (bytes((rest - 1,)) + white if rest else b"")
