"""Typst: a page description compiled for each document, in this process, by a compiler that stays warm.

The form's own shapes stand in the source; what changes is read from a file beside it, since values handed over as
inputs would make the compiler forget all that it remembers of earlier documents (measured: 15 ms instead of 8).
PDF/A-2u, no tags, as ours.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from math import atan2
from pathlib import Path
from typing import Final

import typst

from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.simulation.bench.codes import draw_code
from konbini.simulation.bench.material import TYPEFACE_NAME, Document, Material
from konbini.simulation.bench.page import Frame, Page, Placed, Rule, Shape, Text, png
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["Typesetter"]

_HEAD: Final = f"""
#set page(width: {A4_WIDTH}pt, height: {A4_HEIGHT}pt, margin: 0pt)
#set text(font: "{TYPEFACE_NAME}", fallback: false, kerning: false, cjk-latin-spacing: none)
#set text(top-edge: "baseline", bottom-edge: "baseline")
#let value(x, y, size, words) = place(dx: x * 1pt, dy: y * 1pt, box(width: 500pt, text(size: size * 1pt, words)))
"""
_TAIL: Final = """
#for one in json("values.json") { value(..one) }
"""


class Typesetter:
    """One compiler for all documents.

    Args:
        material: what is drawn; the source is made from its first page.
        folder: of one's own; source and values are laid there.
    """

    name: Final = "typst"

    def __init__(self, material: Material, folder: Path) -> None:
        source, self._values = folder / "certificate.typ", folder / "values.json"
        self._values.write_text("[]", encoding="utf-8")
        self._code = folder / "code.png"
        for shape in material.documents[0].page.static:
            if isinstance(shape, Placed):
                (folder / _file(shape)).write_bytes(shape.png)
        source.write_text(
            _HEAD + "\n".join(_static(material.documents[0].page)) + _TAIL + _code(material), encoding="utf-8"
        )
        self._compiler = typst.Compiler(source, root=folder, font_paths=[TYPEFACE.parent], ignore_system_fonts=True)
        self._signer = material.peer_signer()
        self._moment = material.moment

    def make(self, document: Document) -> bytes:
        """Compile with this document's values, sign."""
        values = [(text.left, A4_HEIGHT - text.baseline, text.size, text.text) for text in document.page.values]
        self._code.write_bytes(_code_png(document.seals[0]))
        self._values.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        pdf = self._compiler.compile(format="pdf", pdf_standards=["a-2u"], pdf_tags=False)
        if not isinstance(pdf, bytes):
            raise TypeError("one document gives one file")
        return self._signer.sign(pdf, self._moment)


def _static(page: Page) -> Iterator[str]:
    return map(_placed, page.static)


def _code(material: Material) -> str:
    place = material.documents[0].page.code
    shown = f'image("code.png", width: {place.across}pt, height: {place.high}pt)'
    return _at(place.left, place.bottom + place.high, shown)


def _code_png(seal: bytes) -> bytes:
    edge, samples = draw_code(seal)
    rows = b"".join(b"\0" + samples[start : start + edge] for start in range(0, len(samples), edge))
    return png(edge, edge, 8, zlib.compress(rows, 1))


def _placed(shape: Shape) -> str:
    match shape:
        case Text():
            return _text(shape)
        case Frame():
            return _at(
                shape.left,
                shape.bottom + shape.high,
                f"rect(width: {shape.across}pt, height: {shape.high}pt, stroke: {shape.width}pt)",
            )
        case Rule():
            end = f"({shape.x2 - shape.x1}pt, {shape.y1 - shape.y2}pt)"
            return _at(shape.x1, shape.y1, f"line(end: {end}, stroke: {shape.width}pt)")
        case Placed():
            return _at(
                shape.left,
                shape.bottom + shape.high,
                f'image("{_file(shape)}", width: {shape.across}pt, height: {shape.high}pt)',
            )


def _file(picture: Placed) -> str:
    return f"{hashlib.sha256(picture.png).hexdigest()[:8]}.png"


def _text(text: Text) -> str:
    cosine, sine = text.turn
    words = _quoted(text.text)
    if text.spacing:  # Typst's own tracking leaves out the gaps between kanji and kana
        words = f" + h({text.spacing}pt) + ".join(map(_quoted, text.text))
    shown = f"text(size: {text.size}pt, fill: luma({round(text.grey * 100, 1)}%), {words})"
    if text.narrowed < 1:
        shown = f"scale(x: {text.narrowed * 100}%, origin: left + top, {shown})"
    if sine:
        shown = f"rotate({-atan2(sine, cosine)}rad, origin: left + top, {shown})"
    return _at(text.left, text.baseline, f"box(width: 550pt, {shown})")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _at(left: float, top: float, shown: str) -> str:
    return f"#place(dx: {left}pt, dy: {A4_HEIGHT - top}pt, {shown})"
