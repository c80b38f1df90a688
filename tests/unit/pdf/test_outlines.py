"""The clerk compares how each character looks: a right text map over other glyphs is refused."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates  # type: ignore[import-untyped]  # the same
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.pdf.font_file import CharacterMap, FontFile, FontInvalid
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import FACE, check
from tests.unit.pdf.documents import at as entry
from tests.unit.pdf.documents import edited, rewritten, syntax

_BINDING = bytes(range(32))
_FACTS = specimen_facts()
_FONT = "Pages Kids 0 Resources Font V"
_KANA = (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB))
_PROGRAM = f"{_FONT} DescendantFonts 0 FontDescriptor FontFile2"
_PLACES = f"{_FONT} DescendantFonts 0 CIDToGIDMap"
_FORM_PROGRAM = "Pages Kids 0 Resources XObject Sheet3 Resources Font L DescendantFonts 0 FontDescriptor FontFile2"


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document."""
    return form.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))


@pytest.fixture(scope="module")
def original() -> FontFile:
    """The whole face, as the clerk reads it."""
    return FontFile.open(FACE)


def _refused(pdf: bytes, template: Template) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, _FACTS, template, _BINDING)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def _characters(pdf: bytes) -> list[str]:
    """The characters of the facts' font in the order of their codes."""
    found: list[str] = []

    def read(content: bytes) -> bytes:
        pairs = re.findall(rb"^<[0-9A-F]{4}> <([0-9A-F]+)>$", content, re.MULTILINE)
        found.extend(bytes.fromhex(text.decode()).decode("utf-16-be") for text in pairs)
        return content + b" "

    edited(pdf, f"{_FONT} ToUnicode", read)
    return found


def _code(pdf: bytes, character: str) -> int:
    return _characters(pdf).index(character) + 1


@pytest.mark.parametrize(("one", "other"), [("葛\U000e0102", "葛\U000e0103"), ("男", "女"), ("平", "令")])
def test_a_swapped_glyph_of_one_character_is_found(drawn: bytes, template: Template, one: str, other: str) -> None:
    """The text says one variant, and the paper shows the other."""
    here, there = _code(drawn, one), _code(drawn, other)

    def swap(content: bytes) -> bytes:
        places = list(struct.unpack(f">{len(content) // 2}H", content))
        places[here] = places[there]
        return struct.pack(f">{len(places)}H", *places)

    assert f"code {here}: another glyph" in _refused(edited(drawn, _PLACES, swap), template)


def test_a_subset_of_other_characters_is_found(drawn: bytes, template: Template, typeface: Typeface) -> None:
    """A font cut from the same face, of more glyphs than are needed, whose outlines are another person's name."""
    wanted = {typeface.find(chr(point)).number for point in _KANA}
    other, _ = typeface.faces[0].cut(wanted)
    assert "another glyph" in _refused(edited(drawn, _PROGRAM, lambda _: other), template)


def test_the_forms_own_words_have_their_glyphs_too(drawn: bytes, template: Template, typeface: Typeface) -> None:
    """Labels and sentences come from the form's font; it is looked at once, and a changed one is another."""
    check(drawn, _FACTS, template, _BINDING)
    other, _ = typeface.faces[0].cut({typeface.find(chr(point)).number for point in _KANA})
    assert "font: code 1: another glyph" in _refused(edited(drawn, _FORM_PROGRAM, lambda _: other), template)
    check(drawn, _FACTS, template, _BINDING)


def _changed(change: Callable[[TTFont], None]) -> Callable[[bytes], bytes]:
    def edit(content: bytes) -> bytes:
        out = io.BytesIO()
        with TTFont(io.BytesIO(content), recalcBBoxes=False, recalcTimestamp=False) as font:
            font["glyf"].glyphs  # noqa: B018 - read before anything is written
            change(font)
            font.save(out, reorderTables=False)
        return out.getvalue()

    return edit


def _glyphs(font: TTFont) -> Iterator[object]:
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        if glyph.numberOfContours > 0:
            yield glyph


