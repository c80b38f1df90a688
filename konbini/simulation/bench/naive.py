"""The way of a first attempt: a reportlab canvas a document, and pyHanko's signer read from files at each signature."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import segno
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # the same
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # the same
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # the same

from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.simulation.bench.material import TYPEFACE_NAME, Document, Material
from konbini.simulation.bench.page import Frame, Placed, Rule, Shape, Text
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["Naive"]


class Naive:
    """Draws every rule and every text of the page again for each document.

    Args:
        material: what is drawn.
        folder: of one's own; key and certificate are laid there as files, to be read at each signature.
    """

    name: Final = "naive"

    def __init__(self, material: Material, folder: Path) -> None:
        pdfmetrics.registerFont(TTFont(TYPEFACE_NAME, str(TYPEFACE)))
        self._key, self._certificate = folder / "naive.key", folder / "naive.pem"
        self._key.write_bytes(material.credential.key_pem())
        self._certificate.write_bytes(material.credential.certificate_pem())

    def make(self, document: Document) -> bytes:
        """Draw, read key and certificate, sign."""
        out = BytesIO()
        canvas = Canvas(out, pagesize=(A4_WIDTH, A4_HEIGHT))
        for shape in (*document.page.static, *document.page.values):
            _draw(canvas, shape)
        _draw_code(canvas, document.seals[0], document.page.code)
        canvas.save()
        signer = SimpleSigner.load(str(self._key), str(self._certificate))  # type: ignore[no-untyped-call]  # pyHanko's
        if signer is None:
            raise ValueError("the key or its certificate cannot be read")
        metadata = PdfSignatureMetadata(field_name="Clerk", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        signed = sign_pdf(IncrementalPdfFileWriter(out), metadata, signer=signer)
        return bytes(signed.getvalue())


def _draw(canvas: Canvas, shape: Shape) -> None:
    match shape:
        case Text():
            _write(canvas, shape)
        case Frame():
            canvas.setLineWidth(shape.width)
            canvas.rect(shape.left, shape.bottom, shape.across, shape.high)
        case Rule():
            canvas.setLineWidth(shape.width)
            canvas.line(shape.x1, shape.y1, shape.x2, shape.y2)
        case Placed():
            canvas.drawImage(_reader(shape.png), shape.left, shape.bottom, shape.across, shape.high)


def _draw_code(canvas: Canvas, seal: bytes, place: Placed) -> None:
    picture = BytesIO()
    segno.make(seal, error="m", boost_error=False, micro=False).save(picture, kind="png")
    picture.seek(0)
    canvas.drawImage(ImageReader(picture), place.left, place.bottom, place.across, place.high)


@cache
def _reader(png: bytes) -> ImageReader:
    """Decode a picture once: reportlab would take it for a colour picture and decode it again for each document."""
    return ImageReader(Image.open(BytesIO(png)).convert("L"))


def _write(canvas: Canvas, text: Text) -> None:
    cosine, sine = text.turn
    canvas.saveState()
    canvas.setFillGray(text.grey)
    line = canvas.beginText()
    line.setFont(TYPEFACE_NAME, text.size)
    line.setTextTransform(cosine, sine, -sine, cosine, text.left, text.baseline)
    line.setCharSpace(text.spacing)
    line.setHorizScale(100 * text.narrowed)
    line.textOut(text.text)
    canvas.drawText(line)
    canvas.restoreState()
