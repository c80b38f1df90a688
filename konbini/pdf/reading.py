"""The clerk's reading: what a finished document says, read before it is signed, twice, by two that know no drawing.

First the clerk's own: `file_structure` takes the bytes apart, every one of them; `composition` refuses whatever the
form is not made of (a cover, a colour, a clip, an annotation), compares each glyph with its face, and says what each
page writes and where. That is compared with the facts, cell by cell: nothing missing, nothing beyond, nothing outside
its cell. Then pdfium's, which parses, interprets and rasterises the same bytes by itself (`second_reading`): it must
see the same text in the same order at the same places, every picture by its digest at its place and no other, and the
code. So a wrong paper passes only where the drawing, our reading and pdfium are wrong alike (ADR 0010).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import sub
from typing import Final, TypeAlias

from konbini.pdf.composition import Composition
from konbini.pdf.entries import mismatch
from konbini.pdf.facts import PrintedFacts
from konbini.pdf.file_structure import read_file
from konbini.pdf.forms.expected import ExpectedCell, ExpectedPage, ExpectedPicture
from konbini.pdf.forms.expected_acts import over_pattern, with_codes
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, Box
from konbini.pdf.forms.kinds import FORM_KINDS, FormKinds
from konbini.pdf.forms.sheet import CODE
from konbini.pdf.originals import Originals
from konbini.pdf.paper_seal.code_picture import code_picture
from konbini.pdf.second_reading import PageSeen, PictureSeen, second_reading
from konbini.pdf.shell_reading import check_shell
from konbini.pdf.template import Template
from konbini.pdf.written_text import Piece

__all__ = ["check", "check_seen"]

_TOLERANCE: Final = 0.6  # points; a stroke may leave its em box by as much
_ALIKE: Final = 0.01  # points; how far two readings may differ about where a sign stands
_BAND: Final = 12.0  # points; about a row of the form
_COLUMN: Final = 36.0  # points; a label and its value stand in different ones, or nearly
_SPACES: Final = str.maketrans("", "", " 　")


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
    kind = kinds[template.kind]
    acts = over_pattern(kind.expected_acts(facts, template), template)
    if len(seals) != len(acts):
        raise mismatch(f"{len(seals)} page seals, {len(acts)} pages due")
    codes = tuple(code_picture(seal) for seal in seals)
    file = read_file(pdf)  # before pdfium reads a byte of it
    composition = Composition(file, originals)
    written = composition.check(with_codes(acts, codes))
    check_shell(file, facts, template, binding)
    due = kind.expected_pages(facts, template)
    if len(written) != len(due):
        raise mismatch(f"{len(written)} pages, {len(due)} due")
    for place, (pieces, page) in enumerate(zip(written, due, strict=True), 1):
        _check_text(pieces, page, f"page {place}: ")
    with second_reading(pdf) as seen:
        if len(seen) != len(due):
            raise mismatch(f"{len(seen)} pages, {len(due)} due")
        for place, (shown, pieces, page, code, seal) in enumerate(
            zip(seen, written, due, codes, seals, strict=True), 1
        ):
            pictures = (*page.pictures, ExpectedPicture("paper seal", code.digest(), CODE))
            check_seen(shown, pieces, pictures, f"page {place}: ")
            if shown.codes(CODE) != (seal,):
                raise mismatch(f"page {place}: the code does not say what was sealed")
    composition.keep()  # now that nothing in it is anybody's but the form's


def _check_text(pieces: Sequence[Piece], due: ExpectedPage, page: str) -> None:
    """Compare what a page writes with what it must say."""
    if "".join(piece.text for piece in pieces if piece.turned) != due.across:
        raise mismatch(f"{page}mark of a specimen")
    upright = [piece for piece in pieces if not piece.turned]
    places = _places(due.cells, upright, page)
    said = [""] * len(due.cells)
    for place, piece in zip(places, upright, strict=True):
        said[place] += piece.text
    for number, (cell, text) in enumerate(zip(due.cells, said, strict=True)):
        if text != cell.text and not _broken_alike(text, cell.text, upright, places, number):
            raise mismatch(f"{page}{cell.name}")


def _places(cells: Sequence[ExpectedCell], pieces: Sequence[Piece], page: str) -> list[int]:
    """Say for each piece which cell holds it whole."""
    near = _neighbours(tuple([cell.box for cell in cells])).get
    found: list[int] = []
    for _, _, left, _, _, bottom, right, top, _ in pieces:
        for place, leftmost, lowest, rightmost, highest in near((bottom // _BAND, left // _COLUMN), ()):
            if leftmost <= left and right <= rightmost and lowest <= bottom and top <= highest:
                found.append(place)
                break
        else:
            raise mismatch(f"{page}text outside its cell, or where none is due")
    return found


_Near: TypeAlias = dict[tuple[float, float], list[tuple[int, float, float, float, float]]]


@lru_cache(maxsize=64)  # a form's cells come again in every document
def _neighbours(boxes: tuple[Box, ...]) -> _Near:
    """Index cells by the parts of the page that they reach into: where each part of it is asked, its neighbours are.

    Of each cell: its place among the cells and its left, lower, right and upper edge, with what is tolerated.
    """
    found: _Near = {}
    for place, box in enumerate(boxes):
        left, lowest = box.left - _TOLERANCE, box.bottom - _TOLERANCE
        right, highest = box.left + box.width + _TOLERANCE, box.bottom + box.height + _TOLERANCE
        for band in range(int(lowest // _BAND), int(highest // _BAND) + 1):
            for column in range(int(left // _COLUMN), int(right // _COLUMN) + 1):
                found.setdefault((band, column), []).append((place, left, lowest, right, highest))
    return found


def _broken_alike(shown: str, due: str, pieces: Sequence[Piece], places: Sequence[int], cell: int) -> bool:
    """Say whether a text over several lines is the one that is due but for the spaces at which it was broken."""
    lines = {round(piece.bottom) for piece, place in zip(pieces, places, strict=True) if place == cell}
    return len(lines) > 1 and shown.translate(_SPACES) == due.translate(_SPACES)


def check_seen(shown: PageSeen, pieces: Sequence[Piece], pictures: Sequence[ExpectedPicture], page: str) -> None:
    """Compare what pdfium sees on a page with what we read there, and with the pictures that are due."""
    if any(abs(one - other) > _TOLERANCE for one, other in zip(shown.size, (A4_WIDTH, A4_HEIGHT), strict=True)):
        raise mismatch(f"{page}not A4")
    if "".join([piece.text for piece in pieces]).encode("utf-16-le") != shown.units:
        raise mismatch(f"{page}two readings of one text")
    if not _stand(pieces, shown):
        raise mismatch(f"{page}two readings of where a text stands")
    found = list(shown.pictures())
    for picture, wanted in zip(found, pictures, strict=False):
        if not _is(picture, wanted):
            raise mismatch(f"{page}{wanted.name}")
    if len(found) != len(pictures):
        raise mismatch(f"{page}{len(found)} pictures, {len(pictures)} due")


def _stand(pieces: Sequence[Piece], shown: PageSeen) -> bool:
    """Say whether pdfium has the pen where we have it, before each first and last sign, and the same type sizes."""
    ends = list(accumulate([len(piece.text.encode("utf-16-le")) // 2 for piece in pieces]))
    starts = [0, *ends[:-1]]
    upright = [place for place, piece in enumerate(pieces) if not piece.turned]
    due = [pieces[place] for place in upright]
    firsts, lasts = [starts[place] for place in upright], [ends[place] - 1 for place in upright]
    first, last, up = shown.pens(firsts), shown.pens(lasts), [piece.baseline for piece in due]
    return (
        _alike(first.across, [piece.left for piece in due])
        and _alike(first.up, up)
        and _alike(last.across, [piece.last for piece in due])
        and _alike(last.up, up)
        and _alike(shown.type_sizes(firsts), [piece.size for piece in due])
    )


def _alike(found: Iterable[float], due: Iterable[float]) -> bool:
    """Compare numbers one by one; what is no number is like none."""
    return all(map(_ALIKE.__ge__, map(abs, map(sub, found, due))))


def _is(picture: PictureSeen, wanted: ExpectedPicture) -> bool:
    places = zip(_edges(picture.box), _edges(wanted.box), strict=True)
    return picture.digest == wanted.digest and all(abs(one - other) <= _TOLERANCE for one, other in places)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.bottom, box.right, box.top
