"""Each catalogue is in its own language, keeps the Japanese terms, and writes figures as its readers do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.kiosk.session.look import MAIN_LANGUAGES, Language
from konbini.kiosk.session.order_views import EndView
from konbini.kiosk.ui.catalogue import CatalogueFaulty, Standing, catalogues, compared
from konbini.kiosk.ui.pages import Marks, Pages

DOCUMENT = Path(__file__).parents[4] / "docs" / "languages.md"
CATALOGUES = catalogues()
OTHERS = [each for each in Language if not each.is_japanese]
LATIN = (
    Language.ENGLISH,
    Language.VIETNAMESE,
    Language.PORTUGUESE,
    Language.SPANISH,
    Language.FILIPINO,
    Language.INDONESIAN,
)
CHINESE = (Language.SIMPLIFIED_CHINESE, Language.TRADITIONAL_CHINESE)
TERM = re.compile("「[^「」]*」")
HOLE = re.compile(r"\{\w+\}")
KANA, KANJI = "ぁ-ゖァ-ヺー", "㐀-鿿々〆"
SAME_AS_ENGLISH = {"Audio", "OK", "PIN"}
ENGLISH = CATALOGUES[Language.ENGLISH].texts
FILLED = dict.fromkeys((hole[1:-1] for text in ENGLISH.values() for hole in HOLE.findall(text)), "1")
"""A value for each placeholder that there is."""


def bare(language: Language, key: str) -> str:
    """Return a text without its placeholders and its Japanese terms."""
    return HOLE.sub("", TERM.sub("", CATALOGUES[language].texts[key]))


@pytest.mark.parametrize("language", OTHERS, ids=lambda each: each.value)
def test_japanese_stands_in_brackets(language: Language) -> None:
    """No kana is left over, and no kanji but in Chinese: what is kept is marked as Japanese."""
    foreign = re.compile(f"[{KANA}]" if language in CHINESE else f"[{KANA}{KANJI}]")
    assert {key: text for key in CATALOGUES[language].texts if foreign.search(text := bare(language, key))} == {}


@pytest.mark.parametrize("language", [each for each in Language if each not in LATIN], ids=lambda each: each.value)
def test_no_latin_word_is_left_over(language: Language) -> None:
    """In a language with letters of its own."""
    texts = CATALOGUES[language].texts
    assert {key: text for key in texts if re.search("[A-Za-z]{2}", text := bare(language, key))} == {}


@pytest.mark.parametrize("language", LATIN[1:], ids=lambda each: each.value)
def test_no_english_text_is_left_over(language: Language) -> None:
    """No text is the English one, nor has it the words that each English sentence has."""
    plain = {key: text for key in ENGLISH if HOLE.sub("", text := CATALOGUES[language].texts[key]).strip(" ,.:/「」")}
    same = {key: text for key, text in plain.items() if text == ENGLISH[key] and key != "service.thousands"}
    assert set(same.values()) <= SAME_AS_ENGLISH
    words = re.compile(r"\b(the|of|your|please|with|this|from|and|you|is|not)\b", re.IGNORECASE)
    assert {key: text for key, text in plain.items() if words.search(text)} == {}


def test_every_kanji_of_plain_japanese_has_its_reading() -> None:
    """Furigana above each, in each text."""
    texts = CATALOGUES[Language.PLAIN_JAPANESE]
    assert {key for key in texts.texts if re.search(f"[{KANJI}《》｜]", texts.text(key, **FILLED))} == set()


@pytest.mark.parametrize("language", OTHERS, ids=lambda each: each.value)
def test_the_papers_are_named_in_japanese_too(language: Language) -> None:
    """A resident asks at a counter for what is printed on the paper."""
    for kind, name in (
        ("resident_record", "住民票の写し"),
        ("resident_record_items", "住民票記載事項証明書"),
        ("seal_registration", "印鑑登録証明書"),
    ):
        assert f"「{name}」" in CATALOGUES[language].texts[f"kind.{kind}_hint"]


@pytest.mark.parametrize("language", Language, ids=lambda each: each.value)
def test_a_button_is_quoted_as_it_is_labelled(language: Language) -> None:
    """Where a sentence says which button to touch."""
    texts = CATALOGUES[language]
    assert texts.text("do.back") in texts.text("postcode.unknown_hint")


def test_each_language_has_a_name_of_its_own() -> None:
    """In its own letters."""
    names = [each.text("service.own_name") for each in CATALOGUES.values()]
    assert len(set(names)) == len(Language) == 14


AMOUNTS = {
    Language.JAPANESE: "1,200円",
    Language.PLAIN_JAPANESE: "1,200えん",
    Language.ENGLISH: "¥1,200",
    Language.SIMPLIFIED_CHINESE: "1,200日元",
    Language.KOREAN: "1,200엔",
    Language.VIETNAMESE: "1.200 yên",
    Language.TRADITIONAL_CHINESE: "1,200日圓",
    Language.PORTUGUESE: "1.200 ienes",
    Language.SPANISH: "1.200 yenes",
    Language.FILIPINO: "1,200 yen",
    Language.NEPALI: "1,200 येन",
    Language.INDONESIAN: "1.200 yen",
    Language.THAI: "1,200 เยน",
    Language.BURMESE: "1,200 ယန်း",
}
MOMENTS = {
    Language.JAPANESE: "11月15日 7:13",
    Language.PLAIN_JAPANESE: "11がつ15にち 7:13",
    Language.ENGLISH: "7:13 on 15/11",
    Language.SIMPLIFIED_CHINESE: "11月15日 7:13",
    Language.KOREAN: "11월 15일 7:13",
    Language.VIETNAMESE: "7:13, ngày 15 tháng 11",
    Language.TRADITIONAL_CHINESE: "11月15日 7:13",
    Language.PORTUGUESE: "15/11, 7:13",
    Language.SPANISH: "15/11, 7:13",
    Language.FILIPINO: "7:13, ika-15 ng buwan 11",
    Language.NEPALI: "11 महिनाको 15 तारिख 7:13",
    Language.INDONESIAN: "15/11 pukul 7.13",
    Language.THAI: "15/11 เวลา 7:13 น.",
    Language.BURMESE: "11 လ 15 ရက် 7:13",
}


@pytest.mark.parametrize("language", Language, ids=lambda each: each.value)
def test_figures_are_written_as_their_readers_write_them(language: Language) -> None:
    """Money and moments: order, separators and units."""
    texts = CATALOGUES[language]
    amount = "1,200".replace(",", texts.text("service.thousands"))
    assert texts.text("service.yen", amount=amount) == AMOUNTS[language]
    assert texts.text("service.moment", month=11, day=15, hour=7, minute="13") == MOMENTS[language]


def test_a_page_groups_an_amount_as_its_language_does() -> None:
    """The same fee in two languages."""
    marks = Marks(token="t", step="s", version="v")  # noqa: S106 - no secret
    pages = Pages()
    assert "1,200円" in pages.draw(EndView(fee=1200), marks)
    assert "1.200 yenes" in pages.draw(EndView(fee=1200, language=Language.SPANISH), marks)


def rows() -> list[str]:
    """Return the rows of the document's table, as the catalogues have them."""
    names = {each: texts.texts["service.own_name"] for each, texts in CATALOGUES.items()}
    names[Language.PLAIN_JAPANESE] = "やさしい日本語"  # without the reading that the file gives
    where = {each: "a button" if each in MAIN_LANGUAGES else "in the list" for each in Language}
    return [
        f"| {names[each]} | `{each.value}` | {where[each]} | {texts.standing.value} |"
        for each, texts in CATALOGUES.items()
    ]


def test_the_document_says_who_has_read_what() -> None:
    """docs/languages.md lists each language with its standing, as the files say it."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    assert [line for line in lines if re.match(r"\| .* \| `", line)] == rows()


def test_a_catalogue_says_its_standing() -> None:
    """Two are originals; what no speaker has read is not passed off as read."""
    originals = {each for each, texts in CATALOGUES.items() if texts.standing is Standing.ORIGINAL}
    assert originals == {Language.JAPANESE, Language.ENGLISH}


def test_the_comparison_takes_all_of_them() -> None:
    """A text that is missing in the last language is found as in the first."""
    texts = CATALOGUES[Language.BURMESE]
    short = type(texts)(language=texts.language, texts={k: v for k, v in texts.texts.items() if k != "pin.ok"})
    with pytest.raises(CatalogueFaulty, match=r"my: .*pin\.ok"):
        compared({**CATALOGUES, Language.BURMESE: short})
