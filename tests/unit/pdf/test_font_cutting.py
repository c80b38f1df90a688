"""A font that is put together from glyphs cut before is the one that HarfBuzz cuts, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from konbini.pdf.font_cutting import Cutting
from konbini.pdf.fonts import Typeface

_KANJI = range(0x4E00, 0x9FA0)
_SIGNS = st.one_of(
    st.sampled_from(" 　0123456789ABCabc０１２年月日号番地丁目のーァィゥ"),
    st.characters(min_codepoint=0x3041, max_codepoint=0x3096),
    st.sampled_from(
        "一丁七万三上下不与世丘両並中主久乗九予事二五井京人仁今介代令任佐佳例俊保信倉優元光児八公六内円冬出"
    ),
    st.characters(min_codepoint=0x5B50, max_codepoint=0x5B8C),
    st.sampled_from(["葛\U000e0102", "葛\U000e0103", "邉\U000e0118", "𠮷", "辻\U000e0102"]),
)
_TEXTS = st.lists(_SIGNS, min_size=1, max_size=120)


def _numbers(typeface: Typeface, text: list[str]) -> set[int]:
    return {typeface.find(sign).number for sign in text if typeface.faces[0].glyph(sign) is not None}


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=4), last=_TEXTS)
@example(texts=[[" "]], last=["\u5b6d"])  # of no glyph
def test_any_texts_give_the_librarys_font(typeface: Typeface, texts: list[list[str]], last: list[str]) -> None:
    """Documents one after the other; the last one's glyphs are all known by then, from several of them."""
    face, asked = typeface.faces[0], 0

    def library(glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
        nonlocal asked
        asked += 1
        return face.cut_anew(glyphs)

    cutting = Cutting(library)
    for text in texts:
        cutting.cut(_numbers(typeface, [*text, *last[: len(last) // 2]]))
    cutting.cut(_numbers(typeface, last[len(last) // 2 :]))
    before, glyphs = asked, _numbers(typeface, last)
    assert cutting.cut(glyphs) == face.cut_anew(glyphs)
    drawn = "".join(sign for sign in last if face.glyph(sign) is not None)
    assert asked == before + (not drawn.strip())  # it was not asked again, but for outlines of nothing


@pytest.mark.parametrize("text", [" ", "　", " 　", "a", "一", "a一", "一二三" * 40])
def test_a_few_glyphs_or_none_that_shows(typeface: Typeface, text: str) -> None:
    """Empty outlines, one width, two widths."""
    face, glyphs = typeface.faces[0], _numbers(typeface, list(text))
    cutting = Cutting(face.cut_anew)
    assert cutting.cut(glyphs) == cutting.cut(glyphs) == face.cut_anew(glyphs)


def test_long_subsets_and_many_glyphs_are_cut_alike(typeface: Typeface) -> None:
    """More outlines than short offsets reach, then more glyphs than are kept: nothing is lost or taken for another."""
    face, found = typeface.faces[0], sorted(_numbers(typeface, list(map(chr, _KANJI))))
    cutting = Cutting(face.cut_anew)
    for start in (*range(0, len(found), 150), 0):
        glyphs = set(found[start : start + 150])
        assert cutting.cut(glyphs) == face.cut_anew(glyphs)
        assert len(cutting._kept) <= 8192
    glyphs = set(found[:600])
    for _ in range(2):
        assert cutting.cut(glyphs) == face.cut_anew(glyphs)


def test_every_glyph_of_the_face_is_kept_as_it_is(typeface: Typeface) -> None:
    """A stride through all glyphs, composites among them: cut once, then put together in other company."""
    face = typeface.faces[0]
    cutting = Cutting(face.cut_anew)
    for start in range(1, 61_000, 1_009):
        glyphs = set(range(start, start + 60))
        assert cutting.cut(glyphs) == face.cut_anew(glyphs)
        for some in (set(list(glyphs)[::2]), set(list(glyphs)[1::3])):
            assert cutting.cut(some) == face.cut_anew(some)
