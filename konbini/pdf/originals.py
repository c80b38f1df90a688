"""The faces that a certificate may be drawn with, as the clerk knows them: each character's face, outline and width.

The order of the files is the order of the chain: a character belongs to the first face that has exactly its sequence,
and to no other. `check_embedded` compares a document's embedded subset with that, glyph by glyph, so that a text map
that says one name over the outlines of another is found. What was looked up is kept; it is bounded by the faces.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from konbini.pdf.characters import is_printable
from konbini.pdf.font_file import FontFile, FontInvalid, Outline
from konbini.protocol.errors import Code, Refused

__all__ = ["EmbeddedFont", "Originals"]

_EM: Final = 1000
_TABLES: Final = frozenset(("glyf", "head", "hhea", "hmtx", "loca", "maxp"))
_MOST_KEPT: Final = 256


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

    __slots__ = ("_due", "_faces", "_passed")

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise ValueError("no face")
        self._faces = tuple(FontFile.open(path) for path in paths)
        self._due: dict[str, _Due] = {}
        self._passed: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._faces)

    def check_embedded(self, font: EmbeddedFont, where: str, *, keep: bool = False) -> None:
        """Compare an embedded subset with its face.

        Args:
            font: the subset.
            where: names it in a refusal.
            keep: whether the same font stands in many documents, so that one look is enough.

        Raises:
            Refused: `PAGE_MISMATCH`: the file is not as a subset of that face is made, or a code's glyph, width or face
                is not its character's.
        """
        digest = _digest(font) if keep else b""
        if digest in self._passed:
            return
        try:
            self._check(font)
        except FontInvalid as invalid:
            raise Refused(Code.PAGE_MISMATCH, f"{where}: {invalid}") from invalid
        if keep:
            if len(self._passed) >= _MOST_KEPT:
                self._passed.clear()
            self._passed.add(digest)

    def _check(self, font: EmbeddedFont) -> None:
        subset, original = FontFile(font.program, bare=True), self._faces[font.face]
        if subset.tables != _TABLES or not subset.drawn_alike(original):
            raise FontInvalid("not cut from the form's face")
        glyphs = struct.unpack(f">{len(font.characters) + 1}H", font.places)[1:]
        for code, (character, glyph, width) in enumerate(zip(font.characters, glyphs, font.widths, strict=True), 1):
            due = self._of(character)
            if due is None or due.face != font.face:
                raise FontInvalid(f"code {code}: a character that is not this face's")
            if width != due.width or not _looks_as(subset, glyph, due.outline):
                raise FontInvalid(f"code {code}: another glyph or width than its character's")

    def _of(self, character: str) -> _Due | None:
        due = self._due.get(character)
        if due is None:
            due = self._look_up(character)
            if due is not None:
                self._due[character] = due
        return due

    def _look_up(self, character: str) -> _Due | None:
        for number, face in enumerate(self._faces if is_printable(character[0]) else ()):
            glyph = face.characters.glyph(character)
            if glyph is not None:
                width = round(face.metrics(glyph)[0] * _EM / face.units)
                return _Due(number, face.outline(glyph), width)
        return None


def _looks_as(subset: FontFile, glyph: int, due: Outline) -> bool:
    try:
        return subset.outline(glyph, due.body) == due
    except FontInvalid:
        return False  # of another length, hinted, or damaged


def _digest(font: EmbeddedFont) -> bytes:
    """Return a digest of everything that is compared."""
    parts = (
        *(font.program, font.places, repr((font.face, font.widths)).encode()),
        "\0".join(font.characters).encode("utf-16-be"),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(struct.pack(">Q", len(part)))
        digest.update(part)
    return digest.digest()
