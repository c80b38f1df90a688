"""The copy-evident pattern (牽制文字): two screens of equal tone, of which a copying machine keeps one.

Under everything else on the page lie two screens. The ground's is made of single dots (85 µm), the word 複写's of
dots twice as wide; both put nearly the same toner on the paper, so that from a reading distance the sheet is evenly
tinted. A copier's optics do not resolve the single dots and its toner threshold lets them go, while it keeps the wide
ones: the word stands on the copy. `konbini.simulation.paper` measures it.

Invariants: the pattern is the same bytes for every form and municipality; its dots are whole pixels of an A4 page at
300 dots to the inch (2480 by 3508), at which kiosks rasterise, so that no printer screens them a second time; it lies
wholly in black and is no text. The foot's right corner is free of it, for the code that phones read.

Limits: an even tone rests on a printer's dot gain and differs a little from one to another; a copier that resolves
single dots and sharpens them (a scan for archives) shows the word faintly or not at all. The pattern warns whoever
holds a copy made at a shop's machine; what proves a paper is its signature.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, Box
from konbini.pdf.objects import ObjectId, Revision, StreamBody
from konbini.pdf.picture import Picture

__all__ = ["CELL", "PIXELS_ACROSS", "PIXELS_DOWN", "RESOURCE", "Placed", "placed", "screen", "word", "write"]

RESOURCE: Final = "Pattern"
"""The pattern's name among a page's parts."""
PIXELS_ACROSS: Final = 2480
PIXELS_DOWN: Final = 3508
CELL: Final = (14, 12)
"""A screen's cell, in pixels across and down: a letter's smallest square."""

_LETTERS: Final = (
    (
        "....##.......##.........",
        "....###.....###.........",
        ".....##....#############",
        "...........#############",
        "#########.##............",
        "#########...###########.",
        ".......##...###########.",
        "......###...##.......##.",
        ".....###....###########.",
        "....#####...###########.",
        "...######...##.......##.",
        "..######....##.......##.",
        "..####......###########.",
        ".##.####....###########.",
        "##..##.##.....##........",
        "....##..##...#########..",
        "....##......##########..",
        "....##.....###....###...",
        "....##....#####..###....",
        "....##........#####.....",
        "....##........#####.....",
        "....##......####..###...",
        "....##.....###.....####.",
        "....##....###........##.",
    ),
    (
        ".######################.",
        ".######################.",
        ".##..................##.",
        ".##....##............##.",
        ".##....##............##.",
        ".......##...............",
        "......#############.....",
        "......#############.....",
        "......##................",
        "......##................",
        ".....###................",
        ".....###############....",
        ".....###############....",
        "..................##....",
        "..................##....",
        "..................##....",
        ".##################.....",
        ".##################.....",
        ".................##.....",
        ".................##.....",
        "................###.....",
        "................##......",
        "............######......",
        "............######......",
    ),
)
"""複写 in our own hand, a cell to a sign."""
_BETWEEN_LETTERS: Final = 2  # cells
_AFTER_WORD: Final = 6
_UNDER_WORD: Final = 6

_GROUND: Final = ((0, 0), (0, 2), (2, 0), (2, 2), (6, 7), (6, 9), (8, 7), (8, 9))  # rows and columns of single dots
_LETTER: Final = ((0, 0), (0, 1), (1, 0), (1, 1), (6, 7), (6, 8), (7, 7), (7, 8))  # two dots of four pixels
_LETTER_LIGHTER: Final = _LETTER[:-1]
_LIGHTER_OF: Final = 4
"""In every fourth cell a letter's dots lack a pixel: midway between a fine printer, which thickens single dots more
than wide ones, and a coarse one, which thins them more."""

_LEFT: Final = 64  # pixels; 5.4 mm
_TOP: Final = 60
_BAND: Final = (168, 60)  # cells across and down: three words, two lines
_BANDS: Final = 4
_FOOT: Final = (126, 42)  # beside the free corner
_INSET: Final = 0.01  # points, a 24th of a pixel: edges are rounded outward to whole pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One picture of the pattern: its name among the pattern's resources, its samples, and where it stands."""

    resource: str
    picture: Picture
    box: Box


