"""The chain of faces that certificates are drawn with, and the subsets of it that one document carries.

A character on a certificate is a sequence (`characters`). More characters than one font file holds (65,535 glyphs)
need more than one: the chain asks its faces in their declared order, and a sequence belongs to the first face that has
exactly it, private use planes included. Invariants: each sequence has a glyph of one face or the drawing refuses;
nothing is shaped, substituted or taken from a look-alike; each sequence has a code of its own in the document, so that
the text read back from the paper is the text that was drawn, selector included.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import uharfbuzz as hb  # type: ignore[import-untyped]  # it ships no types

from konbini.pdf.characters import code_digits, code_points, is_printable, sequences, text_map
from konbini.pdf.font_cutting import Cutting
from konbini.pdf.objects import ObjectId, Revision, StreamBody
from konbini.protocol.errors import Code, Refused

__all__ = ["Face", "Glyph", "Subset", "Typeface", "font_name"]

_TABLES_FOR_READERS_OF_TEXT: Final = tuple(
    int.from_bytes(name.ljust(4))
    for name in (b"BASE", b"GDEF", b"GPOS", b"GSUB", b"OS/2", b"cmap", b"gasp", b"name", b"post", b"vhea", b"vmtx")
)


class Glyph(NamedTuple):
    """Where a sequence's glyph is: the place of its face in the chain, its number there, its width in 1/1000 em."""

    face: int
    number: int
    advance: int


