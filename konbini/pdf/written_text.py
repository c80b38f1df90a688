"""What one line of a content stream writes, and where: its codes through the fonts' text maps, from pen to pen.

ISO 32000-1, 9.4.4, for the little of it that a line of ours can say: a matrix sets the pen, each sign moves it by its
width and the gap, all narrowed alike. Whoever asks has matched the line against its one pattern, and the fonts' text
maps, widths and outlines have been compared with their faces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from konbini.pdf.originals import ReadFont
from konbini.protocol.errors import Code, Refused

__all__ = ["Piece", "Shown", "read_pieces", "read_shown"]

_NUMBER: Final = r"(-?[0-9.]+)"
_STEP: Final = re.compile(rf"/([A-Za-z0-9]+) {_NUMBER} Tf|{_NUMBER} {_NUMBER} Tm|<([0-9A-F]*)> Tj")
_CODE: Final = re.compile("....")
_EM: Final = 1000  # a width's unit is a thousandth of the size


class Piece(NamedTuple):
    """What is written from one place on, upright, in one line.

    Attributes:
        text: its characters.
        size: of its type, in points.
        left, baseline: where the pen is set.
        last: where the pen stands before the last sign.
        bottom, right, top: the other edges of all its signs' em boxes together.
        turned: whether it is the specimen's mark, which does not stand upright: its box says nothing.
    """

    text: str
    size: float
    left: float
    baseline: float
    last: float
    bottom: float
    right: float
    top: float
    turned: bool = False

    def moved(self, up: float) -> Piece:
        """Return the same piece further up the page."""
        text, size, left, baseline, last, bottom, right, top, turned = self
        return Piece(text, size, left, baseline + up, last, bottom + up, right, top + up, turned)


def read_pieces(
    line: str, fonts: Mapping[str, ReadFont], where: str, *, gap: float = 0.0, width: float = 1.0
) -> tuple[Piece, ...]:
    """Read a line that writes.

    Args:
        line: of one of the patterns of `content`, which sets font and place before it shows anything.
        fonts: the stream's, by their names.
        where: names the line in a refusal.
        gap: points between its signs.
        width: what all widths are multiplied by.

    Returns:
        The pieces; where nothing is shown there is none.

    Raises:
        Refused: `PAGE_MISMATCH`: a font that is not the stream's, a code that its font has not, several sizes.
    """
    runs: list[_Run] = []
    found: list[Piece] = []
    font, one_size, x, y = "", "", 0.0, 0.0
    for name, size, to_x, to_y, shown in _STEP.findall(line):
        if name:
            if name not in fonts:
                raise Refused(Code.PAGE_MISMATCH, f"{where}: another font")
            if one_size not in ("", size):
                raise Refused(Code.PAGE_MISMATCH, f"{where}: text of several sizes")
            font, one_size = name, size
        elif to_x:
            if runs:
                found.append(_piece(runs, x, y, float(one_size), gap, width))
            runs, x, y = [], float(to_x), float(to_y)
        elif shown:
            runs.append(_run(fonts[font], shown, where))
    if runs:
        found.append(_piece(runs, x, y, float(one_size), gap, width))
    return tuple(found)


class Shown(NamedTuple):
    """What some codes of one font show: their text, their widths together and the last one's, in thousandths of an em.

    Where it stands and how large it is are the line's own: one document shows the same codes in many places.
    """

    font: ReadFont
    text: str
    width: int
    last: int

    def piece(self, size: float, x: float, y: float) -> Piece:
        """Return it as it is written from one place on, without a gap and of its own width."""
        font, text, width, last = self
        em = size / _EM
        pen = x + width * em
        return Piece(text, size, x, y, pen - last * em, y + font.descent * em, pen, y + font.ascent * em)


def read_shown(font: ReadFont, codes: str) -> Shown | None:
    """Read what is shown at once: one code or more, in hexadecimal digits; None where the font has not one of them."""
    try:
        signs = list(map(font.codes.__getitem__, _CODE.findall(codes)))
    except KeyError:
        return None
    characters, widths = zip(*signs, strict=True)
    return Shown(font, "".join(characters), sum(widths), widths[-1])


_Run = tuple[ReadFont, list[tuple[str, int]]]


def _run(font: ReadFont, shown: str, where: str) -> _Run:
    codes = font.codes
    try:
        return font, [codes[code] for code in _CODE.findall(shown)]
    except KeyError:
        raise Refused(Code.PAGE_MISMATCH, f"{where}: a character that the font does not map") from None


def _piece(runs: list[_Run], x: float, y: float, size: float, gap: float, width: float) -> Piece:  # noqa: PLR0913, PLR0917 - what 9.4.4 puts together
    """Move the pen over what is shown from one place on."""
    font, signs = runs[0]
    ascent, descent = font.ascent, font.descent
    if len(runs) > 1:
        signs = [sign for _, some in runs for sign in some]
        ascent, descent = max([font.ascent for font, _ in runs]), min([font.descent for font, _ in runs])
    characters, widths = zip(*signs, strict=True)
    em = size / _EM
    advance = sum(widths) * em
    last = widths[-1] * em
    pen = x + (advance + gap * (len(widths) - 1)) * width
    return Piece(
        "".join(characters),
        size,
        x,
        y,
        pen - last * width,
        y + descent * em,
        pen,
        y + ascent * em,
    )
