"""The second reading: what pdfium, which neither drew the document nor read its objects for us, sees on its pages.

pdfium parses the same bytes with a parser of its own, interprets the streams, maps codes to text by the fonts it loaded
and rasterises. Asked for each page: its size, all its text in the order of painting, where signs stand, each picture
with its samples and place, and what the codes say that are seen where the paper seal's is due. What pdfium infers (line
ends, spaces) is left out. Not safe for threads: one document at a time.

A page is asked some two thousand short questions. They go by ctypes' own rules of conversion, which take pointers,
references and small integers as they are; the library's declared types would convert each of them, for four times the
cost. What a question returns is as the library declares it, and whatever comes in numbers goes by its own functions.
"""

from __future__ import annotations

import ctypes
import hashlib
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import compress, repeat
from typing import Any, Final, NamedTuple, TypeAlias

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]  # the same

from konbini.pdf.forms.geometry import Box
from konbini.pdf.paper_seal.decoding import decode_codes
from konbini.protocol.errors import Code, Refused

__all__ = ["PageSeen", "Pens", "PictureSeen", "second_reading"]

_Object: TypeAlias = object  # a pointer of pdfium's
_Function: TypeAlias = Any  # one of its functions, as ctypes has it

_CODE_SCALE: Final = 200 / 72  # pixels a point: what a plain scanner sees
_ONE_AT_A_TIME: Final = threading.Lock()
_DEEPEST: Final = 4  # forms within forms; ours stand on the page
_HOLDING: Final = frozenset((pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM))
_ROOM: Final = 512  # signs
_MAY_BE_INFERRED: Final = frozenset(map(ord, " \r\n"))


def _question(function: _Function) -> Callable[..., Any]:
    """Return a function of pdfium's to be asked with the pointers that it gave, references, and integers of C."""
    return ctypes.PYFUNCTYPE(function.restype)(ctypes.cast(function, ctypes.c_void_p).value)  # type: ignore[arg-type]  # an address


_origin_of: Final = _question(pdfium_c.FPDFText_GetCharOrigin)
_size_of: Final = _question(pdfium_c.FPDFText_GetFontSize)
_is_inferred: Final = _question(pdfium_c.FPDFText_IsGenerated)
_kind_of: Final = _question(pdfium_c.FPDFPageObj_GetType)
_on_page: Final = _question(pdfium_c.FPDFPage_GetObject)
_in_form: Final = _question(pdfium_c.FPDFFormObj_GetObject)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSeen:
    """An image on a page: the digest of its encoded samples, and where it stands."""

    digest: bytes
    box: Box


class Pens(NamedTuple):
    """Where the pen stands before each of some units, in points."""

    across: Sequence[float]
    up: Sequence[float]


class _Room(NamedTuple):
    """Room for pdfium's answers, across and up in turn, and what points at each of them."""

    numbers: ctypes.Array[ctypes.c_double]
    to_across: Sequence[Any]
    to_up: Sequence[Any]


@cache  # by steps of `_ROOM`; one document is looked at at a time, and what it answered is read at once
def _room(length: int) -> _Room:
    numbers = (ctypes.c_double * (2 * length))()
    pointers = [ctypes.byref(numbers, place * ctypes.sizeof(ctypes.c_double)) for place in range(2 * length)]
    return _Room(numbers, pointers[::2], pointers[1::2])


