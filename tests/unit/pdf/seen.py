"""What pdfium sees in a document, whoever wrote it."""

from __future__ import annotations

from typing import NamedTuple

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]  # the same

from konbini.pdf.second_reading import second_reading

__all__ = ["SignSeen", "signs_seen", "text_seen"]


class SignSeen(NamedTuple):
    """One UTF-16 unit of text, and the em box of the glyph that shows it."""

    unit: int
    left: float
    bottom: float
    right: float
    top: float


def text_seen(pdf: bytes) -> str:
    """All text of all pages, in the order of painting."""
    with second_reading(pdf) as pages:
        return "".join(page.units.decode("utf-16-le") for page in pages)


def signs_seen(pdf: bytes) -> list[list[SignSeen]]:
    """Every sign of every page; what pdfium infers is left out."""
    document = pdfium.PdfDocument(pdf)
    try:
        return [_signs(document[index].get_textpage()) for index in range(len(document))]
    finally:
        document.close()


def _signs(text: pdfium.PdfTextPage) -> list[SignSeen]:
    box, found = pdfium_c.FS_RECTF(), []
    for index in range(text.count_chars()):
        if not pdfium_c.FPDFText_IsGenerated(text.raw, index):
            pdfium_c.FPDFText_GetLooseCharBox(text.raw, index, box)
            unit = pdfium_c.FPDFText_GetUnicode(text.raw, index)
            found.append(SignSeen(unit, box.left, box.bottom, box.right, box.top))
    return found