def _move_point(font: TTFont) -> None:
    for glyph in _glyphs(font):
        glyph.coordinates[0] = (glyph.coordinates[0][0] + 1, glyph.coordinates[0][1])  # type: ignore[attr-defined]  # fontTools'


def _lift_off_curve(font: TTFont) -> None:
    for glyph in _glyphs(font):
        glyph.flags[0] ^= 1  # type: ignore[attr-defined]  # fontTools'


def _drop_contour(font: TTFont) -> None:
    for glyph in _glyphs(font):
        glyph.endPtsOfContours.pop()  # type: ignore[attr-defined]  # fontTools'
        keep = glyph.endPtsOfContours[-1] + 1 if glyph.endPtsOfContours else 0  # type: ignore[attr-defined]  # fontTools'
        glyph.coordinates = GlyphCoordinates(list(glyph.coordinates)[:keep])  # type: ignore[attr-defined]  # fontTools'
        glyph.flags = glyph.flags[:keep]  # type: ignore[attr-defined]  # fontTools'
        glyph.numberOfContours -= 1  # type: ignore[attr-defined]  # fontTools'


def _move_bearing(font: TTFont) -> None:
    metrics = font["hmtx"].metrics
    metrics |= {name: (advance, bearing + 200) for name, (advance, bearing) in metrics.items()}


def _enlarge(font: TTFont) -> None:
    font["head"].unitsPerEm = 1024


def _embolden(font: TTFont) -> None:
    font["head"].macStyle = 1


@pytest.mark.parametrize(
    "change",
    [_move_point, _lift_off_curve, _drop_contour, _move_bearing, _enlarge, _embolden],
    ids=lambda one: one.__name__,
)
def test_whatever_changes_a_glyph_is_found(drawn: bytes, template: Template, change: Callable[[TTFont], None]) -> None:
    """A point, a curve, a stroke, the place, the scale, the style."""
    assert "page 1, font" in _refused(edited(drawn, _PROGRAM, _changed(change)), template)


def _with_table(content: bytes, tag: bytes) -> bytes:
    """The font with one more table, of four bytes."""
    count = struct.unpack_from(">H", content, 4)[0]
    directory = b"".join(
        content[place : place + 8]
        + struct.pack(
            ">II",
            struct.unpack_from(">I", content, place + 8)[0] + 16,
            struct.unpack_from(">I", content, place + 12)[0],
        )
        for place in range(12, 12 + 16 * count, 16)
    )
    added = tag + struct.pack(">III", 0, len(content) + 16, 4)
    return (
        content[:4]
        + struct.pack(">H", count + 1)
        + content[6:12]
        + directory
        + added
        + content[12 + 16 * count :]
        + bytes(4)
    )


@pytest.mark.parametrize("tag", [b"fpgm", b"prep", b"cvt ", b"COLR", b"SVG ", b"sbix", b"gvar", b"glyf", b"cmap"])
def test_no_other_table_stands_in_an_embedded_font(drawn: bytes, template: Template, tag: bytes) -> None:
    """Programs that move points, colours and pictures that take an outline's place, a table twice."""
    assert "page 1, font" in _refused(edited(drawn, _PROGRAM, lambda content: _with_table(content, tag)), template)


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("DescendantFonts 0", "BaseFont", b"/FACTSA+Other"),
        ("DescendantFonts 0", "CIDSystemInfo", b"<< /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >>"),
        ("DescendantFonts 0", "DW", b"500"),
        ("DescendantFonts 0 FontDescriptor", "ItalicAngle", b"-20"),
        ("DescendantFonts 0 FontDescriptor", "Flags", b"262148"),
        ("DescendantFonts 0 FontDescriptor", "StemV", b"800"),
    ],
)
def test_the_font_says_nothing_else_of_itself(
    drawn: bytes, template: Template, path: str, key: str, value: bytes
) -> None:
    """Entries that a reader may slant, embolden, map or space by."""
    pdf = rewritten(
        drawn, lambda writer: entry(writer, f"{_FONT} {path}").update({syntax(b"/" + key.encode()): syntax(value)})
    )
    assert "font" in _refused(pdf, template)


