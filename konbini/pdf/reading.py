"""The clerk's reading: what a finished document says, read with another library than any that drew it.

pdfium gives each character's text (variation selectors included) and place; pyHanko's parser gives binding, number and
revisions. `check` first refuses whatever the form is not made of (`composition`: a cover, a colour, a clip, an
annotation), then compares every text on every page with the facts, cell by cell: nothing missing, nothing beyond,
nothing outside its cell; and every picture, by its digest, at its place, and no other. What pdfium takes from a font's
text map is what the glyphs show: `composition` has compared each with its face.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final, NamedTuple

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]  # the same
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.binding import binding_of
from konbini.pdf.composition import check_composition
from konbini.pdf.facts import PrintedFacts
from konbini.pdf.forms.expected import ExpectedCell, ExpectedPage, ExpectedPicture
from konbini.pdf.forms.expected_acts import over_pattern, with_codes
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, Box
from konbini.pdf.forms.kinds import FORM_KINDS, FormKinds
from konbini.pdf.forms.sheet import CODE
from konbini.pdf.originals import Originals
from konbini.pdf.paper_seal.code_picture import code_picture
from konbini.pdf.paper_seal.decoding import decode_codes
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused

__all__ = ["PageReading", "PictureReading", "Reading", "Sign", "check", "read"]

_TOLERANCE: Final = 0.6  # points; a stroke may leave its em box by as much
_CODE_SCALE: Final = 200 / 72  # pixels a point: what a plain scanner sees
_LARGE: Final = 60.0  # points; no cell is written so large, only the specimen's mark
_ONE_AT_A_TIME: Final = threading.Lock()  # pdfium is not safe for threads
_DEEPEST: Final = 4  # forms within forms; ours stand on the page
_BAND: Final = 12.0  # points; about a row of the form
_SPACES: Final = str.maketrans("", "", " 　")


class Sign(NamedTuple):
    """One UTF-16 unit of text, and the em box of the glyph that shows it."""

    unit: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureReading:
    """An image on a page: the digest of its encoded samples, and where it stands."""

    digest: bytes
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What one page shows.

    Attributes:
        size: its width and height in points as it is displayed.
        signs: its text.
        pictures: its images, in the order of painting.
        codes: what each QR code says that is seen where the paper seal's is due.
    """

    size: tuple[float, float]
    signs: tuple[Sign, ...]
    pictures: tuple[PictureReading, ...]
    codes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says."""

    pages: tuple[PageReading, ...]
    binding: bytes
    number: str
    revisions: int


def read(pdf: bytes) -> Reading:
    """Read a document.

    Raises:
        Refused: `PAGE_MISMATCH`: it cannot be read, or has no binding.
    """
    return _read(pdf, _parse(pdf))


def _parse(pdf: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(BytesIO(pdf))
    except (PdfError, ValueError) as error:
        raise _mismatch("the document cannot be read") from error


def _read(pdf: bytes, parsed: PdfFileReader) -> Reading:
    try:
        inside, revisions = binding_of(parsed), parsed.xrefs.total_revisions
        with _ONE_AT_A_TIME:
            pages = _read_pages(pdf)
    except (PdfError, pdfium.PdfiumError) as error:
        raise _mismatch("the document cannot be read") from error
    if inside is None:
        raise _mismatch("the document has no binding")
    return Reading(pages=pages, binding=inside[0], number=inside[1], revisions=revisions)


def _read_pages(pdf: bytes) -> tuple[PageReading, ...]:
    document = pdfium.PdfDocument(pdf)
    try:
        return tuple(_read_page(document, index) for index in range(len(document)))
    finally:
        document.close()


def _read_page(document: pdfium.PdfDocument, index: int) -> PageReading:
    page = document[index]
    text = page.get_textpage()
    try:
        return PageReading(
            size=page.get_size(),
            signs=tuple(_signs(text)),
            pictures=tuple(_pictures(page)),
            codes=decode_codes(_rendered(page, CODE)),
        )
    finally:
        text.close()
        page.close()


def _signs(text: pdfium.PdfTextPage) -> Iterator[Sign]:
    """Give every character that the page shows; what pdfium adds (line ends, spaces it infers) is left out."""
    raw, box = text.raw, pdfium_c.FS_RECTF()
    generated, place, unit = (
        pdfium_c.FPDFText_IsGenerated,
        pdfium_c.FPDFText_GetLooseCharBox,
        pdfium_c.FPDFText_GetUnicode,
    )
    for index in range(text.count_chars()):
        if not generated(raw, index):
            place(raw, index, box)
            yield Sign(unit(raw, index), box.left, box.bottom, box.right, box.top)


def _rendered(page: pdfium.PdfPage, box: Box) -> memoryview:
    """Render a part of a page, grey, a byte a pixel, as who looks at the paper sees it."""
    width, height = page.get_size()
    around = (box.left, box.bottom, max(0.0, width - box.right), max(0.0, height - box.top))
    if box.right > width or box.top > height:
        return memoryview(b"\xff").cast("B", (1, 1))
    bitmap = page.render(scale=_CODE_SCALE, crop=around, grayscale=True)
    try:
        return memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
    finally:
        bitmap.close()


def _pictures(page: pdfium.PdfPage) -> Iterator[PictureReading]:
    top = [pdfium_c.FPDFPage_GetObject(page.raw, index) for index in range(pdfium_c.FPDFPage_CountObjects(page.raw))]
    for raw in _images(top, 1):
        found = pdfium.PdfObject(raw, page=page)
        left, bottom, right, top_edge = found.get_bounds()
        digest = hashlib.sha256(bytes(found.get_data(decode_simple=False))).digest()
        yield PictureReading(digest=digest, box=Box(left, bottom, right - left, top_edge - bottom))


def _images(objects: Iterable[object], depth: int) -> Iterator[object]:
    """Find the images among pdfium's objects and within its forms; most objects are texts, so no wrapper is made."""
    for raw in objects:
        kind = pdfium_c.FPDFPageObj_GetType(raw)
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            yield raw
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            count = pdfium_c.FPDFFormObj_CountObjects(raw)
            yield from _images([pdfium_c.FPDFFormObj_GetObject(raw, index) for index in range(count)], depth + 1)


