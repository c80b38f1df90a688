"""What somebody types, brought to the form in which names are compared.

Japanese: hiragana without the marks of voice and without small letters, which a kiosk's keyboard may lack, and one form
of each Chinese character that municipalities' names are written with in two (竜ヶ崎, 龍ケ崎). Latin: long vowels short,
however written (Ōsaka, Oosaka, Ohsaka), Kunrei spelling as Hepburn (Tiba, Chiba), m before b, m and p as n.

Invariant: the form of a name's beginning is a beginning of the name's form, so that nobody who types letter by letter
is lost on the way. In Latin a last m may yet become n; `with_m` gives a name's other form for that.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["digits", "is_latin", "japanese", "latin", "with_m"]

_LARGE = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", strict=True))
_ONE_FORM = dict(zip("竜釜桧鯵條檮沢曾冨嶋渕斉惠", "龍竈檜鰺条梼澤曽富島淵斎恵", strict=True))
_MARKS = (0x3099, 0x309A)
_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_KATAKANA = {chr(code): chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ") + 1)}
_JAPANESE = (
    str.maketrans({katakana: _LARGE.get(hiragana, hiragana) for katakana, hiragana in _KATAKANA.items()})
    | str.maketrans(_LARGE | _ONE_FORM)
    | dict.fromkeys((*map(ord, "ー・ "), *_MARKS, *_SELECTORS))
)
_ENGLISH = re.compile(r"[\s-](city|ward|town|village)\s*$")
_NO_LETTER = re.compile(r"[^a-z]")
_HEPBURN = {"si": "shi", "ti": "chi", "tu": "tsu", "zi": "ji", "di": "ji", "du": "zu"}
_HEPBURN |= {"sy": "sh", "ty": "ch", "zy": "j", "jy": "j"}
_KUNREI = re.compile("|".join(_HEPBURN))
_RULES = (
    (re.compile(r"(?<![sc])hu"), "fu"),
    (re.compile(r"oh(?![aiueoy])"), "o"),
    (re.compile(r"o[ou]+"), "o"),
    (re.compile(r"uu+"), "u"),
    (re.compile(r"m(?=[bmp])"), "n"),
)
_BEFORE_LIPS = re.compile(r"n(?=[bmp])")


def japanese(text: str) -> str:
    """Give the form of kana and Chinese characters, without spaces."""
    return unicodedata.normalize("NFKD", text).translate(_JAPANESE)


def is_latin(text: str) -> bool:
    """Tell whether somebody types in Latin letters: the first letter is one."""
    return unicodedata.normalize("NFKD", text.lstrip())[:1].lower() in set("abcdefghijklmnopqrstuvwxyz")


def latin(text: str) -> str:
    """Give the form of a name in Latin letters: letters alone, and no `City` at its end."""
    small = "".join(
        letter for letter in unicodedata.normalize("NFKD", text).lower() if not unicodedata.combining(letter)
    )
    spelled = _KUNREI.sub(lambda found: _HEPBURN[found[0]], _NO_LETTER.sub("", _ENGLISH.sub("", small)))
    for rule, written in _RULES:
        spelled = rule.sub(written, spelled)
    return spelled


def with_m(form: str) -> str:
    """Give the other form of a name in Latin letters: with m before b, m and p."""
    return _BEFORE_LIPS.sub("m", form)


def digits(text: str) -> str:
    """Give the digits of a postcode, whatever stands around them (〒160-0022); empty where anything else does."""
    bare = re.sub(r"[\s〒‐-―−ー-]", "", unicodedata.normalize("NFKC", text))
    return bare if bare.isascii() and bare.isdigit() else ""
