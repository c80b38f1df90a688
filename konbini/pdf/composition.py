"""What a finished, unsigned document may be made of: a closed list of dictionaries, their keys, and streams.

Everything that a reader could print from is met here on the way from the trailer to the last stream, and whatever is
not of our form refuses: another key anywhere on that way, an annotation beside the empty signature field, an optional
content group, an action, a font of another type, an image decoded otherwise. Each content stream is then read line
by line and compared with what the page paints, each picture with its samples, each embedded glyph with its face's.
What is left to compare, what each page writes and where, is returned.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from konbini.pdf.archive import SIGNATURE_FIELD
from konbini.pdf.content import ROUNDING, Act, Line, alike, read_lines
from konbini.pdf.embedded_fonts import FontReading
from konbini.pdf.entries import (
    STREAM,
    check_values,
    mismatch,
    take_content,
    take_dictionary,
    take_list,
    take_stream,
)
from konbini.pdf.file_structure import Dictionary, File, Reference, Stream, Value
from konbini.pdf.forms import copy_evident
from konbini.pdf.forms.expected_acts import ExpectedActs
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.pdf.originals import Originals, digest_of
from konbini.pdf.picture import Picture
from konbini.pdf.shell_reading import CATALOGUE
from konbini.pdf.written_text import Piece

__all__ = ["Composition"]

_PAGE: Final = frozenset(("/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"))
_FIELD: Final = frozenset(("/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/P"))
_FORM: Final = STREAM | {"/Type", "/Subtype", "/BBox", "/Resources"}
_PRINTED_AND_LOCKED: Final = 4 | 128
_PICTURES_OF_PARTS: Final = ("Seal",)
"""What every part of a form has among its resources, whether it places it or not: the parts share theirs."""


class Writing:
    """What a part of a form writes, wherever on a page it is placed.

    Args:
        pieces: as the part itself has them.
    """

    __slots__ = ("_moved",)

    def __init__(self, pieces: tuple[Piece, ...] = ()) -> None:
        self._moved = {0.0: pieces}

    def moved(self, up: float) -> tuple[Piece, ...]:
        """Return it further up the page; a form has few places for a part, and who asks has compared them."""
        found = self._moved.get(up)
        if found is None:
            found = self._moved[up] = tuple(piece.moved(up) for piece in self._moved[0.0])
        return found


_NOTHING: Final = Writing()


class ReadPart(NamedTuple):
    """A part of a form as it was read: what it paints beside its text, as it is due, its pictures, what it writes."""

    acts: tuple[Line, ...]
    pictures: tuple[str, ...]
    writing: Writing


class Composition:
    """What one document is made of; a font or part that several pages share is looked at once.

    Args:
        file: the document.
        originals: the faces that it may be written in.
    """

    __slots__ = ("_file", "_fonts", "_originals", "_parts", "_writing")

    def __init__(self, file: File, originals: Originals) -> None:
        self._file = file
        self._originals = originals
        self._fonts = FontReading(file, originals)
        self._writing: dict[tuple[str, Value], Writing] = {}  # of a part or a picture that was looked at
        self._parts: dict[bytes, ReadPart] = {}

    def check(self, pages: Sequence[ExpectedActs]) -> list[tuple[Piece, ...]]:
        """Compare it with the form.

        Args:
            pages: what each page paints.

        Returns:
            For each page what it writes, in the order of painting.

        Raises:
            Refused: `PAGE_MISMATCH`, naming the place, never what stands there.
        """
        try:
            return self._check(pages)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise mismatch("the document is not made as the form is") from error

    def keep(self) -> None:
        """Remember the form's own fonts and parts as they were read: the document as a whole was found right."""
        self._originals.form_fonts.add(self._fonts.of_form)
        self._originals.form_parts.add(self._parts)

    def _check(self, pages: Sequence[ExpectedActs]) -> list[tuple[Piece, ...]]:
        root = take_dictionary(self._file.of(self._file.trailer["/Root"]), CATALOGUE, "catalogue")
        tree = take_dictionary(self._file.of(root["/Pages"]), frozenset(("/Type", "/Kids", "/Count")), "page tree")
        kids = take_list(tree["/Kids"], "page tree")
        if len(kids) != len(pages):
            raise mismatch(f"{len(kids)} pages, {len(pages)} due")
        check_values(tree, {"Type": "/Pages", "Count": len(pages)}, "page tree")
        if len(set(map(_reference, kids))) != len(kids):
            raise mismatch("page tree: a page twice")
        written = [self._page(kids[index], root["/Pages"], due, index) for index, due in enumerate(pages)]
        self._field(root, kids[0])
        return written

    def _field(self, root: Dictionary, page: Value) -> None:
        """Allow the one empty signature field, of no size and without an appearance, and nothing else to fill in."""
        where = "signature field"
        entry = take_dictionary(root["/AcroForm"], frozenset(("/Fields", "/SigFlags")), where)
        fields = take_list(entry["/Fields"], where)
        first = self._file.of(page)
        if not isinstance(first, dict) or len(fields) != 1 or first["/Annots"] != fields:
            raise mismatch(f"{where}: an annotation or a field beside it")
        field = take_dictionary(self._file.of(_reference(fields[0])), _FIELD, where)
        values = {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": SIGNATURE_FIELD.encode(),
            "F": _PRINTED_AND_LOCKED,
            "Rect": [0, 0, 0, 0],
        }
        check_values(field, values, where)
        if field["/P"] != page:
            raise mismatch(f"{where}: of another page")

    def _page(self, kid: Value, tree: Value, due: ExpectedActs, index: int) -> tuple[Piece, ...]:
        where = f"page {index + 1}"
        page = take_dictionary(self._file.of(kid), _PAGE | ({"/Annots"} if index == 0 else set()), where)
        check_values(page, {"Type": "/Page", "Parent": tree}, where)
        _is_a4(page["/MediaBox"], where)
        placed = {line.resource for line in due.places}
        fonts, objects = _resources(page, placed, where)
        content = take_content(take_stream(self._file.of(page["/Contents"]), STREAM, where), where)
        lines = read_lines(content, self._fonts.named(fonts, "V", where), where)
        places, texts = lines[: len(due.places)], lines[len(due.places) :]
        _compare(places, due.places, where)
        if any(line.act is not Act.TEXT for line in texts):
            raise mismatch(f"{where}: something painted beside its text and parts")
        named = {name: self._object(name, objects[f"/{name}"], due, f"{where}, {name}") for name in sorted(placed)}
        return (
            *(piece for line in places for piece in named[line.resource].moved(_up(line))),
            *(piece for line in texts for piece in line.pieces),
        )

    def _object(self, name: str, reference: Value, due: ExpectedActs, where: str) -> Writing:
        """Compare what a page places by one name, a part of the form or a picture, and return what it writes."""
        known = self._writing.get((name, _reference(reference)))
        if known is None:
            known = self._writing[name, reference] = self._placed(name, self._file.of(reference), due, where)
        return known

    def _placed(self, name: str, found: Value, due: ExpectedActs, where: str) -> Writing:
        if name == copy_evident.RESOURCE:
            self._pattern(found, due.parts[name], where)
        elif name in due.parts:
            return self._part(found, due.parts[name], due, where)
        else:
            _check_picture(found, due.pictures[name], where)
        return _NOTHING

    def _part(self, part: Value, acts: tuple[Line, ...], due: ExpectedActs, where: str) -> Writing:
        part = _take_part(part, where)
        fonts, pictures = _resources(part.entries, _PICTURES_OF_PARTS, where)
        read = self._read_part(part, fonts, acts, where)
        for name in read.pictures:
            _check_picture(self._file.of(pictures[f"/{name}"]), due.pictures[name], f"{where}, {name}")
        return read.writing

    def _read_part(self, part: Stream, fonts: Value, acts: tuple[Line, ...], where: str) -> ReadPart:
        """Read a part and compare it, or take it as it was read in an earlier document.

        It must be the same byte for byte and font for font, and have been compared with the same acts.
        """
        named = self._fonts.named(fonts, "L", where)
        marks = (part.data, *(f"{name} {font.mark.hex()}".encode() for name, font in sorted(named.items())))
        mark = digest_of(marks)
        read = self._originals.form_parts.get(mark)
        if read is None or read.acts != acts:
            read = self._parts[mark] = _compared(read_lines(take_content(part, where), named, where), acts, where)
        return read

    def _pattern(self, part: Value, due: Sequence[Line], where: str) -> None:
        """Compare the copy-evident pattern: its pictures and nothing else, none of them under another's name."""
        part = _take_part(part, where)
        named = {one.resource: one.picture for one in copy_evident.placed()}
        resources = take_dictionary(part.entries["/Resources"], frozenset(("/XObject",)), where)
        pictures = take_dictionary(resources["/XObject"], frozenset(f"/{name}" for name in named), where)
        _compare(read_lines(take_content(part, where), {}, where), due, where)
        for name, picture in named.items():
            _check_picture(self._file.of(pictures[f"/{name}"]), picture, f"{where}, {name}")


