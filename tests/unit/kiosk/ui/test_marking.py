"""Readings above kanji and Japanese terms: drawn safely, spoken once, never out of a value."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from konbini.kiosk.ui.marking import drawn, spoken, title_of

WORDS = st.text(alphabet="漢字々かなA1 <>&\"'｜《》「」{}", max_size=24)


class _Shown(HTMLParser):
    """Reads markup back: its text, without the readings, and the tags that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self._is_reading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        self._is_reading = tag == "rt"

    def handle_endtag(self, tag: str) -> None:
        self._is_reading = self._is_reading and tag != "rt"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._is_reading else data


def shown(markup: Markup) -> _Shown:
    """Read `markup`."""
    reader = _Shown()
    reader.feed(markup)
    reader.close()
    return reader


def ruby(base: str, reading: str) -> Markup:
    """Return what a base with its reading is drawn as."""
    return Markup('<ruby><rb aria-hidden="true">{}</rb><rt>{}</rt></ruby>').format(base, reading)


@pytest.mark.parametrize(
    ("text", "page", "voice"),
    [
        ("4桁《けた》です", f"4{ruby('桁', 'けた')}です", "4けたです"),
        ("その後《あと》", f"その<wbr>{ruby('後', 'あと')}", "そのあと"),
        ("お金《かね》とご飯《はん》", f"お{ruby('金', 'かね')}とご{ruby('飯', 'はん')}", "おかねとごはん"),
        ("｜1人《ひとり》以上《いじょう》", f"{ruby('1人', 'ひとり')}{ruby('以上', 'いじょう')}", "ひとりいじょう"),
        ("「前《まえ》に戻《もど》る」", f"「{ruby('前', 'まえ')}に<wbr>{ruby('戻', 'もど')}る」", "「まえにもどる」"),
        ("a < b & c", "a &lt; b &amp; c", "a < b & c"),
    ],
)
def test_a_reading_stands_above_its_kanji(text: str, page: str, voice: str) -> None:
    """The kanji right before it, or what begins at the bar, where a line may break; spoken, in their place."""
    assert drawn(text, is_japanese=True) == page
    assert spoken(text) == voice


def test_a_japanese_term_is_marked_in_another_language() -> None:
    """With Japanese glyphs and voice there; in Japanese the same marks are quotation marks."""
    assert drawn("Copy 「住民票の写し」", is_japanese=False) == 'Copy <bdi lang="ja">「住民票の写し」</bdi>'
    assert drawn("「戻る」を押す", is_japanese=True) == "「戻る」を押す"


def test_a_title_has_the_readings_alone() -> None:
    """No tag, no word twice."""
    assert title_of(drawn("証明書《しょうめいしょ》が 2 < 3", is_japanese=True)) == "しょうめいしょが 2 < 3"


@given(text=WORDS, is_japanese=st.booleans())
def test_whatever_is_written_is_shown_and_nothing_else(text: str, *, is_japanese: bool) -> None:
    """No character of a text becomes a tag; the marks of the notation alone disappear."""
    page = shown(drawn(text, is_japanese=is_japanese))
    assert page.tags <= {"ruby", "rb", "rt", "bdi", "wbr"}
    if not set("｜《》「」") & set(text):
        assert page.text == text == spoken(text)


@given(value=WORDS)
def test_a_value_is_never_read_as_notation(value: str) -> None:
    """A ward's name with such marks is shown as it is written."""
    page = drawn("{ward}の証明書《しょうめいしょ》", is_japanese=True).format_map({"ward": value})
    assert page == escape(value) + Markup("の<wbr>") + ruby("証明書", "しょうめいしょ")