def check(  # noqa: PLR0913 - what is read, and what it is compared with
    pdf: bytes,
    facts: PrintedFacts,
    template: Template,
    binding: bytes,
    seals: Sequence[bytes],
    *,
    originals: Originals,
    kinds: FormKinds = FORM_KINDS,
) -> None:
    """Compare a finished, unsigned document with the facts.

    Args:
        pdf: the very bytes that will be signed.
        facts: the clerk's own.
        template: the form that the facts name.
        binding: what must stand inside.
        seals: the paper seal of each page, as the clerk made it.
        originals: the faces that certificates are drawn with, read by the clerk itself.
        kinds: the kinds of form that there are.

    Raises:
        Refused: `PAGE_MISMATCH`, naming page and cell, never what stands there.
    """
    kind, parsed = kinds[template.kind], _parse(pdf)
    acts = over_pattern(kind.expected_acts(facts, template), template)
    if len(seals) != len(acts):
        raise _mismatch(f"{len(seals)} page seals, {len(acts)} pages due")
    codes = tuple(code_picture(seal) for seal in seals)
    check_composition(pdf, parsed, with_codes(acts, codes), originals)  # before pdfium reads a byte of it
    reading, pages = _read(pdf, parsed), kind.expected_pages(facts, template)
    if reading.revisions != 1:
        raise _mismatch("not of one revision")
    if reading.binding != binding or reading.number != facts.number:
        raise _mismatch("another binding or issuance number inside")
    if len(reading.pages) != len(pages):
        raise _mismatch(f"{len(reading.pages)} pages, {len(pages)} due")
    for place, (shown, due, code, seal) in enumerate(zip(reading.pages, pages, codes, seals, strict=True), 1):
        pictures = (*due.pictures, ExpectedPicture("paper seal", code.digest(), CODE))
        _check_page(shown, replace(due, pictures=pictures), f"page {place}: ")
        if shown.codes != (seal,):
            raise _mismatch(f"page {place}: the code does not say what was sealed")