@cache
def word() -> tuple[str, ...]:
    """Return 複写 with the space around it: rows of cells, `#` where a letter is."""
    gap, rest = "." * _BETWEEN_LETTERS, "." * _AFTER_WORD
    rows = tuple(gap.join(letters) + rest for letters in zip(*_LETTERS, strict=True))
    return (*rows, *("." * len(rows[0]),) * _UNDER_WORD)


def screen(cells: Sequence[str]) -> tuple[str, ...]:
    """Turn rows of cells into rows of pixels, `1` where a dot is printed.

    Args:
        cells: `#` where the letters' screen is due, anything else for the ground's.
    """
    return tuple(
        "".join(_cell_row(sign, row, across, inside) for across, sign in enumerate(signs))
        for row, signs in enumerate(cells)
        for inside in range(CELL[1])
    )


def _cell_row(sign: str, row: int, across: int, inside: int) -> str:
    lighter = (row + across) % _LIGHTER_OF == 0
    dots = (_LETTER_LIGHTER if lighter else _LETTER) if sign == "#" else _GROUND
    return _pixels(tuple(column for line, column in dots if line == inside))


@cache
def _pixels(columns: tuple[int, ...]) -> str:
    return "".join("1" if column in columns else "0" for column in range(CELL[0]))


@cache
def placed() -> tuple[Placed, ...]:
    """Return the pattern's pictures in the order of drawing, from the top of the page down."""
    band, foot = _picture(*_BAND), _picture(*_FOOT)
    tops = [_TOP + place * band.height for place in range(_BANDS)]
    bands = (Placed(resource="Band", picture=band, box=_box(band, top)) for top in tops)
    return (*bands, Placed(resource="Foot", picture=foot, box=_box(foot, tops[-1] + band.height)))


def write(revision: Revision) -> ObjectId:
    """Add the pattern to a document, as one form XObject that a page places before anything else."""
    pictures = {one.resource: one.picture for one in placed()}
    named = " ".join(f"/{name} {revision.add(picture.to_stream())}" for name, picture in pictures.items())
    lines = (
        f"q {one.box.width:.3f} 0 0 {one.box.height:.3f} {one.box.left:.3f} {one.box.bottom:.3f} cm "
        f"/{one.resource} Do Q"
        for one in placed()
    )
    entries = (
        f"/Type /XObject /Subtype /Form /BBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] "
        f"/Resources << /XObject << {named} >> >>"
    )
    return revision.add(StreamBody.compressed("\n".join(lines).encode(), entries))


def _picture(across: int, down: int) -> Picture:
    rows = screen([_line(row, across) for row in range(down)])
    width = len(rows[0])
    spare = -width % 8
    # black is 0 in DeviceGray, so every bit is turned over; each row begins with PNG's filter 0
    raw = b"".join(
        b"\0" + (((1 << (width + spare)) - 1) ^ (int(row, 2) << spare)).to_bytes((width + spare) // 8) for row in rows
    )
    return Picture(width=width, height=len(rows), bits=1, rows=zlib.compress(raw, 9))


def _line(row: int, across: int) -> str:
    """Return one row of cells; every second line of words begins half a word later."""
    line, inside = divmod(row, len(word()))
    signs = word()[inside]
    begin = len(signs) // 2 * (line % 2)
    return (signs * (across // len(signs) + 2))[begin : begin + across]


def _box(picture: Picture, top: int) -> Box:
    across, down = A4_WIDTH / PIXELS_ACROSS, A4_HEIGHT / PIXELS_DOWN
    return Box(
        _LEFT * across + _INSET,
        A4_HEIGHT - (top + picture.height) * down + _INSET,
        picture.width * across - 2 * _INSET,
        picture.height * down - 2 * _INSET,
    )
