"""Kana as morae: each one sound, and the voice given katakana."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.speech.morae import LONG, MORAE, SMALL_TSU, katakana, latin, morae


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("はなこ", ("は", "な", "こ")),
        ("しょうへい", ("しょ", "う", "へ", "い")),
        ("ジョッシュ", ("じょ", SMALL_TSU, "しゅ")),
        ("ヴィクトリア", ("ゔぃ", "く", "と", "り", "あ")),
        ("スー　ティファニー", ("す", LONG, "　", "てぃ", "ふぁ", "に", LONG)),
        ("ゐあぁヶ", ("い", "あ", "あ", "け")),
        ("見A1", ("見", "A", "1")),
    ],
)
def test_kana_are_split_as_they_sound(text: str, split: tuple[str, ...]) -> None:
    """A small kana belongs to the one before it where the two are one sound, and is a sound of its own elsewhere."""
    assert morae(text) == split


@given(text=st.text(st.sampled_from("".join(MORAE) + SMALL_TSU + LONG + "ゃぁ　見x"), max_size=20))
def test_nothing_is_lost(text: str) -> None:
    """What is split is the text, in as many pieces as it has letters or fewer; each is a mora, a mark or no kana."""
    split = morae(text)
    assert morae("".join(split)) == split
    assert len(split) <= len(text)
    assert all(each in MORAE or each in (SMALL_TSU, LONG, "　", "見", "x") for each in split)


def test_a_voice_is_given_katakana() -> None:
    """A は or へ alone in hiragana would be the particle."""
    assert [katakana(each) for each in ("は", "きゃ", "ゔぃ", LONG)] == ["ハ", "キャ", "ヴィ", LONG]


def test_every_mora_has_latin_letters_and_only_those_that_sound_alike_share_them() -> None:
    """じ and ぢ, ず and づ, お and を, and what is palatal of them."""
    written = [latin(mora) for mora in MORAE]
    assert all(each.isascii() and each.isalpha() for each in written)
    assert {each for each in written if written.count(each) > 1} == {"o", "ji", "zu", "ja", "ju", "jo"}
