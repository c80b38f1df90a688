"""The faces that certificates are drawn with, and the subset of one face that one document carries.

A character on a certificate is a *sequence*: a base character, or a base character and a variation selector
(Unicode 3.2's FE00-FE0F, ideographic E0100-E01EF). Invariants: each sequence has a glyph of its own face or the
drawing refuses; nothing is shaped, substituted or taken from another face; each sequence has a code of its own in
the document, so that the text read back from the paper is the text that was drawn, selector included.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import uharfbuzz as hb  # type: ignore[import-untyped]  # it ships no types

from konbini.pdf.characters import code_points, is_printable, sequences, text_map
from konbini.pdf.objects import ObjectId, Revision, StreamBody
from konbini.protocol.errors import Code, Refused

__all__ = ["Subset", "Typeface"]

_TABLES_FOR_READERS_OF_TEXT: Final = (
    *("BASE", "GDEF", "GPOS", "GSUB", "OS/2", "cmap", "gasp", "name", "post", "vhea", "vmtx"),
)


class Typeface:
    """One font file (TrueType outlines), read and prepared for subsetting once, at start.

    Args:
        path: the font file.
        name: its PostScript name, as it shall stand in documents.
    """

    __slots__ = ("_face", "_font", "_known", "_source", "ascent", "box", "descent", "name", "path", "units")

    def __init__(self, path: Path, name: str) -> None:
        self._source = hb.Face(hb.Blob.from_file_path(str(path)))  # the prepared face points into its memory
        self._face = hb.subset_preprocess(self._source)
        self._font = hb.Font(self._source)
        self._known: dict[str, tuple[int, int]] = {}  # bounded by the face: only what was found is kept
        self.path = path
        self.name = name
        self.units = int(self._source.upem)
        head = self._source.reference_table("head").data
        self.box: tuple[int, ...] = tuple(self.scaled(edge) for edge in struct.unpack(">4h", head[36:44]))
        extents = self._font.get_font_extents("ltr")
        self.ascent, self.descent = self.scaled(extents.ascender), self.scaled(extents.descender)

    def scaled(self, units: int) -> int:
        """Turn font units into thousandths of an em."""
        return round(units * 1000 / self.units)

    def glyph(self, sequence: str) -> int:
        """Return the glyph of one sequence.

        Raises:
            Refused: `GLYPH_MISSING`, naming the code points.
        """
        return self._of(sequence)[0]

    def advance(self, sequence: str) -> int:
        """Return the width of one sequence in thousandths of an em.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return self._of(sequence)[1]

    def _of(self, sequence: str) -> tuple[int, int]:
        known = self._known.get(sequence)
        if known is None:
            glyph = self._look_up(sequence)
            known = self._known[sequence] = (glyph, self.scaled(self._font.get_glyph_h_advance(glyph)))
        return known

    def _look_up(self, sequence: str) -> int:
        base, selector = sequence[0], sequence[1:]
        found: int | None = None
        if is_printable(base):
            found = (
                self._font.get_variation_glyph(ord(base), ord(selector))
                if selector
                else self._font.get_nominal_glyph(ord(base))
            )
        if not found:
            raise Refused(Code.GLYPH_MISSING, f"{self.name} has no glyph for {code_points(sequence)}")
        return found

    def width(self, text: str) -> int:
        """Return the width of a text in thousandths of an em.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return sum(self._of(sequence)[1] for sequence in sequences(text))

    def cut(self, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
        """Return a font file with these glyphs only, and where each glyph stands in it."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update(glyphs)
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        wanted.drop_table_tag_set.update(_tag(name) for name in _TABLES_FOR_READERS_OF_TEXT)
        plan = hb.SubsetPlan(self._face, wanted)
        return plan.execute().blob.data, dict(plan.old_to_new_glyph_mapping)


def _tag(name: str) -> int:
    return int.from_bytes(name.ljust(4).encode())


class Subset:
    """The sequences that one document writes in one face, each with a code of its own (two bytes, from 1 on).

    Args:
        typeface: where the glyphs come from.
        tag: six capital letters that tell the subsets of one document apart (ISO 32000-1, 9.6.4).
    """

    __slots__ = ("_codes", "_tag", "typeface")

    def __init__(self, typeface: Typeface, tag: str) -> None:
        self.typeface = typeface
        self._tag = tag
        self._codes: dict[str, int] = {}

    def encode(self, text: str) -> str:
        """Return the codes of a text as a hexadecimal string for `Tj`.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return "<" + "".join(f"{self._code(sequence):04X}" for sequence in sequences(text)) + ">"

    def _code(self, sequence: str) -> int:
        code = self._codes.get(sequence)
        if code is None:
            self.typeface.glyph(sequence)
            code = self._codes[sequence] = len(self._codes) + 1
        return code

    def bodies(self) -> tuple[StreamBody, StreamBody, StreamBody, str, str]:
        """Return the font program, code-to-glyph map, text map, widths and name: all that `write` needs."""
        glyphs = [self.typeface.glyph(sequence) for sequence in self._codes]
        program, places = self.typeface.cut(set(glyphs))
        places_by_code = struct.pack(f">{len(glyphs) + 1}H", 0, *(places[glyph] for glyph in glyphs))
        widths = " ".join(str(self.typeface.advance(sequence)) for sequence in self._codes)
        return (
            StreamBody.compressed(program, f"/Length1 {len(program)}"),
            StreamBody.compressed(places_by_code),
            StreamBody.compressed(text_map(list(self._codes)).encode()),
            widths,
            f"{self._tag}+{self.typeface.name}",
        )

    def write(self, revision: Revision) -> ObjectId:
        """Add the subset to a document: a composite font of type 2 with Identity-H (9.7)."""
        return write_font(revision, self.typeface, self.bodies())


def write_font(
    revision: Revision, typeface: Typeface, bodies: tuple[StreamBody, StreamBody, StreamBody, str, str]
) -> ObjectId:
    """Add a subset's bodies to a document; a form's own subset is made once and written into every document."""
    program, places, text_map, widths, name = bodies
    descriptor = revision.add(
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{' '.join(map(str, typeface.box))}] "
        f"/ItalicAngle 0 /Ascent {typeface.ascent} /Descent {typeface.descent} /CapHeight {typeface.ascent} "
        f"/StemV 80 /FontFile2 {revision.add(program)} >>"
    )
    descendant = revision.add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {descriptor} /DW 1000 /W [1 [{widths}]] /CIDToGIDMap {revision.add(places)} >>"
    )
    return revision.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
        f"/DescendantFonts [{descendant}] /ToUnicode {revision.add(text_map)} >>"
    )
