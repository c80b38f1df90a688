"""The fonts of a finished document: each a composite font of our own making, whose glyphs are their characters' own.

A stream's text is written in one family of subsets, one a face of the chain: `/V` and `/L` are cut from the first face,
`/V2` and `/L2` from the second, and so on. A font shared by several pages is looked at once a document; the subset
that a form's own words are written with stands in every document of the form and is kept by its digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from konbini.pdf.characters import sequences, text_map
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
from konbini.pdf.originals import EmbeddedFont, Originals, ReadFont, digest_of

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
_SYSTEM: Final = {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0}
_SYMBOLIC: Final = 4
_MAPPED: Final = re.compile(r"^<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>$", re.MULTILINE)
_SUBSET_NAME: Final = re.compile(r"/[A-Z]{6}\+[A-Za-z0-9-]+")


def family_names(family: str, faces: int) -> tuple[str, ...]:
    """Name the fonts of one family among a stream's resources, in the order of the chain."""
    return tuple(family if face == 0 else f"{family}{face + 1}" for face in range(faces))


class FontReading:
    """The fonts of one document.

    Args:
        file: the document.
        originals: the faces that they must be cut from.
    """

    __slots__ = ("_file", "_originals", "_read", "of_form")

    def __init__(self, file: File, originals: Originals) -> None:
        self._file = file
        self._originals = originals
        self._read: dict[tuple[Reference, int], ReadFont] = {}
        self.of_form: dict[bytes, ReadFont] = {}
        """By its digest each font of the form's own words that was not known before."""

    def named(self, fonts: Value, family: str, where: str) -> Mapping[str, ReadFont]:
        """Return the fonts of a stream by their names.

        Args:
            fonts: the stream's `/Font` resources.
            family: what its text is written in.
            where: names the stream in a refusal.

        Raises:
            Refused: `PAGE_MISMATCH`.
        """
        names = family_names(family, len(self._originals))
        if not isinstance(fonts, dict) or not fonts.keys() <= {f"/{name}" for name in names}:
            raise mismatch(f"{where}: other fonts than the form's")
        return {
            name: self._font(fonts[f"/{name}"], face, f"{where}, font", keep=family == _FORM_FAMILY)
            for face, name in enumerate(names)
            if f"/{name}" in fonts
        }

    def _font(self, reference: Value, face: int, where: str, *, keep: bool) -> ReadFont:
        if not isinstance(reference, Reference):
            raise mismatch(f"{where}: not an object of its own")
        known = self._read.get((reference, face))
        if known is None:
            font = take_dictionary(self._file.of(reference), _FONT, where)
            known = self._form_font(font, face, where) if keep else self._compared(font, face, where)
            self._read[reference, face] = known
        return known

    def _form_font(self, font: Dictionary, face: int, where: str) -> ReadFont:
        """Read a font that stands in every document of a form: whole where its bytes are new, else as it was read."""
        mark = digest_of((b"%d" % face, *self._bytes_of(font)))
        known = self._originals.form_fonts.get(mark)
        if known is None:
            known = self.of_form[mark] = self._compared(font, face, where)._replace(mark=mark)
        return known

    def _bytes_of(self, found: Value) -> Iterator[bytes]:
        """Give everything that a font is made of, through every reference; `file_structure` bounds a loop of them."""
        ahead, met = [found], set()
        while ahead:
            value = ahead.pop()
            if isinstance(value, Reference):
                if value not in met:
                    met.add(value)
                    ahead.append(self._file.of(value))
            elif isinstance(value, Stream):
                yield value.data
                ahead.append(value.entries)
            else:
                yield repr(value).encode()
                ahead += _references(value)

    def _compared(self, font: Dictionary, face: int, where: str) -> ReadFont:
        embedded = self._embedded(font, face, where)
        self._originals.check_embedded(embedded, where)
        return _by_code(embedded, *self._originals.heights(face))

    def _embedded(self, font: Dictionary, face: int, where: str) -> EmbeddedFont:
        follow, name = self._file.of, font["/BaseFont"]
        if not isinstance(name, str) or not _SUBSET_NAME.fullmatch(name):
            raise mismatch(f"{where}: not named as a subset")
        check_values(font, {"Type": "/Font", "Subtype": "/Type0", "Encoding": "/Identity-H"}, where)
        descendants = take_list(font["/DescendantFonts"], where)
        if len(descendants) != 1:
            raise mismatch(f"{where}: more than one descendant")
        below = take_dictionary(follow(descendants[0]), _DESCENDANT, where)
        check_values(below, {"Type": "/Font", "Subtype": "/CIDFontType2", "BaseFont": name, "DW": 1000}, where)
        system = take_dictionary(below["/CIDSystemInfo"], frozenset(f"/{key}" for key in _SYSTEM), where)
        check_values(system, _SYSTEM, where)
        characters = _characters(take_content(take_stream(follow(font["/ToUnicode"]), STREAM, where), where), where)
        places = take_content(take_stream(follow(below["/CIDToGIDMap"]), STREAM, where), where)
        first, widths = take_list(below["/W"], where)
        widths = take_list(widths, where)
        if len(places) != 2 * len(characters) + 2 or first != 1 or len(widths) != len(characters):
            raise mismatch(f"{where}: maps of different length")
        return EmbeddedFont(
            face=face,
            program=self._program(below["/FontDescriptor"], name, face, where),
            characters=characters,
            places=places,
            widths=tuple(map(_whole, widths)),
        )

    def _program(self, reference: Value, name: str, face: int, where: str) -> bytes:
        descriptor = take_dictionary(self._file.of(reference), _DESCRIPTOR, where)
        ascent, descent = self._originals.heights(face)
        values = {"Type": "/FontDescriptor", "FontName": name, "Flags": _SYMBOLIC, "ItalicAngle": 0, "StemV": 80}
        check_values(descriptor, {**values, "Ascent": ascent, "Descent": descent, "CapHeight": ascent}, where)
        stream = take_stream(self._file.of(descriptor["/FontFile2"]), STREAM | {"/Length1"}, where)
        program = take_content(stream, where)
        check_values(stream.entries, {"Length1": len(program)}, where)
        return program


def _references(value: Value) -> Iterator[Value]:
    """Give the references of a value that is neither a reference nor a stream."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(inner, Reference):
            yield inner
        elif isinstance(inner, dict | list):
            yield from _references(inner)


def _whole(width: Value) -> int:
    if type(width) is not int:
        raise TypeError("a width that is no whole number")
    return width


def _by_code(font: EmbeddedFont, ascent: int, descent: int) -> ReadFont:
    signs = zip(font.characters, font.widths, strict=True)
    return ReadFont({f"{code:04X}": sign for code, sign in enumerate(signs, 1)}, ascent, descent)


def _characters(content: bytes, where: str) -> tuple[str, ...]:
    """Read the text map: one character a code, none twice, written as the form writes it."""
    mapped = content.decode("ascii")
    try:
        found = [_character(text) for code, text in _MAPPED.findall(mapped) if code != "0000"]
    except ValueError as error:
        raise mismatch(f"{where}: a text map of more or less than characters") from error
    if mapped != text_map(found) or len(set(found)) != len(found):
        raise mismatch(f"{where}: a text map not as the form writes it")
    return tuple(found)


@lru_cache(maxsize=1 << 14)  # single characters, whoever's name they are from
def _character(digits: str) -> str:
    text = bytes.fromhex(digits).decode("utf-16-be")
    if len(sequences(text)) != 1:
        raise ValueError("a code of several characters, or of none")
    return text
