"""What a finished, unsigned document may be made of: a closed list of dictionaries, their keys, and streams.

Everything that a reader could print from is met here on the way from the trailer to the last stream, and whatever is
not of our form refuses: another key anywhere on that way, an annotation beside the empty signature field, an optional
content group, an action, a font of another type, an image decoded otherwise. Each content stream is then read line
by line and compared with what the page paints. Limit: the outlines inside an embedded font are not compared.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.archive import SIGNATURE_FIELD
from konbini.pdf.content import ROUNDING, Act, Line, alike, read_lines
from konbini.pdf.fonts import sequences, text_map
from konbini.pdf.forms.expected_acts import ExpectedActs
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused

__all__ = ["check_composition"]

_MOST_BYTES: Final = 4 << 20  # a stream, decoded
_WIDEST: Final = 2000  # thousandths of an em
_STREAM: Final = frozenset(("/Length", "/Filter"))
_ONE_TABLE: Final = re.compile(rb"startxref\s+([0-9]{1,9})\s+%%EOF\s*\Z")
_CATALOGUE: Final = frozenset(
    ("/Type", "/Pages", "/Lang", "/Metadata", "/ViewerPreferences", "/OutputIntents", "/AcroForm", "/PieceInfo")
)
_PAGE: Final = frozenset(("/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"))
_FIELD: Final = frozenset(("/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/P"))
_FORM: Final = _STREAM | {"/Type", "/Subtype", "/BBox", "/Resources"}
_FONT: Final = frozenset(("/Type", "/Subtype", "/BaseFont", "/Encoding", "/DescendantFonts", "/ToUnicode"))
_DESCENDANT: Final = frozenset(
    ("/Type", "/Subtype", "/BaseFont", "/CIDSystemInfo", "/FontDescriptor", "/DW", "/W", "/CIDToGIDMap")
)
_DESCRIPTOR: Final = frozenset(
    (
        *("/Type", "/FontName", "/Flags", "/FontBBox", "/ItalicAngle", "/Ascent", "/Descent", "/CapHeight"),
        *("/StemV", "/FontFile2"),
    )
)
_MAPPED: Final = re.compile(r"^<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>$", re.MULTILINE)


def check_composition(pdf: bytes, parsed: PdfFileReader, pages: Sequence[ExpectedActs], template: Template) -> None:
    """Compare what a document is made of with the form.

    Args:
        pdf: the whole file.
        parsed: the same file, read.
        pages: what each page paints.
        template: the form that the facts name.

    Raises:
        Refused: `PAGE_MISMATCH`, naming the place, never what stands there.
    """
    try:
        _Composition(parsed, template).check(pdf, pages)
    except (PdfError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _mismatch("the document is not made as the form is") from error


def _mismatch(where: str) -> Refused:
    return Refused(Code.PAGE_MISMATCH, where)


def _only(holder: generic.PdfObject, keys: frozenset[str], where: str) -> generic.DictionaryObject:
    """Return a dictionary that has these keys, all of them and no other."""
    if not isinstance(holder, generic.DictionaryObject) or frozenset(holder.keys()) != keys:
        raise _mismatch(f"{where}: other entries than the form's")
    return holder


def _fixed(holder: generic.DictionaryObject, where: str, **values: object) -> None:
    """Refuse a dictionary whose entries of these names have other values."""
    for name, value in values.items():
        if holder[f"/{name}"] != value:
            raise _mismatch(f"{where}: another {name}")


def _content(stream: generic.PdfObject, where: str) -> bytes:
    """Decode a stream: one deflated whole, of bounded length."""
    if not isinstance(stream, generic.StreamObject) or stream["/Filter"] != "/FlateDecode":
        raise _mismatch(f"{where}: not a deflated stream")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream.encoded_data, _MOST_BYTES)
    except zlib.error as error:
        raise _mismatch(f"{where}: a damaged stream") from error
    if not inflater.eof or inflater.unused_data.strip():
        raise _mismatch(f"{where}: a stream cut short, too long, or with something behind it")
    return content


class _Composition:
    """One reading; a font or part that several pages share is looked at once."""

    __slots__ = ("_codes", "_parsed", "_seen", "_template")

    def __init__(self, parsed: PdfFileReader, template: Template) -> None:
        self._parsed = parsed
        self._template = template
        self._codes: dict[generic.Reference, int] = {}
        self._seen: set[tuple[str, generic.Reference]] = set()

    def check(self, pdf: bytes, pages: Sequence[ExpectedActs]) -> None:
        if pdf.count(b"startxref") != 1:
            raise _mismatch("not of one revision")
        table = _ONE_TABLE.search(pdf)
        if table is None or not pdf.startswith(b"xref", int(table[1])):
            raise _mismatch("not of one cross-reference table at its end")
        if frozenset(self._parsed.trailer.flatten()) != {"/Size", "/Root", "/ID"}:
            raise _mismatch("trailer: other entries than the form's")
        root = _only(self._parsed.root, _CATALOGUE, "catalogue")
        tree = _only(root["/Pages"], frozenset(("/Type", "/Kids", "/Count")), "page tree")
        kids = tree["/Kids"]
        if len(kids) != len(pages):
            raise _mismatch(f"{len(kids)} pages, {len(pages)} due")
        for index, due in enumerate(pages):
            self._page(kids[index], due, index)
        self._field(root, kids.raw_get(0).reference, kids[0]["/Annots"])

    def _field(self, root: generic.DictionaryObject, page: generic.Reference, annotations: generic.ArrayObject) -> None:
        """Allow the one empty signature field, of no size and without an appearance, and nothing else to fill in."""
        where = "signature field"
        entry = _only(root["/AcroForm"], frozenset(("/Fields", "/SigFlags")), where)
        fields = entry["/Fields"]
        if len(fields) != 1 or len(annotations) != 1 or fields.raw_get(0) != annotations.raw_get(0):
            raise _mismatch(f"{where}: an annotation or a field beside it")
        field = _only(fields[0], _FIELD, where)
        _fixed(field, where, Subtype="/Widget", FT="/Sig", T=SIGNATURE_FIELD, Rect=[0, 0, 0, 0])
        if field.raw_get("/P").reference != page:
            raise _mismatch(f"{where}: of another page")

    def _page(self, page: generic.PdfObject, due: ExpectedActs, index: int) -> None:
        where = f"page {index + 1}"
        page = _only(page, _PAGE | ({"/Annots"} if index == 0 else set()), where)
        _fixed(page, where, Type="/Page")
        _is_a4(page["/MediaBox"], where)
        fonts, parts = _resources(page, "/V", frozenset(due.parts), where)
        content = _content(_only(page["/Contents"], _STREAM, where), where)
        lines = read_lines(content, self._font(fonts.raw_get("/V"), where), where)
        _compare(lines[: len(due.places)], due.places, where)
        if any((line.act, line.resource) != (Act.TEXT, "V") for line in lines[len(due.places) :]):
            raise _mismatch(f"{where}: something painted beside its text and parts")
        for name, acts in due.parts.items():
            reference = parts.raw_get(f"/{name}").reference
            if (name, reference) not in self._seen:
                self._part(parts[f"/{name}"], acts, f"{where}, {name}")
                self._seen.add((name, reference))

    def _part(self, part: generic.PdfObject, due: tuple[Line, ...], where: str) -> None:
        part = _only(part, _FORM, where)
        _fixed(part, where, Type="/XObject", Subtype="/Form")
        _is_a4(part["/BBox"], where)
        sheet = any(line.act is Act.PICTURE for line in due)
        fonts, pictures = _resources(part, "/L", frozenset(("Seal",)), where)
        lines = read_lines(_content(part, where), self._font(fonts.raw_get("/L"), where), where)
        if any(line.act in (Act.TEXT, Act.LABEL) and line.resource != "L" for line in lines):
            raise _mismatch(f"{where}: another font")
        painted = [line for line in lines if line.act not in (Act.TEXT, Act.LABEL)]
        _compare(painted, due, where)
        if due[0].act is Act.MARK and lines[0].act is not Act.MARK:
            raise _mismatch(f"{where}: the mark of a specimen over other things")
        if sheet:
            self._seal(pictures["/Seal"], where)

    def _seal(self, image: generic.PdfObject, where: str) -> None:
        """Compare how the picture of the seal is decoded; its samples are compared where it is seen."""
        where, picture = f"{where}, official seal", self._template.seal.picture
        values: dict[str, object] = {
            "Type": "/XObject",
            "Subtype": "/Image",
            "Width": picture.width,
            "Height": picture.height,
            "BitsPerComponent": picture.bits,
            "ColorSpace": "/DeviceGray",
            "Interpolate": False,
            "Filter": "/FlateDecode",
        }
        keys = {f"/{name}" for name in values} | {"/Length", "/DecodeParms"}
        image = _only(image, frozenset(keys), where)
        _fixed(image, where, **values)
        ways: dict[str, object] = {
            "Predictor": 15,
            "Colors": 1,
            "BitsPerComponent": picture.bits,
            "Columns": picture.width,
        }
        _fixed(_only(image["/DecodeParms"], frozenset(f"/{name}" for name in ways), where), where, **ways)

    def _font(self, indirect: generic.IndirectObject, where: str) -> int:
        """Return how many codes a font has, each mapped to text, from 1 on."""
        reference = indirect.reference
        if reference not in self._codes:
            self._codes[reference] = _codes(_only(reference.get_object(), _FONT, f"{where}, font"), f"{where}, font")
        return self._codes[reference]


def _codes(font: generic.DictionaryObject, where: str) -> int:
    _fixed(font, where, Type="/Font", Subtype="/Type0", Encoding="/Identity-H")
    descendants = font["/DescendantFonts"]
    if len(descendants) != 1:
        raise _mismatch(f"{where}: more than one descendant")
    below = _only(descendants[0], _DESCENDANT, where)
    _fixed(below, where, Type="/Font", Subtype="/CIDFontType2", DW=1000)
    descriptor = _only(below["/FontDescriptor"], _DESCRIPTOR, where)
    _content(_only(descriptor["/FontFile2"], _STREAM | {"/Length1"}, where), where)
    mapped = _content(_only(font["/ToUnicode"], _STREAM, where), where).decode("ascii")
    found = [bytes.fromhex(text).decode("utf-16-be") for code, text in _MAPPED.findall(mapped) if code != "0000"]
    if mapped != text_map(found) or len(set(found)) != len(found) or any(len(sequences(text)) != 1 for text in found):
        raise _mismatch(f"{where}: a text map not as the form writes it")
    places = _content(_only(below["/CIDToGIDMap"], _STREAM, where), where)
    first, widths = below["/W"]
    if len(places) != 2 * len(found) + 2 or first != 1 or len(widths) != len(found):
        raise _mismatch(f"{where}: maps of different length")
    if not all(isinstance(width, int) and 0 <= width <= _WIDEST for width in widths):
        raise _mismatch(f"{where}: widths that no character has")
    return len(found)


def _resources(
    holder: generic.DictionaryObject, font: str, parts: frozenset[str], where: str
) -> tuple[generic.DictionaryObject, generic.DictionaryObject]:
    resources = _only(holder["/Resources"], frozenset(("/Font", "/XObject")), where)
    fonts = _only(resources["/Font"], frozenset((font,)), where)
    return fonts, _only(resources["/XObject"], frozenset(f"/{name}" for name in parts), where)


def _is_a4(box: generic.ArrayObject, where: str) -> None:
    wanted = (0.0, 0.0, A4_WIDTH, A4_HEIGHT)
    edges = [float(edge) for edge in box]
    if len(edges) != len(wanted) or any(abs(one - other) > ROUNDING for one, other in zip(edges, wanted, strict=True)):
        raise _mismatch(f"{where}: not A4")


def _compare(lines: Sequence[Line], due: Sequence[Line], where: str) -> None:
    for place, (line, wanted) in enumerate(zip(lines, due, strict=False), 1):
        if not alike(line, wanted):
            raise _mismatch(f"{where}: {wanted.act.name.lower()} {place} is not the form's")
    if len(lines) != len(due):
        raise _mismatch(f"{where}: {len(lines)} things painted, {len(due)} due")
