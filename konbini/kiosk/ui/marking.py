"""What a catalogue's text carries besides its words: readings above kanji, and Japanese terms in another language.

The notation, in every catalogue:

* `漢字《かんじ》` gives the kanji before 《 their reading; `｜1人《ひとり》` where the part that is read has other
  characters too. Plain Japanese uses it (furigana, ふりがな); it is the notation of Aozora Bunko.
* `「住民票の写し」` in a language that is not Japanese is a Japanese term, kept because the resident meets it on paper
  or at a counter: it is drawn with Japanese glyphs and spoken as Japanese.

Two forms of a text: `drawn` for a page, `spoken` for titles, labels and whatever cannot hold markup. Both are pure, and
both keep the text's placeholders. A value is never read as notation: it is put in after the notation is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

__all__ = ["drawn", "spoken", "title_of"]

_NOTATION: Final = re.compile(
    r"(?:｜(?P<parted>[^｜《》「」]+)|(?P<kanji>[\u3400-\u9fff\uf900-\ufaff々〆ヶ]+))《(?P<reading>[^《》]+)》"
    r"|「(?P<term>[^「」]+)」"
)
_PHRASE_ENDS: Final = re.compile(r"[ぁ-ゖ](?<![おご])\Z")
_BASE: Final = re.compile(r'<rb aria-hidden="true">[^<]*</rb>')


def drawn(text: str, *, is_japanese: bool) -> Markup:
    """Return `text` as markup, everything escaped but the marks.

    A base stands hidden from assistive technology and its reading does not, so that each word is spoken once. A line
    may break where a word with a reading begins behind hiragana, which no browser finds out; not behind お and ご.
    """
    return Markup("").join(_pieces(text, is_japanese=is_japanese))


def _pieces(text: str, *, is_japanese: bool) -> Iterator[Markup]:
    end = 0
    for found in _NOTATION.finditer(text):
        before, end = text[end : found.start()], found.end()
        yield escape(before)
        if found["reading"]:
            base = found["parted"] or found["kanji"]
            if _PHRASE_ENDS.search(before):
                yield Markup("<wbr>")
            yield Markup('<ruby><rb aria-hidden="true">{}</rb><rt>{}</rt></ruby>').format(base, found["reading"])
        elif is_japanese:
            yield Markup("「") + Markup("").join(_pieces(found["term"], is_japanese=True)) + Markup("」")
        else:
            yield Markup('<bdi lang="ja">{}</bdi>').format(found[0])
    yield escape(text[end:])


def spoken(text: str) -> str:
    """Return `text` with readings in place of what they are the readings of."""
    return _NOTATION.sub(lambda found: found["reading"] or f"「{spoken(found['term'])}」", text)


def title_of(heading: Markup) -> str:
    """Return a heading that was drawn as the text of a title: no tags, and readings in place of their bases."""
    return Markup(_BASE.sub("", heading)).striptags()  # noqa: S704 - it was markup before
