"""The faces that a certificate may be drawn with, as the clerk knows them: each character's face, outline and width.

The order of the files is the order of the chain: a character belongs to the first face that has exactly its sequence,
and to no other. `check_embedded` compares a document's embedded subset with that, glyph by glyph, so that a text map
that says one name over the outlines of another is found. What was looked up is kept; it is bounded by the faces.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from konbini.pdf.characters import is_printable
from konbini.pdf.font_file import FontFile, FontInvalid, GlyphRecord, Outline
from konbini.protocol.errors import Code, Refused

__all__ = ["EmbeddedFont", "Kept", "Originals", "ReadFont", "digest_of"]

_EM: Final = 1000
_TABLES: Final = frozenset(("glyf", "head", "hhea", "hmtx", "loca", "maxp"))
_MOST_KEPT: Final = 256
_MOST_GLYPHS: Final = 1 << 13

T = TypeVar("T")


class EmbeddedFont(NamedTuple):
    """One embedded subset: its program, and for each code from 1 on its character, its glyph and its width.

    Attributes:
        face: which of the chain's faces it claims to be cut from.
        program: the font file.
        characters: the sequences, in the order of their codes.
        places: glyph numbers, two bytes each, code 0 included.
        widths: thousandths of an em.
    """

    face: int
    program: bytes
    characters: tuple[str, ...]
    places: bytes
    widths: tuple[int, ...]


class ReadFont(NamedTuple):
    """A font as its text is read: by each code's four digits its character and its width in thousandths of an em.

    Attributes:
        codes: from 0001 on.
        ascent: how high the em box stands over the baseline, thousandths of an em.
        descent: how far below, negative.
        mark: of a font that stands in many documents, the digest of all that was read; otherwise empty.
    """

    codes: Mapping[str, tuple[str, int]]
    ascent: int
    descent: int
    mark: bytes = b""


class Kept(Generic[T]):
    """What was read once of what stands in every document of a form, by the digest of its bytes; bounded."""

    __slots__ = ("_found", "get")

    def __init__(self) -> None:
        self._found: dict[bytes, T] = {}
        self.get = self._found.get

    def add(self, found: Mapping[bytes, T]) -> None:
        """Keep what belonged to a document that was found right."""
        if found and len(self._found) + len(found) > _MOST_KEPT:
            self._found.clear()
        self._found.update(found)


class _Due(NamedTuple):
    face: int
    outline: Outline
    width: int


class Originals:
    """The chain's files, read by the clerk itself.

    Args:
        paths: the font files, in the order in which they are asked for a character.

    Raises:
        FontInvalid, OSError: a file cannot be used.
        ValueError: there is none.
    """

    __slots__ = ("_due", "_faces", "_heights", "_records", "form_fonts", "form_parts")

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise ValueError("no face")
        self._faces = tuple(FontFile.open(path) for path in paths)
        self._heights = tuple(_scaled(face.heights, face.units) for face in self._faces)
        self._due: dict[str, _Due] = {}
        self._records: dict[str, GlyphRecord] = {}
        self.form_fonts: Kept[ReadFont] = Kept()
        self.form_parts: Kept[Any] = Kept()

    def __len__(self) -> int:
        return len(self._faces)

    def heights(self, face: int) -> tuple[int, int]:
        """Return how far a face's em box reaches above and below the baseline, in thousandths of an em."""
        return self._heights[face]

    def check_embedded(self, font: EmbeddedFont, where: str) -> None:
        """Compare an embedded subset with its face.

        Args:
            font: the subset.
            where: names it in a refusal.

        Raises:
            Refused: `PAGE_MISMATCH`: the file is not as a subset of that face is made, or a code's glyph, width or face
                is not its character's.
        """
        try:
            self._check(font)
        except FontInvalid as invalid:
            raise Refused(Code.PAGE_MISMATCH, f"{where}: {invalid}") from invalid

    def _check(self, font: EmbeddedFont) -> None:
        subset, original = FontFile(font.program, bare=True), self._faces[font.face]
        if subset.tables != _TABLES or not subset.drawn_alike(original):
            raise FontInvalid("not cut from the form's face")
        glyphs = struct.unpack(f">{len(font.characters) + 1}H", font.places)[1:]
        records = subset.records()
        for code, (character, glyph, width) in enumerate(zip(font.characters, glyphs, font.widths, strict=True), 1):
            due = self._due.get(character) or self._look_up(character)
            if due is None or due.face != font.face:
                raise FontInvalid(f"code {code}: a character that is not this face's")
            if glyph >= len(records) or width != due.width:
                raise FontInvalid(f"code {code}: another glyph or width than its character's")
            if self._records.get(character) != records[glyph]:
                self._compare(subset, glyph, due, f"code {code}")
                self._remember(character, records[glyph])

    def _compare(self, subset: FontFile, glyph: int, due: _Due, where: str) -> None:
        try:
            alike = subset.outline(glyph, due.outline.body) == due.outline
        except FontInvalid:
            alike = False  # of another length, hinted, or damaged
        if not alike:
            raise FontInvalid(f"{where}: another glyph or width than its character's")

    def _remember(self, character: str, record: GlyphRecord) -> None:
        """Keep a glyph's bytes, which are the face's own, so that the same bytes need not be taken apart again."""
        if record.is_simple:
            if len(self._records) >= _MOST_GLYPHS:
                self._records.clear()
            self._records[character] = record

    def _look_up(self, character: str) -> _Due | None:
        for number, face in enumerate(self._faces if is_printable(character[0]) else ()):
            glyph = face.characters.glyph(character)
            if glyph is not None:
                width = round(face.metrics(glyph)[0] * _EM / face.units)
                due = self._due[character] = _Due(number, face.outline(glyph), width)
                return due
        return None


def _scaled(heights: tuple[int, int], units: int) -> tuple[int, int]:
    above, below = (round(height * _EM / units) for height in heights)
    return above, below


def digest_of(parts: Iterable[bytes]) -> bytes:
    """Return a digest of several pieces, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(struct.pack(">Q", len(part)))
        digest.update(part)
    return digest.digest()
