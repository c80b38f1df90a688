"""From files to sheets: what was handed over, page by page, with the codes found on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from konbini.verifier.codes import codes_on
from konbini.verifier.pictures import PDF_START, Unreadable, pages_of

__all__ = ["File", "Sheet", "look_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page as it was seen: the bytes of its QR codes, and its text where it is a PDF's."""

    codes: tuple[bytes, ...]
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as it was seen.

    Attributes:
        name: as its owner calls it.
        sheets: its pages; empty where it cannot be read.
        unreadable: why it cannot be read, or nothing.
        pdf: its bytes where it is a PDF, for its electronic signature.
    """

    name: str
    sheets: tuple[Sheet, ...]
    unreadable: str = ""
    pdf: bytes | None = None


def look_at(name: str, data: bytes) -> File:
    """Look at one file; one that cannot be read is said to be so, and never raises."""
    try:
        sheets = tuple(_sheets(data))
    except Unreadable as error:
        return File(name=name, sheets=(), unreadable=str(error))
    return File(name=name, sheets=sheets, pdf=data if data.startswith(PDF_START) else None)


def _sheets(data: bytes) -> Iterator[Sheet]:
    for page in pages_of(data):
        yield Sheet(codes=codes_on(page.picture), text=page.text)
