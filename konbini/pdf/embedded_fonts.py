"""The fonts of a finished document: each a composite font of our own making, whose glyphs are their characters' own.

A stream's text is written in one family of subsets, one a face of the chain: `/V` and `/L` are cut from the first face,
`/V2` and `/L2` from the second, and so on. A font shared by several pages is looked at once a document; the subset
that a form's own words are written with stands in every document of the form and is kept by its digest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pyhanko.pdf_utils import generic

from konbini.pdf.characters import sequences, text_map
from konbini.pdf.entries import STREAM, check_values, mismatch, take_content, take_dictionary
from konbini.pdf.originals import EmbeddedFont, Originals

__all__ = ["FontReading", "family_names"]

_FORM_FAMILY: Final = "L"
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
_SYSTEM: Final = {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0}
_SYMBOLIC: Final = 4
_MAPPED: Final = re.compile(r"^<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>$", re.MULTILINE)
_SUBSET_NAME: Final = re.compile(r"/[A-Z]{6}\+[A-Za-z0-9-]+")


def family_names(family: str, faces: int) -> tuple[str, ...]:
    """Name the fonts of one family among a stream's resources, in the order of the chain."""
    return tuple(family if face == 0 else f"{family}{face + 1}" for face in range(faces))


class FontReading:
    """The fonts of one document.

    Args:
        originals: the faces that they must be cut from.
    """

    __slots__ = ("_codes", "_originals")

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._codes: dict[tuple[generic.Reference, int], int] = {}

    def codes(self, fonts: generic.PdfObject, family: str, where: str) -> Mapping[str, int]:
        """Return how many codes each font of a stream has, from 1 on, by its name.

        Args:
            fonts: the stream's `/Font` resources.
            family: what its text is written in.
            where: names the stream in a refusal.

        Raises:
            Refused: `PAGE_MISMATCH`.
        """
        names = family_names(family, len(self._originals))
        if not isinstance(fonts, generic.DictionaryObject) or not {f"/{name}" for name in names} >= set(fonts.keys()):
            raise mismatch(f"{where}: other fonts than the form's")
        return {
            name: self._font(fonts.raw_get(f"/{name}").reference, face, f"{where}, font", keep=family == _FORM_FAMILY)
            for face, name in enumerate(names)
            if f"/{name}" in fonts
        }

    def _font(self, reference: generic.Reference, face: int, where: str, *, keep: bool) -> int:
        known = self._codes.get((reference, face))
        if known is None:
            font = _read_font(take_dictionary(reference.get_object(), _FONT, where), face, where)
            self._originals.check_embedded(font, where, keep=keep)
            known = self._codes[reference, face] = len(font.characters)
        return known


def _read_font(font: generic.DictionaryObject, face: int, where: str) -> EmbeddedFont:
    name = font["/BaseFont"]
    if not _SUBSET_NAME.fullmatch(name):
        raise mismatch(f"{where}: not named as a subset")
    check_values(font, {"Type": "/Font", "Subtype": "/Type0", "Encoding": "/Identity-H"}, where)
    descendants = font["/DescendantFonts"]
    if len(descendants) != 1:
        raise mismatch(f"{where}: more than one descendant")
    below = take_dictionary(descendants[0], _DESCENDANT, where)
    check_values(below, {"Type": "/Font", "Subtype": "/CIDFontType2", "BaseFont": name, "DW": 1000}, where)
    system = take_dictionary(below["/CIDSystemInfo"], frozenset(f"/{key}" for key in _SYSTEM), where)
    check_values(system, _SYSTEM, where)
    descriptor = take_dictionary(below["/FontDescriptor"], _DESCRIPTOR, where)
    check_values(descriptor, {"FontName": name, "Flags": _SYMBOLIC, "ItalicAngle": 0, "StemV": 80}, where)
    characters = _characters(take_content(take_dictionary(font["/ToUnicode"], STREAM, where), where), where)
    places = take_content(take_dictionary(below["/CIDToGIDMap"], STREAM, where), where)
    first, widths = below["/W"]
    if len(places) != 2 * len(characters) + 2 or first != 1 or len(widths) != len(characters):
        raise mismatch(f"{where}: maps of different length")
    return EmbeddedFont(
        face=face,
        program=take_content(take_dictionary(descriptor["/FontFile2"], STREAM | {"/Length1"}, where), where),
        characters=characters,
        places=places,
        widths=tuple(widths),
    )


def _characters(content: bytes, where: str) -> tuple[str, ...]:
    """Read the text map: one character a code, none twice, written as the form writes it."""
    mapped = content.decode("ascii")
    found = [bytes.fromhex(text).decode("utf-16-be") for code, text in _MAPPED.findall(mapped) if code != "0000"]
    if mapped != text_map(found) or len(set(found)) != len(found) or any(len(sequences(text)) != 1 for text in found):
        raise mismatch(f"{where}: a text map not as the form writes it")
    return tuple(found)
