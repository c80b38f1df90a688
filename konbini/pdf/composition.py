"""What a finished, unsigned document may be made of: a closed list of dictionaries, their keys, and streams.

Everything that a reader could print from is met here on the way from the trailer to the last stream, and whatever is
not of our form refuses: another key anywhere on that way, an annotation beside the empty signature field, an optional
content group, an action, a font of another type, an image decoded otherwise. Each content stream is then read line
by line and compared with what the page paints, each picture with its samples, each embedded glyph with its face's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.archive import SIGNATURE_FIELD
from konbini.pdf.content import ROUNDING, Act, Line, alike, read_lines
from konbini.pdf.embedded_fonts import FontReading
from konbini.pdf.entries import STREAM, check_values, mismatch, take_content, take_dictionary
from konbini.pdf.forms import copy_evident
from konbini.pdf.forms.expected_acts import ExpectedActs
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.pdf.originals import Originals
from konbini.pdf.picture import Picture

__all__ = ["check_composition"]

_ONE_TABLE: Final = re.compile(rb"startxref\s+([0-9]{1,9})\s+%%EOF\s*\Z")
_CATALOGUE: Final = frozenset(
    ("/Type", "/Pages", "/Lang", "/Metadata", "/ViewerPreferences", "/OutputIntents", "/AcroForm", "/PieceInfo")
)
_PAGE: Final = frozenset(("/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"))
_FIELD: Final = frozenset(("/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/P"))
_FORM: Final = STREAM | {"/Type", "/Subtype", "/BBox", "/Resources"}
_PICTURES_OF_PARTS: Final = ("Seal",)
"""What every part of a form has among its resources, whether it places it or not: the parts share theirs."""


def check_composition(pdf: bytes, parsed: PdfFileReader, pages: Sequence[ExpectedActs], originals: Originals) -> None:
    """Compare what a document is made of with the form.

    Args:
        pdf: the whole file.
        parsed: the same file, read.
        pages: what each page paints.
        originals: the faces that it may be written in.

    Raises:
        Refused: `PAGE_MISMATCH`, naming the place, never what stands there.
    """
    try:
        _Composition(parsed, originals).check(pdf, pages)
    except (PdfError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise mismatch("the document is not made as the form is") from error


class _Composition:
    """One reading; a font or part that several pages share is looked at once."""

    __slots__ = ("_fonts", "_parsed", "_seen")

    def __init__(self, parsed: PdfFileReader, originals: Originals) -> None:
        self._parsed = parsed
        self._fonts = FontReading(originals)
        self._seen: set[tuple[str, generic.Reference]] = set()

    def check(self, pdf: bytes, pages: Sequence[ExpectedActs]) -> None:
        if pdf.count(b"startxref") != 1:
            raise mismatch("not of one revision")
        table = _ONE_TABLE.search(pdf)
        if table is None or not pdf.startswith(b"xref", int(table[1])):
            raise mismatch("not of one cross-reference table at its end")
        if frozenset(self._parsed.trailer.flatten()) != {"/Size", "/Root", "/ID"}:
            raise mismatch("trailer: other entries than the form's")
        root = take_dictionary(self._parsed.root, _CATALOGUE, "catalogue")
        tree = take_dictionary(root["/Pages"], frozenset(("/Type", "/Kids", "/Count")), "page tree")
        kids = tree["/Kids"]
        if len(kids) != len(pages):
            raise mismatch(f"{len(kids)} pages, {len(pages)} due")
        for index, due in enumerate(pages):
            self._page(kids[index], due, index)
        self._field(root, kids.raw_get(0).reference, kids[0]["/Annots"])

    def _field(self, root: generic.DictionaryObject, page: generic.Reference, annotations: generic.ArrayObject) -> None:
        """Allow the one empty signature field, of no size and without an appearance, and nothing else to fill in."""
        where = "signature field"
        entry = take_dictionary(root["/AcroForm"], frozenset(("/Fields", "/SigFlags")), where)
        fields = entry["/Fields"]
        if len(fields) != 1 or len(annotations) != 1 or fields.raw_get(0) != annotations.raw_get(0):
            raise mismatch(f"{where}: an annotation or a field beside it")
        field = take_dictionary(fields[0], _FIELD, where)
        values = {"Subtype": "/Widget", "FT": "/Sig", "T": SIGNATURE_FIELD, "Rect": [0, 0, 0, 0]}
        check_values(field, values, where)
        if field.raw_get("/P").reference != page:
            raise mismatch(f"{where}: of another page")

    def _page(self, page: generic.PdfObject, due: ExpectedActs, index: int) -> None:
        where = f"page {index + 1}"
        page = take_dictionary(page, _PAGE | ({"/Annots"} if index == 0 else set()), where)
        check_values(page, {"Type": "/Page"}, where)
        _is_a4(page["/MediaBox"], where)
        placed = {line.resource for line in due.places}
        fonts, objects = _resources(page, placed, where)
        content = take_content(take_dictionary(page["/Contents"], STREAM, where), where)
        lines = read_lines(content, self._fonts.codes(fonts, "V", where), where)
        _compare(lines[: len(due.places)], due.places, where)
        if any(line.act is not Act.TEXT for line in lines[len(due.places) :]):
            raise mismatch(f"{where}: something painted beside its text and parts")
        for name in sorted(placed):
            reference = objects.raw_get(f"/{name}").reference
            if (name, reference) not in self._seen:
                self._object(name, reference.get_object(), due, f"{where}, {name}")
                self._seen.add((name, reference))

    def _object(self, name: str, found: generic.PdfObject, due: ExpectedActs, where: str) -> None:
        """Compare what a page places by one name: a part of the form, or a picture."""
        if name == copy_evident.RESOURCE:
            _check_pattern(found, due.parts[name], where)
        elif name in due.parts:
            self._part(found, due.parts[name], due, where)
        else:
            _check_picture(found, due.pictures[name], where)

    def _part(self, part: generic.PdfObject, acts: tuple[Line, ...], due: ExpectedActs, where: str) -> None:
        part = _take_part(part, where)
        fonts, pictures = _resources(part, _PICTURES_OF_PARTS, where)
        lines = read_lines(take_content(part, where), self._fonts.codes(fonts, "L", where), where)
        painted = [line for line in lines if line.act not in (Act.TEXT, Act.LABEL)]
        _compare(painted, acts, where)
        if acts[0].act is Act.MARK and lines[0].act is not Act.MARK:
            raise mismatch(f"{where}: the mark of a specimen over other things")
        for name in sorted({line.resource for line in acts if line.act is Act.PICTURE}):
            _check_picture(pictures[f"/{name}"], due.pictures[name], f"{where}, {name}")


def _take_part(part: generic.PdfObject, where: str) -> generic.DictionaryObject:
    """Return a form XObject as wide and as high as the page, with no entry beside its own."""
    part = take_dictionary(part, _FORM, where)
    check_values(part, {"Type": "/XObject", "Subtype": "/Form"}, where)
    _is_a4(part["/BBox"], where)
    return part


def _check_pattern(part: generic.PdfObject, due: Sequence[Line], where: str) -> None:
    """Compare the copy-evident pattern: its pictures and nothing else, none of them under another's name."""
    part = _take_part(part, where)
    named = {one.resource: one.picture for one in copy_evident.placed()}
    resources = take_dictionary(part["/Resources"], frozenset(("/XObject",)), where)
    pictures = take_dictionary(resources["/XObject"], frozenset(f"/{name}" for name in named), where)
    _compare(read_lines(take_content(part, where), {}, where), due, where)
    for name, picture in named.items():
        _check_picture(pictures[f"/{name}"], picture, f"{where}, {name}")


