"""Characters: each sequence its own glyph and its own code, or a refusal that names the code points."""

from __future__ import annotations

import io
import re

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types

from konbini.pdf.characters import sequences, text_map
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.objects import Revision
from konbini.protocol.errors import Code, Refused

_VARIANTS = {  # from IPAmj Mincho's own table (Moji_Joho collection)
    "葛": range(0xE0102, 0xE0109),
    "辻": range(0xE0102, 0xE0104),
    "邉": [*range(0xE010F, 0xE011E), 0xE011F],
}


def test_text_is_split_into_sequences() -> None:
    """A selector belongs to the character before it; a second one belongs to nobody."""
    assert list(sequences("葛\U000e0102𠮷a")) == ["葛\U000e0102", "𠮷", "a"]
    assert sequences("葛\U000e0102\U000e0103") == ["葛\U000e0102", "\U000e0103"]
    assert sequences("\U000e0102葛") == ["\U000e0102", "葛"]
    assert list(sequences("𠮷a")) == ["𠮷", "a"]
    assert list(sequences("")) == []


@pytest.mark.parametrize("count", [1, 100, 101, 511, 512, 1500])
def test_a_text_map_names_each_code_once(count: int) -> None:
    """In order, in portions of a hundred, however many there are."""
    found = [chr(0x4E00 + place) for place in range(count)]
    (codespace, *written) = re.findall("<([0-9A-F]{4})> <([0-9A-F]{4})>\n", text_map(found))
    assert codespace == ("0000", "FFFF")
    assert written == [(f"{code:04X}", f"{ord(one):04X}") for code, one in enumerate(found, 1)]


@pytest.mark.parametrize("base", _VARIANTS)
def test_every_variant_has_its_own_glyph(typeface: Typeface, base: str) -> None:
    """The variants of one character are told apart by their glyphs; the bare character is one of them."""
    glyphs = {chr(selector): typeface.find(base + chr(selector)) for selector in _VARIANTS[base]}
    assert len(set(glyphs.values())) == len(_VARIANTS[base])
    assert typeface.find(base) in glyphs.values()


def _table(typeface: Typeface, every: int) -> list[tuple[str, int]]:
    """The face's own table of sequences, as fontTools reads it: sequence and glyph."""
    with TTFont(typeface.faces[0].path, lazy=True) as font:
        (variations,) = (table for table in font["cmap"].tables if table.format == 14)
        plain = font.getBestCmap()
        found = [
            (chr(base) + chr(selector), font.getGlyphID(name or plain[base]))
            for selector, pairs in variations.uvsDict.items()
            for base, name in pairs
        ]
    return sorted(found)[::every]


@pytest.mark.parametrize("every", [97, pytest.param(1, marks=pytest.mark.long)])
def test_the_glyph_is_the_one_that_the_faces_table_names(typeface: Typeface, every: int) -> None:
    """HarfBuzz, which draws, and fontTools, which judges, agree on every sequence."""
    table = _table(typeface, every)
    assert len(table) == -(-11_474 // every)
    assert [sequence for sequence, glyph in table if typeface.find(sequence).number != glyph] == []


@pytest.mark.parametrize(
    "text",
    [
        "葛\U000e0100",  # Adobe-Japan1's selector: another collection, not in this face
        "葛\U000e01ef",
        "一\ufe00",
        "\U000e0102",
        "😀",
        "e\u0301",  # a combining mark would be drawn beside its letter
        "\ue000",
        "\x00",
        "\u200b",
        "\ufffd",
    ],
)
def test_a_missing_glyph_refuses_with_its_code_points(typeface: Typeface, text: str) -> None:
    """Never a box, never the look-alike without the selector."""
    with pytest.raises(Refused) as refused:
        Subset(typeface, "FACTSA").runs(text)
    assert refused.value.code is Code.GLYPH_MISSING
    assert f"U+{ord(text[-1]):04X}" in refused.value.detail


def test_a_subset_is_keyed_by_sequence(typeface: Typeface) -> None:
    """Bare 葛 and 葛 with its default's selector share a glyph and have two codes, so that text comes back right."""
    subset = Subset(typeface, "FACTSA")
    default = next(chr(s) for s in _VARIANTS["葛"] if typeface.find("葛" + chr(s)) == typeface.find("葛"))
    assert subset.runs("葛葛" + default + "葛") == [(0, "000100020001")]


def test_a_subset_holds_the_faces_own_outlines(typeface: Typeface) -> None:
    """Each glyph of the cut font has, point for point, the outline of the whole face."""
    wanted = {
        typeface.find(sequence).number for sequence in ("葛\U000e0102", "葛\U000e0103", "𠮷", "邉\U000e0118", "a")
    }
    program, places = typeface.faces[0].cut(wanted)
    with TTFont(typeface.faces[0].path, lazy=True) as whole, TTFont(io.BytesIO(program)) as cut:
        for glyph in wanted:
            here = cut["glyf"][cut.getGlyphName(places[glyph])]
            there = whole["glyf"][whole.getGlyphName(glyph)]
            assert here.getCoordinates(cut["glyf"])[:2] == there.getCoordinates(whole["glyf"])[:2]
    assert len(program) < 20_000


def test_equal_texts_cut_equal_fonts(typeface: Typeface) -> None:
    """The same sequences in the same order give the same bytes."""

    def made() -> bytes:
        subset, revision = Subset(typeface, "FACTSA"), Revision()
        subset.runs("葛\U000e0102西　𠮷次郎")
        subset.write(revision, "V")
        return revision.to_file(root=revision.add("<< >>"), identity=bytes(16))

    assert made() == made()