class Face:
    """One font file (TrueType outlines), read and prepared for subsetting once, at start.

    Args:
        path: the font file; its PostScript name is what it is called in documents.

    Attributes:
        cut: returns a font file with some glyphs only, and where each of them stands in it.
    """

    __slots__ = ("_font", "_prepared", "_source", "ascent", "box", "cut", "descent", "name", "path", "units", "widest")

    def __init__(self, path: Path) -> None:
        self._source = hb.Face(hb.Blob.from_file_path(str(path)))  # the prepared face points into its memory
        self._prepared = hb.subset_preprocess(self._source)
        self._font = hb.Font(self._source)
        self.cut = Cutting(self.cut_anew).cut
        self.path = path
        self.name = str(self._source.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME))
        self.units = int(self._source.upem)
        head = self._source.reference_table("head").data
        self.box: tuple[int, ...] = tuple(self.scaled(edge) for edge in struct.unpack(">4h", head[36:44]))
        extents = self._font.get_font_extents("ltr")
        self.ascent, self.descent = self.scaled(extents.ascender), self.scaled(extents.descender)
        self.widest = self.scaled(max(_advances(self._source)))

    def scaled(self, units: int) -> int:
        """Turn font units into thousandths of an em."""
        return round(units * 1000 / self.units)

    def glyph(self, sequence: str) -> int | None:
        """Return the glyph that the font has for exactly this sequence, or None."""
        base, selector = sequence[0], sequence[1:]
        if not is_printable(base):
            return None
        if selector:
            return self._font.get_variation_glyph(ord(base), ord(selector)) or None
        return self._font.get_nominal_glyph(ord(base)) or None

    def advance(self, glyph: int) -> int:
        """Return the width of a glyph in thousandths of an em."""
        return self.scaled(self._font.get_glyph_h_advance(glyph))

    def cut_anew(self, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
        """Let HarfBuzz cut a font file with these glyphs only; see `cut`."""
        wanted = hb.SubsetInput()
        wanted.glyph_set.update(glyphs)
        wanted.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        wanted.drop_table_tag_set.update(_TABLES_FOR_READERS_OF_TEXT)
        plan = hb.SubsetPlan(self._prepared, wanted)
        places = plan.old_to_new_glyph_mapping
        return plan.execute().blob.data, {glyph: places[glyph] for glyph in glyphs}


def _advances(face: hb.Face) -> array[int]:
    """Return every advance that the font's metrics name, in font units (OpenType, hmtx)."""
    (count,) = struct.unpack(">H", face.reference_table("hhea").data[34:36])
    metrics = array("H", face.reference_table("hmtx").data[: 4 * count])
    if sys.byteorder == "little":
        metrics.byteswap()
    return metrics[::2]


class _Glyphs(dict[str, Glyph]):
    """Each sequence's glyph, looked up once; bounded by the faces: only what was found is kept."""

    __slots__ = ("_look_up",)

    def __init__(self, look_up: Callable[[str], Glyph]) -> None:
        self._look_up = look_up

    def __missing__(self, sequence: str) -> Glyph:
        glyph = self[sequence] = self._look_up(sequence)
        return glyph


class _Advances(dict[str, int]):
    """Each sequence's width, taken from its glyph once."""

    __slots__ = ("_glyphs",)

    def __init__(self, glyphs: _Glyphs) -> None:
        self._glyphs = glyphs

    def __missing__(self, sequence: str) -> int:
        advance = self[sequence] = self._glyphs[sequence].advance
        return advance


@cache  # prepared once a process: it takes half a second and some hundred MiB
def _face(path: Path) -> Face:
    return Face(path)


class Typeface:
    """The chain of faces.

    Args:
        paths: the font files, in the order in which they are asked for a character.

    Attributes:
        faces: the chain.
        widest: how wide a sequence is at most, in thousandths of an em.

    Raises:
        ValueError: there is none.
    """

    __slots__ = ("_advances", "_glyphs", "faces", "widest")

    def __init__(self, *paths: Path) -> None:
        if not paths:
            raise ValueError("a typeface has one face or more")
        self.faces = tuple(map(_face, paths))
        self.widest = max(face.widest for face in self.faces)
        self._glyphs = _Glyphs(self._look_up)
        self._advances = _Advances(self._glyphs)

    def find(self, sequence: str) -> Glyph:
        """Return where a sequence's glyph is.

        Raises:
            Refused: `GLYPH_MISSING`, naming the code points.
        """
        return self._glyphs[sequence]

    def _look_up(self, sequence: str) -> Glyph:
        for place, face in enumerate(self.faces):
            glyph = face.glyph(sequence)
            if glyph is not None:
                return Glyph(place, glyph, face.advance(glyph))
        names = ", ".join(face.name for face in self.faces)
        raise Refused(Code.GLYPH_MISSING, f"no glyph for {code_points(sequence)} in {names}")

    def advance(self, sequence: str) -> int:
        """Return the width of one sequence in thousandths of an em.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return self._advances[sequence]

    def width(self, text: str) -> int:
        """Return the width of a text in thousandths of an em.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return self.width_of(sequences(text))

    def width_of(self, found: Iterable[str]) -> int:
        """Return the width of sequences, one after the other, in thousandths of an em.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return sum(map(self._advances.__getitem__, found))


def font_name(family: str, face: int) -> str:
    """Name the font of one face among a stream's resources: `V`, `V2`, `V3`, ..."""
    return family if face == 0 else f"{family}{face + 1}"


class _Codes(dict[str, str]):
    """Each sequence's code in hexadecimal digits; what is asked for first is added to the part of its face."""

    __slots__ = ("_find", "_parts")

    def __init__(self, typeface: Typeface, parts: list[dict[str, Glyph]]) -> None:
        self._find = typeface.find
        self._parts = parts

    def __missing__(self, sequence: str) -> str:
        glyph = self._find(sequence)
        part = self._parts[glyph[0]]
        part[sequence] = glyph
        code = self[sequence] = code_digits(len(part))
        return code


class Subset:
    """The sequences that one document writes, each with a code of its own in the font of its face (two bytes, from 1).

    Args:
        typeface: where the glyphs come from.
        tag: six capital letters that tell the subsets of one document apart (ISO 32000-1, 9.6.4); the last is the
            first face's, the next face has the letter after it.
    """

    __slots__ = ("_codes", "_parts", "_tag", "_texts", "typeface")

    def __init__(self, typeface: Typeface, tag: str) -> None:
        self.typeface = typeface
        self._tag = tag
        self._parts: list[dict[str, Glyph]] = [{} for _ in typeface.faces]
        self._codes = _Codes(typeface, self._parts)
        self._texts: dict[str, str] = {}

    def runs(self, text: str) -> list[tuple[int, str]]:
        """Split a text where its face changes: each run's face, and its codes in hexadecimal digits.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        return self.runs_of(sequences(text))

    def codes_of(self, text: str) -> str | None:
        """Give a text's codes in hexadecimal digits where the chain has one face; None where it has several.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        if len(self._parts) > 1:
            return None
        codes = self._texts.get(text)  # half of a record's cells say what another one says: a mark, an address, a day
        if codes is None:
            codes = self._texts[text] = "".join(map(self._codes.__getitem__, sequences(text)))
        return codes

    def runs_of(self, found: Iterable[str]) -> list[tuple[int, str]]:
        """Split sequences where their face changes, as `runs` does a text.

        Raises:
            Refused: `GLYPH_MISSING`.
        """
        if len(self._parts) == 1:
            return [(0, "".join(map(self._codes.__getitem__, found)))]
        faces = groupby(found, lambda sequence: self.typeface.find(sequence).face)
        return [(face, "".join(map(self._codes.__getitem__, run))) for face, run in faces] or [(0, "")]

    def write(self, revision: Revision, family: str, *, level: int | None = None) -> str:
        """Add a font for each face that is used: composite, of type 2, with Identity-H (9.7).

        Args:
            revision: where to.
            family: the first one's name among the streams' resources.
            level: zlib's; without one nothing is deflated, since that takes longer than cutting and writing, and saves
                a fifth.

        Returns:
            The entries of the streams' `/Font` resources.
        """
        fonts = [
            f"/{font_name(family, place)} {self._write_part(revision, place, level)}"
            for place, part in enumerate(self._parts)
            if part
        ]
        return " ".join(fonts)

    def _write_part(self, revision: Revision, place: int, level: int | None) -> ObjectId:
        face, part = self.typeface.faces[place], self._parts[place]
        _, glyphs, advances = zip(*part.values(), strict=True)
        program, places = face.cut(set(glyphs))
        places_by_code = struct.pack(f">{len(glyphs) + 1}H", 0, *map(places.__getitem__, glyphs))
        widths = " ".join(map(str, advances))
        name = f"{self._tag[:-1]}{chr(ord(self._tag[-1]) + place)}+{face.name}"
        length = f"/Length1 {len(program)}"
        file = revision.add(_stream(program, level, length))
        descriptor = revision.add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{' '.join(map(str, face.box))}] "
            f"/ItalicAngle 0 /Ascent {face.ascent} /Descent {face.descent} /CapHeight {face.ascent} "
            f"/StemV 80 /FontFile2 {file} >>"
        )
        descendant = revision.add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} /DW 1000 /W [1 [{widths}]] "
            f"/CIDToGIDMap {revision.add(_stream(places_by_code, level))} >>"
        )
        texts = revision.add(_stream(text_map(list(part)).encode(), level))
        return revision.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant}] /ToUnicode {texts} >>"
        )


def _stream(content: bytes, level: int | None, entries: str = "") -> StreamBody:
    if level is None:
        return StreamBody.stored(content, entries)
    return StreamBody.compressed(content, entries, level=level)