class PageSeen:
    """One page, while its document is open.

    Attributes:
        units: its text in the order of painting, UTF-16, little endian.
    """

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._text = page.get_textpage()
        self._raw = self._text.raw
        self._places, self.units = _shown(self._text)

    def close(self) -> None:
        """Let go of it."""
        self._text.close()
        self._page.close()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points as it is displayed."""
        width, height = self._page.get_size()
        return width, height

    def pens(self, places: Sequence[int]) -> Pens:
        """Return where the pen stands before some units of the text, in points."""
        room = _room(-(-len(places) // _ROOM) * _ROOM)
        signs = map(self._places.__getitem__, places)
        if not all(map(_origin_of, repeat(self._raw), signs, room.to_across, room.to_up)):
            raise pdfium.PdfiumError("no such sign")
        return Pens(across=room.numbers[: 2 * len(places) : 2], up=room.numbers[1 : 2 * len(places) : 2])

    def type_sizes(self, places: Sequence[int]) -> list[float]:
        """Return the sizes of some units' type, in points."""
        return list(map(_size_of, repeat(self._raw), map(self._places.__getitem__, places)))

    def pictures(self) -> Iterator[PictureSeen]:
        """Give its images in the order of painting."""
        raw = self._page.raw
        top = map(_on_page, repeat(raw), range(pdfium_c.FPDFPage_CountObjects(raw)))
        return map(_picture, _images(list(top), 1))

    def codes(self, box: Box) -> tuple[bytes, ...]:
        """Give what each QR code says that is seen in a part of the page."""
        return decode_codes(self._rendered(box))

    def _rendered(self, box: Box) -> memoryview:
        """Render a part of the page, grey, a byte a pixel, as who looks at the paper sees it."""
        width, height = self.size
        if box.right > width or box.top > height:
            return memoryview(b"\xff").cast("B", (1, 1))
        around = (box.left, box.bottom, width - box.right, height - box.top)
        bitmap = self._page.render(scale=_CODE_SCALE, crop=around, grayscale=True)
        try:
            return memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
        finally:
            bitmap.close()


def _shown(text: pdfium.PdfTextPage) -> tuple[list[int], bytes]:
    """Return places and text of what stands on the page; what pdfium infers is always a space or line end."""
    raw, count = text.raw, text.count_chars()
    units = (ctypes.c_ushort * (count + 1))()
    if count and pdfium_c.FPDFText_GetText(raw, 0, count, units) != count + 1:
        raise pdfium.PdfiumError("text that has no place, or places that have no text")
    found = array("H", bytes(units)[: 2 * count])
    stands = bytearray(b"\1") * count
    asked = list(compress(range(count), map(_MAY_BE_INFERRED.__contains__, found)))
    for place in compress(asked, map(_is_inferred, repeat(raw), asked)):
        stands[place] = 0
    return list(compress(range(count), stands)), array("H", compress(found, stands)).tobytes()


def _images(objects: Sequence[_Object], depth: int) -> Iterator[_Object]:
    """Find the images among pdfium's objects and within its forms; most objects are texts, so no wrapper is made."""
    kinds = list(map(_kind_of, objects))
    for raw, kind in compress(zip(objects, kinds, strict=True), map(_HOLDING.__contains__, kinds)):
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            yield raw
        elif depth < _DEEPEST:
            inner = map(_in_form, repeat(raw), range(pdfium_c.FPDFFormObj_CountObjects(raw)))
            yield from _images(list(inner), depth + 1)


def _picture(raw: _Object) -> PictureSeen:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium_c.FPDFPageObj_GetBounds(raw, left, bottom, right, top):
        raise pdfium.PdfiumError("a picture without a place")
    size = pdfium_c.FPDFImageObj_GetImageDataRaw(raw, None, 0)
    samples = (ctypes.c_ubyte * size)()
    pdfium_c.FPDFImageObj_GetImageDataRaw(raw, samples, size)
    box = Box(left.value, bottom.value, right.value - left.value, top.value - bottom.value)
    return PictureSeen(digest=hashlib.sha256(samples).digest(), box=box)


@contextmanager
def second_reading(pdf: bytes) -> Iterator[list[PageSeen]]:
    """Open a document and look at its pages; a with block.

    Raises:
        Refused: `PAGE_MISMATCH`: pdfium cannot read it.
    """
    with _ONE_AT_A_TIME:
        try:
            document = pdfium.PdfDocument(pdf)
            pages: list[PageSeen] = []
            try:
                pages.extend(PageSeen(document[index]) for index in range(len(document)))
                yield pages
            finally:
                for page in pages:
                    page.close()
                document.close()
        except pdfium.PdfiumError as error:
            raise Refused(Code.PAGE_MISMATCH, "the document cannot be read") from error