def _check_picture(image: generic.PdfObject, picture: Picture, where: str) -> None:
    """Compare how an image is decoded, and its samples as they stand in the file."""
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
    image = take_dictionary(image, frozenset(keys), where)
    check_values(image, values, where)
    ways = {"Predictor": 15, "Colors": 1, "BitsPerComponent": picture.bits, "Columns": picture.width}
    decoding = take_dictionary(image["/DecodeParms"], frozenset(f"/{name}" for name in ways), where)
    check_values(decoding, ways, where)
    if not isinstance(image, generic.StreamObject) or image.encoded_data != picture.rows:
        raise mismatch(f"{where}: another picture")


def _resources(
    holder: generic.DictionaryObject, objects: Collection[str], where: str
) -> tuple[generic.PdfObject, generic.DictionaryObject]:
    """Return a stream's fonts, and its XObjects, which have these names and no other."""
    resources = take_dictionary(holder["/Resources"], frozenset(("/Font", "/XObject")), where)
    return resources["/Font"], take_dictionary(resources["/XObject"], frozenset(f"/{name}" for name in objects), where)


def _is_a4(box: generic.ArrayObject, where: str) -> None:
    wanted = (0.0, 0.0, A4_WIDTH, A4_HEIGHT)
    edges = [float(edge) for edge in box]
    if len(edges) != len(wanted) or any(abs(one - other) > ROUNDING for one, other in zip(edges, wanted, strict=True)):
        raise mismatch(f"{where}: not A4")


def _compare(lines: Sequence[Line], due: Sequence[Line], where: str) -> None:
    for place, (line, wanted) in enumerate(zip(lines, due, strict=False), 1):
        if not alike(line, wanted):
            raise mismatch(f"{where}: {wanted.act.name.lower()} {place} is not the form's")
    if len(lines) != len(due):
        raise mismatch(f"{where}: {len(lines)} things painted, {len(due)} due")
