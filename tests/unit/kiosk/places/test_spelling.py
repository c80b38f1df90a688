"""What is typed differently and means the same has one form."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.places.spelling import digits, is_latin, japanese, latin, with_m

KANA = st.text(alphabet=[chr(code) for code in range(ord("ぁ"), ord("ゖ") + 1)], max_size=8)
LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzōū -'", max_size=12)


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("シンジュク", "しんしゆく"),
        ("ｼﾝｼﾞｭｸ", "しんしゆく"),
        ("ぐじょう", "くしよう"),
        ("龍ヶ崎", "龍け崎"),
        ("竜ケ崎", "龍け崎"),
        ("塩釜 市", "塩竈市"),
        ("葛\U000e0100城", "葛城"),
        ("ニセコ　町", "にせこ町"),
    ],
)
def test_japanese(typed: str, form: str) -> None:
    """Katakana, half width, voice, small letters, other forms, selectors, spaces."""
    assert japanese(typed) == form


@pytest.mark.parametrize(
    "typed", ["Ōsaka", "OSAKA", "Oosaka", "Ohsaka", "Ousaka", "ô-saka", "Osaka City", "osaka town"]
)
def test_latin_long_vowels(typed: str) -> None:
    """All ways to write a long vowel, and the kind in English."""
    assert latin(typed) == "osaka"


@pytest.mark.parametrize(
    ("kunrei", "hepburn"),
    [("Tiba", "Chiba"), ("Huzisawa", "Fujisawa"), ("Syônai", "Shonai"), ("Tyûô", "Chuo"), ("Tuyama", "Tsuyama")],
)
def test_latin_kunrei(kunrei: str, hepburn: str) -> None:
    """As schools taught it."""
    assert latin(kunrei) == latin(hepburn)


def test_latin_n_before_lips() -> None:
    """Passports and railways write m; a name has both forms, so that no letter of it is a dead end."""
    assert latin("Nambu-cho") == latin("Nanbu-cho") == "nanbucho"
    assert with_m("nanbucho") == "nambucho"


@given(KANA, KANA)
def test_a_beginning_stays_a_beginning(one: str, other: str) -> None:
    """Who types on never leaves the name."""
    assert japanese(one + other).startswith(japanese(one))


@given(KANA)
def test_katakana_is_hiragana(kana: str) -> None:
    """And a form is its own form."""
    katakana = "".join(chr(ord(letter) + 0x60) for letter in kana)
    assert japanese(katakana) == japanese(kana) == japanese(japanese(kana))


@given(st.text())
def test_any_text_has_a_form(text: str) -> None:
    """Nothing typed is an error."""
    assert not set(japanese(text)) & {" ", "　", "ー"}
    assert set(latin(text)) <= set("abcdefghijklmnopqrstuvwxyz")
    assert digits(text) == "" or digits(text).isdigit()


@given(LATIN)
def test_marks_and_case_do_not_count(text: str) -> None:
    """Composed, decomposed, capitals."""
    assert latin(unicodedata.normalize("NFD", text)) == latin(text.upper()) == latin(text)


@pytest.mark.parametrize(
    ("text", "whether"), [("Ōsaka", True), (" tsu", True), ("つ", False), ("津", False), ("", False)]
)
def test_is_latin(text: str, whether: bool) -> None:  # noqa: FBT001 - a column of the table
    """By the first letter."""
    assert is_latin(text) is whether


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("〒160-0022", "1600022"),
        ("１６０－００２２", "1600022"),
        ("160 0022", "1600022"),
        ("160", "160"),
        ("16a", ""),
        ("", ""),
    ],
)
def test_digits(text: str, found: str) -> None:
    """What stands around the digits of a postcode is left out; anything else makes it none."""
    assert digits(text) == found
