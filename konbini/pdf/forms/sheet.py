"""What every A4 certificate has around its grid: title, certifying sentence, date, mayor, seal, number, page, hash.

The foot carries the issuance number, page n/N, the set's hash and the paper seal's code on every page, because a kiosk
staples nothing. The code stands at the right, its dark edge flush with the grid; everything else is left of it.
Where things stand is here once, for those who draw and for those who read back.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from konbini.pdf.era import in_era
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, MM, Box
from konbini.pdf.forms.ink import Align, Ink, Slot
from konbini.pdf.forms.setting import Step, Steps, set_text
from konbini.pdf.template import Template
from konbini.protocol.kinds import Scope

__all__ = [
    "BOTTOM_RULE", "CODE", "COLUMN", "DATE", "FEE", "FOOT_WIDTH", "HASH", "HASH_LABEL", "LEFT", "MAYOR", "NUMBER",
    "NUMBER_LABEL", "PAGE", "SEAL_NOTE", "SENTENCE", "SPECIMEN", "TITLE", "WIDTH", "Foot", "draw_foot",
    "draw_sheet", "page_label", "seal_box",
]  # fmt: skip

COLUMN: Final = 4.55 * MM
WIDTH: Final = 40 * COLUMN
LEFT: Final = (A4_WIDTH - WIDTH) / 2

TITLE: Final = Box(LEFT, A4_HEIGHT - 20.5 * MM, WIDTH, 10 * MM)
CODE: Final = Box(LEFT + WIDTH - 38.5 * MM, 5.2 * MM, 40 * MM, 40 * MM)
"""The paper seal's code with its quiet zone, about 1.5 mm wide, of which as much stands beside the grid."""
FOOT_WIDTH: Final = WIDTH - 43 * MM
SENTENCE: Final = Box(LEFT, 39 * MM, FOOT_WIDTH, 6 * MM)
DATE: Final = Box(LEFT, 32.5 * MM, 70 * MM, 6 * MM)
MAYOR: Final = Box(LEFT + 13 * MM, 21.5 * MM, 98 * MM, 8 * MM)
_SEAL_MIDDLE: Final = (LEFT + FOOT_WIDTH - 14 * MM, 27.6 * MM)
SEAL_NOTE: Final = Box(LEFT + FOOT_WIDTH - 29 * MM, 11.9 * MM, 30 * MM, 3.6 * MM)
FEE: Final = Box(LEFT, 15 * MM, 50 * MM, 5 * MM)
_BOTTOM: Final = 6.4 * MM
BOTTOM_RULE: Final = _BOTTOM + 5 * MM
NUMBER_LABEL: Final = Box(LEFT, _BOTTOM, 16 * MM, 4.4 * MM)
NUMBER: Final = Box(LEFT + 16 * MM, _BOTTOM, 46 * MM, 4.4 * MM)
HASH_LABEL: Final = Box(LEFT + 63 * MM, _BOTTOM, 16 * MM, 4.4 * MM)
HASH: Final = Box(LEFT + 79 * MM, _BOTTOM, 34 * MM, 4.4 * MM)
PAGE: Final = Box(LEFT + FOOT_WIDTH - 26 * MM, _BOTTOM, 26 * MM, 4.4 * MM)
SPECIMEN: Final = Box(0, 40 * MM, A4_WIDTH, A4_HEIGHT - 40 * MM)

_TITLE: Final[Steps] = (Step(20, 1), Step(16, 1))
_SENTENCE: Final[Steps] = (Step(10.5, 1), Step(9.5, 1), Step(8.5, 1))
_MAYOR: Final[Steps] = (Step(14, 1), Step(12, 1), Step(10.5, 1), Step(10, 2), Step(9, 2))
_SMALL: Final[Steps] = (Step(8, 1), Step(7, 1), Step(6, 1))
_NOTE: Final[Steps] = (Step(6.5, 1), Step(5.5, 1))
_DATE_SLOT: Final = Slot(DATE, _SENTENCE)
_NUMBER_SLOT: Final = Slot(NUMBER, _SMALL)
_HASH_SLOT: Final = Slot(HASH, _SMALL)
_PAGE_SLOT: Final = Slot(PAGE, _SMALL, Align.RIGHT)
_LABEL_SIZE: Final = 7.0
_SPECIMEN_SIZE: Final = 250.0
_SPECIMEN_TURN: Final = 48.0
_SPECIMEN_GREY: Final = 0.92


class Foot(NamedTuple):
    """What ties the pages of one set together: the same on each of them, beside which page it is."""

    issued_on: date
    number: str
    set_hash: str
    pages: int


def seal_box(template: Template) -> Box:
    """Return where the official seal's picture stands, at its true size."""
    edge = template.seal.edge_mm * MM
    return Box(_SEAL_MIDDLE[0] - edge / 2, _SEAL_MIDDLE[1] - edge / 2, edge, edge)


def page_label(page: int, pages: int) -> str:
    """Write page n of N."""
    return f"{page} / {pages} ページ"


def draw_sheet(ink: Ink, template: Template, scope: Scope, typeface: Typeface, *, seal: str) -> None:
    """Draw what is the same on every page of one template and scope.

    Args:
        ink: the form's own stream.
        template: its words.
        scope: chooses the certifying sentence.
        typeface: what the words are measured with.
        seal: the resource name of the seal's picture.

    Raises:
        Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`, where the template's own words cannot be drawn.
    """
    if template.specimen:
        ink.across("見本", SPECIMEN, size=_SPECIMEN_SIZE, degrees=_SPECIMEN_TURN, grey=_SPECIMEN_GREY)
    words = (
        (template.title, TITLE, _TITLE, Align.CENTRE, "title"),
        (template.sentences.of(scope), SENTENCE, _SENTENCE, Align.LEFT, "sentence"),
        (template.mayor, MAYOR, _MAYOR, Align.RIGHT, "mayor"),
        (template.seal.note, SEAL_NOTE, _NOTE, Align.CENTRE, "seal note"),
        (template.fee_text, FEE, _SMALL, Align.LEFT, "fee"),
    )
    for text, box, steps, align, cell in words:
        if text:
            ink.text(set_text(text, box, steps, typeface, cell=cell), box, align)
    ink.picture(seal, seal_box(template))
    ink.rule((LEFT, BOTTOM_RULE), (LEFT + FOOT_WIDTH, BOTTOM_RULE), 0.4)
    ink.label("発行番号", NUMBER_LABEL, _LABEL_SIZE)
    ink.label("照合番号", HASH_LABEL, _LABEL_SIZE)


def draw_foot(ink: Ink, foot: Foot, *, page: int) -> None:
    """Write what ties a page to its set: date, number, hash, page.

    Raises:
        Refused: `FORM_OVERFLOW`.
    """
    ink.write(_DATE_SLOT, in_era(foot.issued_on), "date")
    ink.write(_NUMBER_SLOT, foot.number, "number")
    ink.write(_HASH_SLOT, foot.set_hash, "set hash")
    ink.write(_PAGE_SLOT, page_label(page, foot.pages), "page")
