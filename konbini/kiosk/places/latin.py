"""Names of municipalities in Latin letters, from their reading: the Hepburn rule as it stands on signs and maps.

Long vowels have no mark (大阪 Osaka, 中央 Chuo), as in passports and on maps. The kind of municipality is kept and set
off with a hyphen (`-shi`, `-ku`). ん is always n: a passport has m before b, m and p, but 群馬 is Gunma to everybody.
Kana alone do not say whether おう is one long vowel or the end of one word and the beginning of the next (松浦, まつ
and うら): a reading may have a `・` there.
"""

from __future__ import annotations

import re

__all__ = ["municipality_name", "transliterated"]

_VOWELS = "aiueo"
_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "s": "さ すせそ",
    "t": "た  てと",
    "n": "なにぬねの",
    "h": "はひ へほ",
    "m": "まみむめも",
    "y": "や ゆ よ",
    "r": "らりるれろ",
    "w": "わ    ",
    "g": "がぎぐげご",
    "z": "ざ ずぜぞ",
    "d": "だ  でど",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}
_OWN = {"し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "を": "o", "ん": "n"}
_PLAIN = _OWN | {
    kana: consonant + vowel
    for consonant, row in _ROWS.items()
    for kana, vowel in zip(row, _VOWELS, strict=False)
    if kana != " "
}
_SMALL = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_MORA = re.compile(r"(?P<double>っ?)(?P<sound>[^っゃゅょ・])(?P<small>[ゃゅょ]?)|(?P<break>・)")
_LONG = frozenset({("o", "う"), ("o", "お"), ("u", "う")})
_KINDS = {"市": ("し",), "区": ("く",), "町": ("ちょう", "まち"), "村": ("むら", "そん")}


def municipality_name(name: str, kana: str) -> str:
    """Write a municipality's name: 新宿区, しんじゅくく gives `Shinjuku-ku`.

    Raises:
        ValueError: the name is of no kind of municipality, its reading does not end as that kind is read, or a letter
            of it is none.
    """
    for kind in _KINDS.get(name[-1:], ()):
        if kana.endswith(kind) and kana != kind:
            return f"{transliterated(kana.removesuffix(kind)).capitalize()}-{transliterated(kind)}"
    raise ValueError("a municipality's name ends with 市, 区, 町 or 村, and so does its reading")


def transliterated(kana: str) -> str:
    """Write hiragana in small Latin letters; a `・` parts words and is not written.

    Raises:
        ValueError: a letter that is not hiragana of today's spelling, or small kana without one to stand with.
    """
    written, place, vowel = "", 0, ""
    while place < len(kana):
        mora = _MORA.match(kana, place)
        if mora is None:
            raise ValueError("not a reading in hiragana")
        place = mora.end()
        if mora["break"] or (not mora["double"] and not mora["small"] and (vowel, mora["sound"]) in _LONG):
            vowel = ""  # a vowel lengthens the one before it once, and none across words
            continue
        sound = _sound(mora)
        written += sound
        vowel = sound[-1]
    return written


def _sound(mora: re.Match[str]) -> str:
    sound = _PLAIN.get(mora["sound"])
    if sound is None:
        raise ValueError("not a reading in hiragana")
    if mora["small"]:
        sound = _joined(sound, mora["small"])
    if not mora["double"]:
        return sound
    if sound[0] in _VOWELS:
        raise ValueError("a small つ stands before a consonant")
    return ("t" if sound.startswith("ch") else sound[0]) + sound


def _joined(sound: str, small: str) -> str:
    """Join ki and small ya to kya, shi and small ya to sha."""
    if not sound.endswith("i") or sound == "i":
        raise ValueError("a small や, ゆ or よ stands after a sound in i")
    stem = sound[:-1]
    return f"{stem}{'' if stem in {'sh', 'ch', 'j'} else 'y'}{_SMALL[small]}"
