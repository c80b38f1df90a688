"""Reads a printed page as an eye does: what is inked in a cell, held against what should stand there.

A name is drawn by Pillow (FreeType and HarfBuzz) from the same typeface, apart from all that drew, signed, rasterised
and printed the page, and compared as pictures: 1 where all ink of each lies on ink of the other or right beside it.
A number is too small for that: one digit more or less of it is a few dots. It stands at the same place of every paper,
so the specimen that bears this number shows, dot for dot, what the cell must look like. The pale word across the page
is no ink, and neither are the dots of the copy-evident pattern: what a specimen with it shows beyond one without.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from konbini.kiosk.printing.raster import COLOUR, GREY, SYNC, PageRaster
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms import sheet
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, Box
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.template import Template
from konbini.simulation.printer.sheets import read_sheets

__all__ = ["inked", "likeness", "numbered"]

_PALE = 230
_SIZE = 200
_HEIGHT = 64
_AS_SET = ["-kern", "-liga"]  # the page sets each sequence by its own width


def inked(page: Image.Image, box: Box, typeface: Path) -> Image.Image:
    """Cut what is inked out of a cell, without the cell's own rules; 255 is ink."""
    across, along = page.width / A4_WIDTH, page.height / A4_HEIGHT
    edge = 4
    dots = _dots(page.mode, typeface)
    cell = Image.composite(Image.new(page.mode, page.size, "white"), page, dots).crop(
        (
            int(box.left * across) + edge,
            int((A4_HEIGHT - box.bottom - box.height) * along) + edge,
            int((box.left + box.width) * across) - edge,
            int((A4_HEIGHT - box.bottom) * along) - edge,
        )
    )
    return _trimmed(cell.convert("L").point(lambda grey: max(0, _PALE - grey) * 255 // _PALE))


@cache
def numbered(number: str, mode: str, typeface: Path) -> Image.Image:
    """Draw the specimen with an issuance number, and cut the number out as a printer of this mode marks it."""
    page = _specimen(specimen_template(), specimen_facts(PEOPLE[0], number=number), mode, typeface)
    return inked(page, sheet.NUMBER, typeface)


@cache
def _dots(mode: str, typeface: Path) -> Image.Image:
    """Give the dots of the copy-evident pattern, 255 each, wherever a page with hardly a name leaves them in sight."""
    nameless = specimen_facts(*(replace(person, name="一") for person in PEOPLE))
    template = specimen_template()
    marked = _specimen(template, nameless, mode, typeface)
    plain = _specimen(replace(template, copy_evident=False), nameless, mode, typeface)
    return ImageChops.difference(marked, plain).convert("L").point(lambda grey: 255 if grey else 0)


def _specimen(template: Template, facts: CertificateFacts, mode: str, typeface: Path) -> Image.Image:
    """Draw a specimen as a printer of this mode marks it."""
    form = ResidentRecordForm(template, Typeface(typeface))
    pdf = form.draw(facts, binding=bytes(32), seals=[b"nobody looks here"])
    with PageRaster(pdf, COLOUR if mode == "RGB" else GREY) as raster:
        page = next(read_sheets(io.BytesIO(SYNC + raster.page(0))))
    return Image.frombytes(page.mode, (page.width, page.height), page.pixels)


def likeness(found: Image.Image, text: str, typeface: Path) -> float:
    """Compare what is inked with a text, which may stand in lines broken at its spaces; 0 to 1."""
    best = _alike(found, _drawn(text, typeface))
    for upper, lower in _cuts(found):
        for head, tail in _breaks(text):
            first = _alike(upper, _drawn(head, typeface))
            if first > best:
                best = max(best, min(first, likeness(lower, tail, typeface)))
    return best


def _cuts(found: Image.Image) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Cut a picture at each band of rows without ink."""
    _, rows = found.getprojection()
    for row in range(1, found.height):
        if rows[row] and not rows[row - 1]:
            yield (
                _trimmed(found.crop((0, 0, found.width, row))),
                _trimmed(found.crop((0, row, found.width, found.height))),
            )


def _breaks(text: str) -> Iterator[tuple[str, str]]:
    for at, sign in enumerate(text):
        if sign.isspace():
            yield text[:at], text[at + 1 :]


@cache
def _drawn(text: str, typeface: Path) -> Image.Image:
    """Draw a line of text, variation sequences and all."""
    font = ImageFont.truetype(str(typeface), _SIZE, layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text, features=_AS_SET))
    picture = Image.new("L", (right - left + 2, bottom - top + 2), 0)
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, fill=255, font=font, features=_AS_SET)
    return _trimmed(picture)


def _alike(found: Image.Image, expected: Image.Image) -> float:
    """Compare two pictures of ink: their shapes first, then their dots; 0 to 1."""
    shape, wanted = found.width / found.height, expected.width / expected.height
    if max(shape, wanted) / min(shape, wanted) > 1.1:  # a longer or shorter text
        return 0.0
    size = (max(1, round(_HEIGHT * wanted)), _HEIGHT)
    one, other = (picture.resize(size, Image.Resampling.BOX) for picture in (found, expected))
    beside = 2 * -(-_HEIGHT // found.height) + 1  # a dot of the page to each side
    return min(_covered(one, other, beside), _covered(other, one, beside))


def _covered(ink: Image.Image, by: Image.Image, beside: int) -> float:
    """Say how much of the ink lies on the other picture's, or right beside it."""
    return _sum(ImageChops.darker(ink, by.filter(ImageFilter.MaxFilter(beside)))) / _sum(ink)


def _trimmed(picture: Image.Image) -> Image.Image:
    box = picture.getbbox()
    assert box is not None, "nothing is inked here"
    return picture.crop(box)


def _sum(picture: Image.Image) -> int:
    return sum(value * count for value, count in enumerate(picture.histogram()))
