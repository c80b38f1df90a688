"""A font of few characters, made by fontTools: what a municipality's second font file is to the chain."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]  # it ships no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]  # the same

__all__ = ["COMPOSITE", "LOOK_ALIKE", "MADE_NAME", "OTHER_VARIANT", "PRIVATE", "make_font"]

PRIVATE = "\U000f0001"
"""A character of the private use planes, as the administrative standard characters beyond Unicode have them."""
COMPOSITE = "\U0010fffd"
"""Another, whose glyph is made of two others."""
LOOK_ALIKE = "葛"
"""A character that IPAmj Mincho has as well."""
OTHER_VARIANT = "葛\U000e0100"
"""A sequence that IPAmj Mincho has not."""
MADE_NAME = "KonbiniTestGaiji"

_UNITS = 1000
_POINTS = {"box": ((100, 0), (100, 800), (900, 800), (900, 0)), "roof": ((50, 0), (500, 800), (950, 0))}


def make_font(path: Path) -> Path:
    """Write the font; its outlines resemble no character."""
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for name, (first, *rest) in _POINTS.items():
        pen = TTGlyphPen(None)
        pen.moveTo(first)
        for point in rest:
            pen.lineTo(point)
        pen.closePath()
        glyphs[name] = pen.glyph()
    pen = TTGlyphPen(glyphs)
    pen.addComponent("box", (0.5, 0, 0, 0.5, 0, 0))
    pen.addComponent("roof", (1, 0, 0, 1, 40, 100))
    glyphs["house"] = pen.glyph()
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(
        {ord(PRIVATE): "box", ord(COMPOSITE): "house", ord(LOOK_ALIKE): "roof"},
        uvs=[(ord(OTHER_VARIANT[0]), ord(OTHER_VARIANT[1]), "box")],
    )
    builder.setupGlyf(glyphs)
    bearings = {name: builder.font["glyf"][name].xMin for name in list(glyphs)[1:]}
    builder.setupHorizontalMetrics({name: (_UNITS, bearings.get(name, 0)) for name in glyphs})
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": MADE_NAME, "styleName": "Regular", "psName": MADE_NAME})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path
