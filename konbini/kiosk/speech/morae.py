"""The sounds that Japanese words are made of (拍, morae), each with a clip of its own: kana split into them. Pure.

Owns: the closed set of morae (`MORAE`), and how a voice is given each. A Japanese voice is given katakana: a lone は or
へ in hiragana is taken for the particle, and read "wa" and "e". Limits: a small っ and a ー are no sounds of their own,
and stand alone; so does whatever is no kana.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from konbini.kiosk.places.latin import transliterated

__all__ = ["LONG", "MORAE", "SMALL_TSU", "katakana", "latin", "morae"]

SMALL_TSU: Final = "っ"
LONG: Final = "ー"

_SINGLE = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ"
)
_PALATAL = tuple(f"{kana}{small}" for kana in "きしちにひみりぎじぢびぴ" for small in "ゃゅょ")
_FOREIGN: Mapping[str, str] = {
    "ゔ": "vu",
    "ゔぁ": "va",
    "ゔぃ": "vi",
    "ゔぇ": "ve",
    "ゔぉ": "vo",
    "うぃ": "wi",
    "うぇ": "we",
    "うぉ": "wo",
    "しぇ": "she",
    "じぇ": "je",
    "ちぇ": "che",
    "つぁ": "tsa",
    "つぃ": "tsi",
    "つぇ": "tse",
    "つぉ": "tso",
    "てぃ": "ti",
    "でぃ": "di",
    "とぅ": "tu",
    "どぅ": "du",
    "てゅ": "tyu",
    "でゅ": "dyu",
    "すぃ": "si",
    "ずぃ": "zi",
    "ふぁ": "fa",
    "ふぃ": "fi",
    "ふぇ": "fe",
    "ふぉ": "fo",
    "いぇ": "ye",
}
"""As foreign names are written; the other pairs of a kana and a small one are said as two."""
MORAE: Mapping[str, str] = {**{each: transliterated(each) for each in (*_SINGLE, *_PALATAL)}, **_FOREIGN}
"""Every mora in hiragana, and in Latin letters."""

_ALONE = dict(zip("ぁぃぅぇぉゃゅょゎゕゖゐゑ", "あいうえおやゆよわかけいえ", strict=True))
"""Small kana that join none before them, and those of the old spelling: how they sound."""
_TO_HIRAGANA = 0x60
_HIRAGANA, _KATAKANA = range(0x3041, 0x3097), range(0x30A1, 0x30F7)


def morae(text: str) -> tuple[str, ...]:
    """Split a text into morae, in hiragana, and characters that are none."""
    split: list[str] = []
    for letter in text:
        kana = chr(ord(letter) - _TO_HIRAGANA) if ord(letter) in _KATAKANA else letter
        if split and split[-1] + kana in MORAE:
            split[-1] += kana
        else:
            split.append(_ALONE.get(kana, kana))
    return tuple(split)


def katakana(kana: str) -> str:
    """Write kana in katakana."""
    return "".join(chr(ord(each) + _TO_HIRAGANA) if ord(each) in _HIRAGANA else each for each in kana)


def latin(mora: str) -> str:
    """Write a mora in Latin letters.

    Raises:
        KeyError: it is none.
    """
    return MORAE[mora]
