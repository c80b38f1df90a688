"""The town's seals (印鑑): who has one registered, what it reads, and its picture.

A seal here is a ring with letters in it, drawn with the typeface of the papers; a gap in the ring, at an angle of the
registration's own, tells the seals of one family from each other. Nobody's real seal looks so.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from konbini.simulation.town.people import HeldSeal, Townsperson
from konbini.ward_server.residents.dates import to_day, to_number
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import YOUNGEST, NameForm, SealImage, SealRegistered
from konbini.ward_server.residents.town import TownSeal

__all__ = ["draw_seal", "register_seals", "town_seal"]

_SEALS: Final = 0.6
"""Share of the residents of age."""
_FORMER_NAMES: Final = 0.5
"""Share of those with a former name (旧氏) whose seal shows it."""
_MILLIMETRES: Final = (10.5, 12.0, 13.5, 15.0, 16.5, 18.0)
_MOST_LETTERS: Final = 8
_DOTS_PER_INCH: Final = 508
_DOTS_A_MM: Final = 20
_RING: Final = 0.05
_GAP_DEGREES: Final = 5
_GAP_PLACES: Final = 60
_COLUMN: Final = 4
_SELECTORS: Final = 0xE0000
"""From here on code points select a variant and draw nothing."""


def register_seals(chance: random.Random, people: Sequence[Townsperson], today: dt.date) -> list[Townsperson]:
    """Give many of those of age a registered seal, numbered in the order of the registry."""
    found = []
    for place, person in enumerate(people):
        first = _first_day(person.record)
        if first <= today and chance.random() < _SEALS:
            day = first + dt.timedelta(days=chance.randint(0, (today - first).days))
            seal = _held(chance, person.record, number=f"{place + 1:07d}", registered=to_number(day))
            found.append(replace(person, seal=seal))
        else:
            found.append(person)
    return found


def town_seal(seal: HeldSeal, typeface: Path) -> TownSeal:
    """Give a seal as the registry takes it over, its picture drawn.

    Raises:
        OSError: the typeface is not there.
    """
    image = SealImage(png=draw_seal(seal, typeface), dots_per_inch=_DOTS_PER_INCH)
    body = SealRegistered(number=seal.number, form=seal.form, text=seal.text, katakana=seal.katakana, image=image)
    return TownSeal(registered=seal.registered, seal=body)


def draw_seal(seal: HeldSeal, typeface: Path) -> bytes:
    """Draw a seal in black and white, edge to edge, 20 samples a millimetre; a PNG."""
    edge = round(seal.millimetres * _DOTS_A_MM)
    picture = _ring_and_letters(seal.text, edge, typeface).copy()
    place = int(seal.number) * 7 % (4 * _GAP_PLACES)
    # Gaps keep away from where the ring touches its square, so that each seal measures what it should.
    angle = 90 * (place // _GAP_PLACES) + 15 + place % _GAP_PLACES
    drawing = ImageDraw.Draw(picture)
    drawing.arc((0, 0, edge - 1, edge - 1), angle, angle + _GAP_DEGREES, fill=255, width=_width(edge) + 1)
    written = BytesIO()
    picture.convert("1", dither=Image.Dither.NONE).save(written, "PNG", compress_level=1)
    return written.getvalue()


@cache
def _ring_and_letters(text: str, edge: int, typeface: Path) -> Image.Image:
    picture = Image.new("L", (edge, edge), 255)
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((0, 0, edge - 1, edge - 1), outline=0, width=_width(edge))
    letters = [letter for letter in text if ord(letter) < _SELECTORS][:_MOST_LETTERS]
    columns = [letters[at : at + _COLUMN] for at in range(0, len(letters), _COLUMN)]
    inner = edge * 0.66  # the square within the ring, and some room
    size = min(inner / max(map(len, columns)), inner / len(columns))
    font = _font(typeface, round(size))
    for at, column in enumerate(columns):  # from right to left, as seals are read
        across = edge / 2 + (len(columns) - 1 - 2 * at) * size / 2
        for row, letter in enumerate(column):
            down = edge / 2 + (2 * row + 1 - len(column)) * size / 2
            drawing.text((across, down), letter, fill=0, font=font, anchor="mm")
    return picture


@cache
def _font(typeface: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(typeface), size, layout_engine=ImageFont.Layout.BASIC)


def _width(edge: int) -> int:
    return max(2, round(edge * _RING))


def _first_day(record: ResidentRecord) -> dt.date:
    """Give the first day on which this resident could register a seal here."""
    birth = to_day(record.birth)
    of_age = dt.date(birth.year + YOUNGEST, birth.month, min(birth.day, 28)) + dt.timedelta(days=3)
    became = record.became_resident
    return of_age if became is None else max(of_age, to_day(became))


def _held(chance: random.Random, record: ResidentRecord, *, number: str, registered: int) -> HeldSeal:
    form, source = NameForm.NAME, record.name
    if record.former_name is not None and chance.random() < _FORMER_NAMES:
        form, source = NameForm.FORMER_NAME, record.former_name
    elif record.foreign is not None and record.alias is not None:
        form, source = NameForm.ALIAS, record.alias
    elif record.foreign is not None:
        form, source = NameForm.KATAKANA, record.reading
    return HeldSeal(
        number=number,
        form=form,
        text=source.split()[0][: 2 * _MOST_LETTERS],
        katakana=record.reading if form is NameForm.KATAKANA else None,
        millimetres=chance.choice(_MILLIMETRES),
        registered=registered,
    )
