"""The seals that tests register: black squares, so that their size on paper can be measured, each told by its size."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from PIL import Image, ImageChops, ImageFilter

from konbini.pdf.forms import seal_registration_grid as grid
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import (
    MOST_IMAGE_BYTES,
    NameForm,
    SealImage,
    SealRegistered,
    SealRegistration,
)

__all__ = [
    "DOTS_PER_INCH",
    "black_png",
    "inked",
    "inked_mm",
    "largest_image",
    "overlaid",
    "registration_of",
    "seal_image",
    "seal_of",
]

DOTS_PER_INCH = 508
"""Twenty samples a millimetre."""
_INCH_MM = 25.4
_DARK = 128


def black_png(width: int, height: int, bits: int = 1, *, note: bytes = b"") -> bytes:
    """Draw a black rectangle: ink from edge to edge; `note` stands in the file and not in the picture."""
    row = b"\0" + bytes((width * bits + 7) // 8)
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    rows = zlib.compress(row * height)
    chunks = ((b"IHDR", head), (b"teXt", note), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks if body or name == b"IEND")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def largest_image(*, beyond: int = 0) -> SealImage:
    """Scan a seal into a file of as many bytes as a registration carries, or some more."""
    frame = len(black_png(400, 400, note=b"x")) - 1
    png = black_png(400, 400, note=bytes(MOST_IMAGE_BYTES - frame + beyond))
    return SealImage(png=png, dots_per_inch=DOTS_PER_INCH)


def seal_image(millimetres: float = 20.0) -> SealImage:
    """Scan a square seal of so many millimetres."""
    edge = round(millimetres * 20)
    return SealImage(png=black_png(edge, edge), dots_per_inch=DOTS_PER_INCH)


def seal_of(
    text: str = "葛城",
    *,
    number: str = "1",
    form: NameForm = NameForm.NAME,
    katakana: str | None = None,
    millimetres: float = 20.0,
) -> SealRegistered:
    """Register a square seal that reads `text`; of the plain person's family name where nothing else is said."""
    return SealRegistered(number=number, form=form, text=text, katakana=katakana, image=seal_image(millimetres))


def registration_of(record: ResidentRecord, **changes: object) -> SealRegistration:
    """Register a seal in force that reads the plain person's whole name."""
    made = SealRegistration(
        municipality=record.municipality,
        resident=record.resident,
        version=1,
        in_force=True,
        number="1",
        registered=20200401,
        form=NameForm.NAME,
        text="葛城文",
        name=record.name,
        katakana=None,
        image_digest=seal_image().digest,
        image=seal_image(),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields by name


def inked(page: Image.Image, dots_per_inch: float) -> Image.Image:
    """Cut the impression out of a printed page of 印鑑登録証明書, to its own extent; 255 is ink.

    The dots of the copy-evident pattern are no ink: a median over a tenth of a millimetre each way takes them out.
    """
    ink = _ink(page, dots_per_inch)
    box = ink.getbbox()
    assert box is not None, "no impression"
    return ink.crop(box)


def inked_mm(page: Image.Image, dots_per_inch: float) -> tuple[float, float]:
    """Measure the impression on a printed page: width and height."""
    width, height = inked(page, dots_per_inch).size
    return width * _INCH_MM / dots_per_inch, height * _INCH_MM / dots_per_inch


def overlaid(found: Image.Image, impression: Image.Image) -> float:
    """Lay an impression over one that was cut out, as people compare them: the share of samples that are alike."""
    own = impression.convert("L").point(lambda grey: 255 - grey).resize(found.size, Image.Resampling.BOX)
    unlike = ImageChops.difference(found, own.point(lambda grey: 255 if grey >= _DARK else 0)).histogram()[255]
    return 1 - unlike / (found.width * found.height)


def _ink(page: Image.Image, dots_per_inch: float) -> Image.Image:
    """Cut the impression's cell out of a page, without its rules and the pattern's dots; 255 is ink."""
    across, along, cell = page.width / A4_WIDTH, page.height / A4_HEIGHT, grid.IMPRESSION
    edges = (cell.left + 3, A4_HEIGHT - cell.top + 3, cell.right - 3, A4_HEIGHT - cell.bottom - 3)
    cut = page.convert("L").crop(
        (round(edges[0] * across), round(edges[1] * along), round(edges[2] * across), round(edges[3] * along))
    )
    clear = cut.filter(ImageFilter.MedianFilter(2 * max(1, round(dots_per_inch / 144)) + 1))
    return clear.point(lambda grey: 255 if grey < _DARK else 0)
