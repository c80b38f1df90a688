"""The Hepburn rule: names that signs and maps show, and what holds for every reading."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.places.latin import municipality_name, transliterated

PLAIN = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ"
)
SYLLABLES = [*PLAIN, *(first + small for first in "きしちにひみりぎじびぴ" for small in "ゃゅょ")]
SYLLABLE = re.compile(r"(ky|sh|ch|ts|ny|hy|my|ry|gy|by|py|[kstnhmyrwgzjdbpf])?[aiueo]|n|[kstgpdbz](?=[kstgpdbzcj])")
readings = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=8).map("".join)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("おおさか", "osaka"),
        ("とうきょう", "tokyo"),
        ("きたきゅうしゅう", "kitakyushu"),
        ("ひがしおおさか", "higashiosaka"),
        ("ぶんごおおの", "bungoono"),
        ("すおうおおしま", "suooshima"),
        ("りゅうおう", "ryuo"),
        ("とうおん", "toon"),
        ("にいがた", "niigata"),
        ("しゃこたん", "shakotan"),
        ("ちゅうおう", "chuo"),
        ("じょうえつ", "joetsu"),
        ("はっぽう", "happo"),
        ("くっちゃん", "kutchan"),
        ("すっつ", "suttsu"),
        ("なんぶ", "nanbu"),
        ("しんおんせん", "shinonsen"),
        ("かつ・うら", "katsuura"),
        ("とよ・おか", "toyooka"),
        ("こうづしま", "kozushima"),
        ("ふちゅう", "fuchu"),
        ("", ""),
    ],
)
def test_names_as_signs_show_them(kana: str, latin: str) -> None:
    """Long vowels, contracted sounds, double consonants, and words that meet in a vowel."""
    assert transliterated(kana) == latin


@pytest.mark.parametrize(
    ("name", "kana", "latin"),
    [
        ("新宿区", "しんじゅくく", "Shinjuku-ku"),
        ("札幌市", "さっぽろし", "Sapporo-shi"),
        ("大町町", "おおまちちょう", "Omachi-cho"),
        ("東庄町", "とうのしょうまち", "Tonosho-machi"),
        ("十日町市", "とおかまちし", "Tokamachi-shi"),
        ("東村", "ひがしそん", "Higashi-son"),
        ("東海村", "とうかいむら", "Tokai-mura"),
        ("津市", "つし", "Tsu-shi"),
    ],
)
def test_the_kind_follows_a_hyphen(name: str, kana: str, latin: str) -> None:
    """As the last letters are read, once, and never those of the name."""
    assert municipality_name(name, kana) == latin


@pytest.mark.parametrize("name_kana", [("東京都", "とうきょうと"), ("新宿区", "しんじゅくし"), ("市", "し"), ("", "")])
def test_what_is_no_municipality(name_kana: tuple[str, str]) -> None:
    """No kind, another kind's reading, a kind alone, nothing."""
    with pytest.raises(ValueError, match="市, 区, 町 or 村"):
        municipality_name(*name_kana)


@pytest.mark.parametrize(
    "kana", ["カツ", "新宿", "abc", "ゃ", "かゃ", "いゃ", "っ", "っあ", "さっ", "ー", "ゐ", "っ・か"]
)
def test_what_is_no_reading(kana: str) -> None:
    """Refused, never guessed."""
    with pytest.raises(ValueError, match=r"hiragana|small"):
        transliterated(kana)


@given(readings)
def test_every_reading_is_syllables(kana: str) -> None:
    """Nothing but small letters in Japanese syllables."""
    written, place = transliterated(kana), 0
    while place < len(written):
        found = SYLLABLE.match(written, place)
        assert found, (kana, written)
        place = found.end()


@given(readings, readings)
def test_words_that_are_parted_are_written_one_after_the_other(one: str, other: str) -> None:
    """A `・` takes away what a vowel would lengthen."""
    assert transliterated(f"{one}・{other}") == transliterated(one) + transliterated(other)


@given(readings)
def test_a_long_vowel_is_written_once(kana: str) -> None:
    """A second う behind any o or u changes nothing, unless that o or u was a lengthening itself."""
    short = f"{kana}こ"
    assert transliterated(f"{short}う") == transliterated(f"{short}お") == transliterated(short)