def _mismatch(where: str) -> Refused:
    return Refused(Code.PAGE_MISMATCH, where)


def _check_page(shown: PageReading, due: ExpectedPage, page: str) -> None:
    if any(abs(one - other) > _TOLERANCE for one, other in zip(shown.size, (A4_WIDTH, A4_HEIGHT), strict=True)):
        raise _mismatch(f"{page}not A4")
    large = [sign for sign in shown.signs if sign.top - sign.bottom > _LARGE]
    if _joined(large) != due.across:
        raise _mismatch(f"{page}mark of a specimen")
    by_cell = _sorted_into(due.cells, [sign for sign in shown.signs if sign.top - sign.bottom <= _LARGE], page)
    for cell, signs in zip(due.cells, by_cell, strict=True):
        if not _says(signs, cell.text):
            raise _mismatch(f"{page}{cell.name}")
    for picture, wanted in zip(shown.pictures, due.pictures, strict=False):
        if not _is(picture, wanted):
            raise _mismatch(f"{page}{wanted.name}")
    if len(shown.pictures) != len(due.pictures):
        raise _mismatch(f"{page}{len(shown.pictures)} pictures, {len(due.pictures)} due")


def _is(picture: PictureReading, wanted: ExpectedPicture) -> bool:
    places = zip(_edges(picture.box), _edges(wanted.box), strict=True)
    return picture.digest == wanted.digest and all(abs(one - other) <= _TOLERANCE for one, other in places)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.bottom, box.right, box.top


def _sorted_into(cells: Sequence[ExpectedCell], signs: Sequence[Sign], page: str) -> list[list[Sign]]:
    """Give each sign to the cell that holds it whole; text comes in runs, so the last cell is asked first."""
    found: list[list[Sign]] = [[] for _ in cells]
    by_height = _by_height(cells)
    last = 0
    for sign in signs:
        if not _holds(cells[last].box, sign):
            near = by_height.get(int(sign.bottom // _BAND), ())
            last = next((index for index in near if _holds(cells[index].box, sign)), -1)
            if last < 0:
                raise _mismatch(f"{page}text outside its cell, or where none is due")
        found[last].append(sign)
    return found


def _by_height(cells: Sequence[ExpectedCell]) -> dict[int, list[int]]:
    """Index the cells by the bands of height that they reach into, so that a sign asks its neighbours alone."""
    bands: dict[int, list[int]] = {}
    for index, cell in enumerate(cells):
        lowest, highest = cell.box.bottom - _TOLERANCE, cell.box.top + _TOLERANCE
        for band in range(int(lowest // _BAND), int(highest // _BAND) + 1):
            bands.setdefault(band, []).append(index)
    return bands


def _holds(box: Box, sign: Sign) -> bool:
    return (
        box.left - _TOLERANCE <= sign.left
        and sign.right <= box.right + _TOLERANCE
        and box.bottom - _TOLERANCE <= sign.bottom
        and sign.top <= box.top + _TOLERANCE
    )


def _says(signs: Sequence[Sign], due: str) -> bool:
    """Compare exactly; where the text runs over several lines, but for the spaces at which it was broken."""
    shown = _joined(signs)
    return shown == due or (
        shown.translate(_SPACES) == due.translate(_SPACES) and len({round(sign.bottom) for sign in signs}) > 1
    )


def _joined(signs: Sequence[Sign]) -> str:
    units = "".join(chr(sign.unit) for sign in signs)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
