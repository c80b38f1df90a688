"""Showing the papers: a picture of each page, a contact sheet, and the table of cases as JSON.

    index.html   a row a paper: what to look at, form, number, size, thumbnails that lead to picture and PDF
    cases.json   the same for programs
    *.pdf, *-N.png, authority.pem

Drawn by pdfium at a whole number of dots to the inch, grey, as a kiosk does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from konbini.simulation.gallery.making import Paper, Workshop

__all__ = ["Shown", "make_gallery", "pictures"]

_POINTS: Final = 72
_STYLE: Final = (
    "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.4em;vertical-align:top;text-align:left}img{width:210px;border:1px solid #999}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One paper in the gallery's folder."""

    name: str
    shows: str
    form: str
    number: str
    pages: int
    kilobytes: float


def pictures(pdf: bytes, dots_per_inch: int) -> Iterator[Image.Image]:
    """Draw each page of a document, in grey."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=dots_per_inch / _POINTS, grayscale=True).to_pil()
    finally:
        document.close()


def make_gallery(workshop: Workshop, folder: Path, dots_per_inch: int) -> tuple[Shown, ...]:
    """Make every paper, and write it with its pictures, the contact sheet and the table.

    Args:
        workshop: makes the papers.
        folder: an empty directory.
        dots_per_inch: of the pictures.

    Raises:
        Refused: a paper cannot be made.
    """
    shown = tuple(_show(paper, folder, dots_per_inch) for paper in workshop.papers())
    authority = x509.load_der_x509_certificate(workshop.authority).public_bytes(Encoding.PEM)
    (folder / "authority.pem").write_bytes(authority)
    (folder / "index.html").write_text(_index(shown), encoding="utf-8")
    table = [{name: getattr(one, name) for name in Shown.__slots__} for one in shown]
    (folder / "cases.json").write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return shown


def _show(paper: Paper, folder: Path, dots_per_inch: int) -> Shown:
    name = paper.case.name
    (folder / f"{name}.pdf").write_bytes(paper.signed)
    for page, picture in enumerate(pictures(paper.signed, dots_per_inch), 1):
        picture.save(folder / f"{name}-{page}.png", dpi=(dots_per_inch, dots_per_inch))
    return Shown(
        name=name,
        shows=paper.case.shows,
        form=paper.case.template.form,
        number=paper.case.facts.number,
        pages=paper.pages,
        kilobytes=round(len(paper.signed) / 1024, 1),
    )


def _index(shown: Sequence[Shown]) -> str:
    rows = "\n".join(map(_row, shown))
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Gallery</title><style>{_STYLE}</style>\n'
        f"<h1>{len(shown)} papers, {sum(one.pages for one in shown)} pages</h1>\n"
        "<table><tr><th>paper</th><th>what to look at</th><th>form</th><th>number</th><th>KB</th><th>pages</th></tr>\n"
        f"{rows}\n</table></html>\n"
    )


def _row(one: Shown) -> str:
    name = escape(one.name)
    pages = " ".join(
        f'<a href="{name}-{page}.png"><img src="{name}-{page}.png" alt="{name}, page {page}" loading="lazy"></a>'
        for page in range(1, one.pages + 1)
    )
    cells = (f'<a href="{name}.pdf">{name}</a>', escape(one.shows), escape(one.form), escape(one.number))
    return "".join(f"<td>{cell}</td>" for cell in (*cells, f"{one.kilobytes}", pages)).join(("<tr>", "</tr>"))