def test_a_width_is_its_characters(drawn: bytes, template: Template) -> None:
    """Glyphs set closer than their widths would lie over one another."""

    def change(writer: object) -> None:
        widths = entry(writer, f"{_FONT} DescendantFonts 0")["/W"][1]  # type: ignore[arg-type]  # pyHanko's
        widths[0] = syntax(b"400")

    assert "width" in _refused(rewritten(drawn, change), template)


@pytest.mark.parametrize("every", [61, pytest.param(1, marks=pytest.mark.long)])
def test_a_cut_font_has_the_faces_outlines(typeface: Typeface, original: FontFile, every: int) -> None:
    """Two readings of one face, HarfBuzz's subset and ours, agree on every glyph of it."""
    count = 61_179
    for start in range(1, count, 5_000):
        wanted = set(range(start, min(start + 5_000, count), every))
        program, places = typeface.faces[0].cut(wanted)
        subset = FontFile(program, bare=True)
        for glyph in wanted:
            due = original.outline(glyph)
            assert subset.outline(places[glyph], due.body) == due
            assert subset.outline(places[glyph]) == due


def test_outlines_are_told_apart_as_fonttools_tells_them(original: FontFile) -> None:
    """Equal digests for equal shapes, other digests for others, over glyphs that resemble one another."""
    shapes: dict[bytes, object] = {}
    with TTFont(FACE, lazy=True) as font:
        order = font.getGlyphOrder()
        for glyph in range(9_000, 9_600):
            points, ends, flags = font["glyf"][order[glyph]].getCoordinates(font["glyf"])
            shape = (tuple(points), tuple(ends), bytes(flag & 1 for flag in flags), font["hmtx"][order[glyph]])
            assert shapes.setdefault(original.outline(glyph).digest, shape) == shape
        assert len(set(shapes.values())) == len(shapes)


def test_the_character_map_is_as_fonttools_reads_it(original: FontFile) -> None:
    """All characters of the face, and all its variation sequences."""
    with TTFont(FACE, lazy=True) as font:
        plain = font.getBestCmap()
        (variations,) = (table for table in font["cmap"].tables if table.format == 14)
        found = {
            chr(base) + chr(selector): font.getGlyphID(name or plain[base])
            for selector, pairs in variations.uvsDict.items()
            for base, name in pairs
        } | {chr(base): font.getGlyphID(name) for base, name in plain.items()}
    assert len(found) > 40_000
    assert {text for text, glyph in found.items() if original.characters.glyph(text) != glyph} == set()
    assert [original.characters.glyph(text) for text in ("葛\U000e0100", "\ue000", "葛\U000e0102\U000e0103")] == [
        None
    ] * 3


@pytest.fixture(scope="module")
def small(typeface: Typeface) -> bytes:
    """A subset of few glyphs."""
    return typeface.faces[0].cut({typeface.find(character).number for character in "一二口　a"})[0]


@settings(max_examples=300, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=4), cut=st.integers(-9, 0))
def test_a_damaged_font_is_refused_or_read(small: bytes, place: float, value: bytes, cut: int) -> None:
    """Whatever stands in the file: an outline, or `FontInvalid`; nothing else comes out, and nothing hangs."""
    start = int(place * len(small))
    damaged = (small[:start] + value + small[start + len(value) :])[: cut or None]
    try:
        font = FontFile(damaged, bare=True)
        for glyph in range(8):
            font.outline(glyph)
    except FontInvalid:
        pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_noise_is_no_font(noise: bytes) -> None:
    """Neither a file nor a character map."""
    for read in (FontFile, CharacterMap):
        with pytest.raises(FontInvalid):
            read(noise)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    """The clerk does not start without its faces."""
    with pytest.raises(OSError, match="none"):
        FontFile.open(tmp_path / "none.ttf")
    (tmp_path / "empty.ttf").write_bytes(b"OTTO" + bytes(100))
    with pytest.raises(FontInvalid):
        FontFile.open(tmp_path / "empty.ttf")
