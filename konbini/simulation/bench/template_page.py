"""pikepdf: a template page with everything that does not change and one shared font, opened and completed each time.

The font holds the characters of JIS X 0208 and those of the documents, embedded once in the template; a document gets
one more content stream with its values, and carries the whole font. The template is one of our own documents without
its values, so that the form's shapes are the same.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Final

import pikepdf

from konbini.pdf.fonts import Subset
from konbini.pdf.objects import ONCE, Revision
from konbini.simulation.bench.codes import draw_code
from konbini.simulation.bench.material import Document, Material

__all__ = ["TemplatePage"]

_HALF: Final = range(0xA1, 0xFF)


class TemplatePage:
    """One template for all documents."""

    name: Final = "pikepdf"

    def __init__(self, material: Material) -> None:
        self._codes, font = _shared_font(material)
        self._template = _template(material, font)
        self._signer = material.peer_signer()
        self._moment = material.moment

    def make(self, document: Document) -> bytes:
        """Open the template, add the values, save, sign."""
        out = BytesIO()
        with pikepdf.open(BytesIO(self._template)) as pdf:
            page = pdf.pages[0]
            page.Resources.XObject.Code = _code(pdf, document.seals[0])
            page.contents_add(pdf.make_stream(self._values(document).encode()))
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True)
        return self._signer.sign(out.getvalue(), self._moment)

    def _values(self, document: Document) -> str:
        codes, place = self._codes, document.page.code
        code = f"\nq {place.across} 0 0 {place.high} {place.left} {place.bottom} cm /Code Do Q"
        texts = "\n".join(
            f"BT /V {text.size} Tf 1 0 0 1 {text.left} {text.baseline} Tm "
            f"<{''.join([codes[character] for character in text.text])}> Tj ET"
            for text in document.page.values
        )
        return texts + code


def _code(pdf: pikepdf.Pdf, seal: bytes) -> pikepdf.Stream:
    """Draw the code as a grey image, a module a sample."""
    edge, samples = draw_code(seal)
    return pdf.make_stream(
        zlib.compress(samples, 1),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=edge,
        Height=edge,
        BitsPerComponent=8,
        ColorSpace=pikepdf.Name.DeviceGray,
        Filter=pikepdf.Name.FlateDecode,
    )


def _shared_font(material: Material) -> tuple[dict[str, str], bytes]:
    """Return each character's code, and a file of one page that holds the font."""
    found = {bytes((first, second)).decode("euc_jp", "ignore") for first in _HALF for second in _HALF}
    found |= {chr(point) for point in range(0x20, 0x7F)}
    for document in material.documents:
        found |= {character for shape in document.page.values for character in shape.text}
    characters = sorted(character for character in found if len(character) == 1)
    subset, revision = Subset(material.typeface, "SHARED"), Revision()
    codes = {character: subset.runs(character)[0][1] for character in characters}
    fonts, tree = subset.write(revision, "V", level=ONCE), revision.reserve()
    page = revision.add(f"<< /Type /Page /Parent {tree} /MediaBox [0 0 9 9] /Resources << /Font << {fonts} >> >> >>")
    revision.put(tree, f"<< /Type /Pages /Kids [{page}] /Count 1 >>")
    root = revision.add(f"<< /Type /Catalog /Pages {tree} >>")
    return codes, revision.to_file(root=root, identity=bytes(16))


def _template(material: Material, font: bytes) -> bytes:
    """Take the values and their font out of a document of ours and put the shared font in."""
    first, out = material.documents[0], BytesIO()
    drawn = material.form.draw(first.facts, binding=first.binding, seals=first.seals)
    with pikepdf.open(BytesIO(drawn)) as pdf, pikepdf.open(BytesIO(font)) as shared:
        page = pdf.pages[0]
        lines = page.Contents.read_bytes().split(b"\n")
        page.Contents = pdf.make_stream(b"\n".join(line for line in lines if _is_static(line)))
        page.Resources.Font.V = pdf.copy_foreign(shared.pages[0].Resources.Font.V)
        del page.Annots
        del pdf.Root.AcroForm
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def _is_static(line: bytes) -> bool:
    return line.endswith(b"Do Q") and b"/Code" not in line