def _reference(value: Value) -> Reference:
    if not isinstance(value, Reference):
        raise TypeError("an entry that is not an object of its own")
    return value


def _compared(lines: Sequence[Line], acts: tuple[Line, ...], where: str) -> ReadPart:
    """Compare what a part paints beside its text with what is due."""
    _compare([line for line in lines if line.act not in (Act.TEXT, Act.LABEL)], acts, where)
    if acts[0].act is Act.MARK and lines[0].act is not Act.MARK:
        raise mismatch(f"{where}: the mark of a specimen over other things")
    pictures = sorted({line.resource for line in acts if line.act is Act.PICTURE})
    return ReadPart(acts, tuple(pictures), Writing(tuple(piece for line in lines for piece in line.pieces)))


def _up(line: Line) -> float:
    """Return how far a line moves what it places; a picture writes nothing."""
    return line.numbers[0] if line.act is Act.PLACE else 0.0


def _take_part(part: Value, where: str) -> Stream:
    """Return a form XObject as wide and as high as the page, with no entry beside its own."""
    part = take_stream(part, _FORM, where)
    check_values(part.entries, {"Type": "/XObject", "Subtype": "/Form"}, where)
    _is_a4(part.entries["/BBox"], where)
    return part


def _check_picture(image: Value, picture: Picture, where: str) -> None:
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
    image = take_stream(image, frozenset(keys), where)
    check_values(image.entries, values, where)
    ways = {"Predictor": 15, "Colors": 1, "BitsPerComponent": picture.bits, "Columns": picture.width}
    decoding = take_dictionary(image.entries["/DecodeParms"], frozenset(f"/{name}" for name in ways), where)
    check_values(decoding, ways, where)
    if image.data != picture.rows:
        raise mismatch(f"{where}: another picture")


def _resources(holder: Dictionary, objects: Collection[str], where: str) -> tuple[Value, Dictionary]:
    """Return a stream's fonts, and its XObjects, which have these names and no other."""
    resources = take_dictionary(holder["/Resources"], frozenset(("/Font", "/XObject")), where)
    return resources["/Font"], take_dictionary(resources["/XObject"], frozenset(f"/{name}" for name in objects), where)


def _is_a4(box: Value, where: str) -> None:
    wanted = (0.0, 0.0, A4_WIDTH, A4_HEIGHT)
    edges = take_list(box, where)
    if len(edges) != len(wanted) or not all(map(_is_near, edges, wanted)):
        raise mismatch(f"{where}: not A4")


def _is_near(edge: Value, wanted: float) -> bool:
    return isinstance(edge, int | float) and abs(edge - wanted) <= ROUNDING


def _compare(lines: Sequence[Line], due: Sequence[Line], where: str) -> None:
    for place, (line, wanted) in enumerate(zip(lines, due, strict=False), 1):
        if not alike(line, wanted):
            raise mismatch(f"{where}: {wanted.act.name.lower()} {place} is not the form's")
    if len(lines) != len(due):
        raise mismatch(f"{where}: {len(lines)} things painted, {len(due)} due")
