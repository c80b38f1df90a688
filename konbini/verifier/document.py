"""A PDF beside its seals: is it the ward's own file, signed as it left the clerk, and does it say what its seals say?

A scan that somebody saved as a PDF is no such file: nothing of it but the seals is judged, as with a photo. A file
that claims to be the ward's (an electronic signature, or the place where our documents carry their number) must be
whole: its signature, number, pages and every text of its seals.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, time
from enum import Enum
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.binding import binding_of
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.signed_page import SignedPage
from konbini.pdf.verification import verify
from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.verifier.lists import Lists
from konbini.verifier.sheets import File
from konbini.verifier.verdict import Reason

__all__ = ["FileSignature", "check_document"]

_BROKEN: Final = (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
"""What pyHanko's parser meets in a file that is not what it says; the pages were drawn by another library."""


class FileSignature(Enum):
    """What became of a file's own electronic signature (PAdES)."""

    NONE = "none"
    """A photo, a scan, or a PDF that is not the ward's file."""
    HOLDS = "holds"
    BROKEN = "broken"
    NOT_JUDGED = "not_judged"
    """No ward directory was handed over that names who may sign."""


def check_document(
    file: File, pages: Sequence[Sequence[SignedPage]], lists: Lists
) -> tuple[list[Reason], FileSignature]:
    """Hold a file against its seals.

    Args:
        file: as it was seen.
        pages: for each sheet, the pages whose seals hold.
        lists: for who may sign.

    Returns:
        The reasons that speak against it, none where nothing does; and what became of its signature.
    """
    if file.pdf is None:
        return [], FileSignature.NONE
    try:
        reader = PdfFileReader(BytesIO(file.pdf))
        inside, signatures = binding_of(reader), len(reader.embedded_signatures)
    except _BROKEN:
        return [], FileSignature.NONE
    if inside is None and not signatures:
        return [], FileSignature.NONE
    binding, number = inside or (b"", "")
    seals = [page.seal for sheet in pages for page in sheet]
    reasons = _beside_its_seals(file, pages, number)
    if not seals or not signatures:
        return [*reasons, Reason.FILE_SIGNATURE_WRONG], FileSignature.BROKEN
    signature = _signature(file.pdf, seals[0], binding, number, lists)
    if signature is FileSignature.BROKEN:
        reasons.append(Reason.FILE_SIGNATURE_WRONG)
    return reasons, signature


def _beside_its_seals(file: File, pages: Sequence[Sequence[SignedPage]], number: str) -> list[Reason]:
    """Each page has the one seal of its place, and shows what that seal says."""
    reasons = []
    if any(not sheet for sheet in pages):
        reasons.append(Reason.PAGE_WITHOUT_SEAL)
    for place, (sheet, sealed) in enumerate(zip(file.sheets, pages, strict=True), 1):
        for page in sealed:
            if (page.seal.page, page.seal.pages, str(page.seal.number)) != (place, len(pages), number):
                reasons.append(Reason.FILE_DIFFERS)
            if not _shows(sheet.text or "", page.seal):
                reasons.append(Reason.TEXT_DIFFERS)
    return reasons


def _shows(text: str, seal: PageSeal) -> bool:
    """Find every text of a seal in the page's text; spaces apart, since a cell may break into lines."""
    shown = _bare(text)
    due = [
        str(seal.number),
        seal.set_hash.hex().upper(),
        *(one.value for one in seal.items if isinstance(one.value, str)),
    ]
    return all(_bare(each) in shown for each in due)


def _bare(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each) not in ("Zs", "Cc", "Zl", "Zp"))


def _signature(pdf: bytes, seal: PageSeal, binding: bytes, number: str, lists: Lists) -> FileSignature:
    """Judge the electronic signature as of the end of the day of issue: papers are checked long after their signing."""
    authorities = lists.authorities_of(seal.municipality)
    if not authorities:
        return FileSignature.NOT_JUDGED
    end_of_day = datetime.combine(seal.issued_on, time(23, 59, 59), JAPAN)
    try:
        verify(
            pdf,
            authorities=authorities,
            moment=int(end_of_day.timestamp()),
            number=number,
            binding=binding,
            pages=seal.pages,
        )
    except Refused:
        return FileSignature.BROKEN
    return FileSignature.HOLDS
