"""Where the binding stands inside a document: the catalogue's `/PieceInfo` (ISO 32000-1, 14.5).

    /PieceInfo << /Konbini << /LastModified (D:...) /Private << /Binding <64 hex digits> /Number (text) >> >> >>

The binding ties the file to one visit and one order; the kiosk compares it and the issuance number with what it asked
for before a page is rasterised. Shared by those who write it and those who read it, so that it has one place.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.objects import hex_string, text_string

__all__ = ["BINDING_BYTES", "binding_of", "pdf_date", "piece_info"]

BINDING_BYTES: Final = 32


def pdf_date(day: date) -> str:
    """Write a day as a PDF date: midnight in Japan."""
    return f"(D:{day:%Y%m%d}000000+09'00')"


def piece_info(binding: bytes, number: str, issued_on: date) -> str:
    """Write the catalogue's entry.

    Raises:
        ValueError: the binding is not of 32 bytes; that is our own defect.
    """
    if len(binding) != BINDING_BYTES:
        raise ValueError("a binding has 32 bytes")
    private = f"<< /Binding {hex_string(binding)} /Number {text_string(number)} >>"
    return f"/PieceInfo << /Konbini << /LastModified {pdf_date(issued_on)} /Private {private} >> >>"


def binding_of(reader: PdfFileReader) -> tuple[bytes, str] | None:
    """Return binding and issuance number, or None where a document has none of our shape."""
    try:
        private = reader.root["/PieceInfo"]["/Konbini"]["/Private"]
        binding, number = private["/Binding"], private["/Number"]
    except (KeyError, TypeError, PdfError):
        return None
    if not isinstance(binding, generic.ByteStringObject | generic.TextStringObject):
        return None
    if not isinstance(number, generic.TextStringObject):
        return None
    return bytes(binding.original_bytes), str(number)
