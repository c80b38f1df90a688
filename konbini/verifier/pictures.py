"""From a file that a stranger handed over to pages in grey: PDF, PNG or JPEG, all bounded before they are decoded.

Invariants: at most `MOST_BYTES` are taken, at most `MOST_PAGES` pages of a PDF, at most `MOST_PIXELS` of a page; what
is larger, damaged or of another kind refuses, whatever the library below met. Limits: an animated PNG counts as its
first picture; orientation tags of a camera are ignored, because a QR code says itself which way is up.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
from PIL import Image

__all__ = ["MOST_BYTES", "MOST_PAGES", "MOST_PIXELS", "PDF_START", "Page", "Unreadable", "pages_of"]

MOST_BYTES: Final = 48 << 20
"""Bytes of one file."""
MOST_PAGES: Final = 24
"""Pages of one PDF; a household of 12 has three."""
MOST_PIXELS: Final = 64_000_000
"""Pixels of one page; an A4 page at 600 dots per inch has 35 million."""
PDF_START: Final = b"%PDF-"
_PDF_SCALE: Final = 300 / 72
_FEWEST_EDGE: Final = 32
_ONE_AT_A_TIME: Final = threading.Lock()  # pdfium is not safe for threads


class Unreadable(Exception):  # noqa: N818 - an answer, not a defect
    """A file is not one that can be looked at; the text says why, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its picture in 8-bit grey, and the text that a PDF has for it (None for a photo or scan)."""

    picture: Image.Image
    text: str | None


def pages_of(data: bytes) -> Iterator[Page]:
    """Give the pages of a file, one at a time.

    Raises:
        Unreadable: too large, damaged, or neither PDF nor PNG nor JPEG.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("the file is too large")
    if data.startswith(PDF_START):
        yield from _pdf_pages(data)
    else:
        yield Page(picture=_photo(data), text=None)


def _photo(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of what it thinks too large, and of metadata that is damaged
            with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as opened:
                _check_size(*opened.size)
                return opened.convert("L")
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, Warning) as error:
        raise Unreadable("neither a PDF nor a whole PNG or JPEG picture") from error
    except (MemoryError, OverflowError, Image.DecompressionBombError) as error:
        raise Unreadable("the picture is too large") from error


def _check_size(width: float, height: float) -> None:
    if width * height > MOST_PIXELS:
        raise Unreadable("the picture is too large")
    if min(width, height) < _FEWEST_EDGE:
        raise Unreadable("the picture is too small")


def _pdf_pages(data: bytes) -> Iterator[Page]:
    try:
        with _ONE_AT_A_TIME:
            document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise Unreadable("a damaged PDF, or one that needs a password") from error
    try:
        if not 1 <= len(document) <= MOST_PAGES:
            raise Unreadable(f"a PDF of 1 to {MOST_PAGES} pages is looked at")
        for index in range(len(document)):
            yield _pdf_page(document, index)
    finally:
        with _ONE_AT_A_TIME:
            document.close()


def _pdf_page(document: pdfium.PdfDocument, index: int) -> Page:
    with _ONE_AT_A_TIME:
        try:
            page = document[index]
            try:
                _check_size(*(edge * _PDF_SCALE for edge in page.get_size()))
                text = page.get_textpage()
                try:
                    words = str(text.get_text_bounded())
                finally:
                    text.close()
                bitmap = page.render(scale=_PDF_SCALE, grayscale=True)
                try:
                    return Page(picture=bitmap.to_pil().convert("L"), text=words)
                finally:
                    bitmap.close()
            finally:
                page.close()
        except (pdfium.PdfiumError, ValueError, MemoryError) as error:
            raise Unreadable("a damaged page in the PDF") from error
