"""The clerk's reading: what a finished document says, read before it is signed, twice, by two that know no drawing.

First the clerk's own: `file_structure` takes the bytes apart, every one of them; `composition` refuses whatever the
form is not made of (a cover, a colour, a clip, an annotation), compares each glyph with its face, and says what each
page writes and where. That is compared with the facts, cell by cell: nothing missing, nothing beyond, nothing outside
its cell. Then pdfium's, which parses, interprets and rasterises the same bytes by itself (`second_reading`): it must
see the same text in the same order at the same places, every picture by its digest at its place and no other, and the
code. So a wrong paper passes only where the drawing, our reading and pdfium are wrong alike (ADR 0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
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
    by_cell = _sorted_into(due.cells, [piece for piece in pieces if not piece.turned], page)
    for cell, found in zip(due.cells, by_cell, strict=True):
        if not _says(found, cell.text):
            raise mismatch(f"{page}{cell.name}")


def _sorted_into(cells: Sequence[ExpectedCell], pieces: Sequence[Piece], page: str) -> list[list[Piece]]:
    """Give each piece to the cell that holds it whole."""
    found: list[list[Piece]] = [[] for _ in cells]
    by_height = _by_height(cells)
    for piece in pieces:
        _, _, left, _, _, bottom, right, top, _ = piece
        for place, (leftmost, lowest, rightmost, highest) in by_height.get(bottom // _BAND, ()):
            if leftmost <= left and right <= rightmost and lowest <= bottom and top <= highest:
                found[place].append(piece)
                break
        else:
            raise mismatch(f"{page}text outside its cell, or where none is due")
    return found


_Edges: TypeAlias = tuple[float, float, float, float]


def _by_height(cells: Sequence[ExpectedCell]) -> dict[float, list[tuple[int, _Edges]]]:
    """Index the cells' edges by the bands of height that they reach into, so that a piece asks its neighbours alone."""
    found: dict[float, list[tuple[int, _Edges]]] = {}
    for place, (_, box, _) in enumerate(cells):
        edges, bands = _reach(box)
        for band in bands:
            found.setdefault(band, []).append((place, edges))
    return found


@lru_cache(maxsize=4096)  # a form's cells come again in every document
def _reach(box: Box) -> tuple[_Edges, range]:
    """Return a cell's edges, with what is tolerated, and the bands of height that they reach into."""
    lowest, highest = box.bottom - _TOLERANCE, box.bottom + box.height + _TOLERANCE
    edges = (box.left - _TOLERANCE, lowest, box.left + box.width + _TOLERANCE, highest)
    return edges, range(int(lowest // _BAND), int(highest // _BAND) + 1)


def _says(pieces: Sequence[Piece], due: str) -> bool:
    """Compare exactly; where the text runs over several lines, but for the spaces at which it was broken."""
    shown = "".join(piece.text for piece in pieces)
    return shown == due or (
        shown.translate(_SPACES) == due.translate(_SPACES) and len({round(piece.bottom) for piece in pieces}) > 1
    )


def check_seen(shown: PageSeen, pieces: Sequence[Piece], pictures: Sequence[ExpectedPicture], page: str) -> None:
    """Compare what pdfium sees on a page with what we read there, and with the pictures that are due."""
    if any(abs(one - other) > _TOLERANCE for one, other in zip(shown.size, (A4_WIDTH, A4_HEIGHT), strict=True)):
        raise mismatch(f"{page}not A4")
    texts = [piece.text.encode("utf-16-le") for piece in pieces]
    if b"".join(texts) != shown.units:
        raise mismatch(f"{page}two readings of one text")
    end = 0
    for piece, text in zip(pieces, texts, strict=True):
        start, end = end, end + len(text) // 2
        if not piece.turned and not _stands(piece, shown, start, end - 1):
            raise mismatch(f"{page}two readings of where a text stands")
    found = list(shown.pictures())
    for picture, wanted in zip(found, pictures, strict=False):
        if not _is(picture, wanted):
            raise mismatch(f"{page}{wanted.name}")
    if len(found) != len(pictures):
        raise mismatch(f"{page}{len(found)} pictures, {len(pictures)} due")


def _stands(piece: Piece, shown: PageSeen, first: int, last: int) -> bool:
    """Say whether pdfium has the pen where we have it, before the first and the last sign, and the same type size."""
    x, y = shown.pen(first)
    last_x, last_y = shown.pen(last) if last > first else (x, y)
    return (
        abs(x - piece.left) <= _ALIKE
        and abs(y - piece.baseline) <= _ALIKE
        and abs(last_x - piece.last) <= _ALIKE
        and abs(last_y - piece.baseline) <= _ALIKE
        and abs(shown.type_size(first) - piece.size) <= _ALIKE
    )


def _is(picture: PictureSeen, wanted: ExpectedPicture) -> bool:
    places = zip(_edges(picture.box), _edges(wanted.box), strict=True)
    return picture.digest == wanted.digest and all(abs(one - other) <= _TOLERANCE for one, other in places)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.bottom, box.right, box.top
