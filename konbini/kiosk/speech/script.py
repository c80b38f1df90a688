"""Puts texts of the catalogues into parts that each have a clip: whole sentences, and figures made of few pieces.

Pure. Owns: which texts are said whole with every figure they can hold (`COUNTS`), how numbers, yen, hours, moments,
references and names are made of parts, and therefore the closed set of all parts (`inventory`), which the clips are
made from. Invariant, held by a property test: whatever is composed here consists of parts of the inventory and of
names that are known to have a clip.

Limits: yen and numbers below 10,000 are read as numbers, larger ones digit by digit. A name without a clip is spelled
by mora, Latin letter and digit; one with other characters cannot be, unless its reading is known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from string import Formatter
from typing import TypeAlias

from konbini.kiosk.payment.means import Means, worded
from konbini.kiosk.session.audio import RATES, VOLUMES
from konbini.kiosk.session.list_views import LINES_A_PAGE
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import WardName
from konbini.kiosk.speech.morae import LONG, MORAE, SMALL_TSU, katakana, latin, morae
from konbini.protocol.own_list import MOST_OWN_ISSUANCES

__all__ = ["COUNTDOWN", "COUNTS", "Parts", "Script", "inventory", "said"]

Parts: TypeAlias = tuple[str, ...]
Value: TypeAlias = "int | Parts"

COUNTDOWN = (30, 20, 10, 5)
"""Seconds of the idle warning that are said."""
_FEW = range(1, 6)
_PAGES = range(1, 4)
_LEAVES = range(1, MOST_OWN_ISSUANCES // LINES_A_PAGE + 1)
COUNTS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "audio.choices": {"count": range(61)},
    "audio.listed": {"count": range(1, LINES_A_PAGE + 1)},
    "audio.number": {"n": range(1, 61)},
    "audio.person": {"n": range(1, 31)},
    "audio.rate": {"percent": RATES},
    "audio.volume": {"step": VOLUMES},
    "check.count": {"copies": _FEW},
    "idle.seconds": {"seconds": COUNTDOWN},
    "own_list.page": {"page": _LEAVES, "pages": _LEAVES},
    "paper.all": {"due": _PAGES},
    "paper.some": {"due": _PAGES, "out": range(4)},
    "pin.entered": {"n": range(5)},
    "pin.tries": {"tries": _PAGES},
    "pin.wrong_hint": {"tries": _PAGES},
    "printing.order": {"order": _FEW, "orders": _FEW},
    "printing.page": {"page": _PAGES, "pages": _PAGES},
    "take_paper.hint": {"pages": range(1, 16)},
}
"""Texts that are said whole, and the figures that they hold; any other figure is composed."""

_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
_SOUNDS = re.compile(r"\w")
_MARKS = {LONG: "audio.long", SMALL_TSU: "audio.small_tsu"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BELOW_HUNDRED = range(100)
_MOST_READ = 9999
_TWO_DIGITS = 10
_HOURS, _MINUTES, _DAYS, _MONTHS = range(25), range(60), range(1, 32), range(1, 13)


def said(text: str, language: Language) -> str:
    """Return what the voice is given for `text`: an English voice reads no Japanese. Empty where nothing sounds."""
    if language is not Language.JAPANESE:
        text = _CJK.sub(" ", text)
    text = " ".join(text.split()).strip(" :;,-–・、，")
    return text if _SOUNDS.search(text) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The texts of one spoken language.

    Attributes:
        language: one that has a voice.
        texts: its catalogue, by dotted key.
        names: those that have a clip of their own.
        means: how one pays, where a text has words of its own for it.
    """

    language: Language
    texts: Mapping[str, str]
    names: Container[str] = frozenset()
    means: Means = Means.COINS

    def paid_by(self, means: Means) -> Script:
        """Return the same script for a kiosk where one pays by `means`."""
        return replace(self, means=means)

    def say(self, key: str, **values: Value) -> Parts:
        """Return the text of `key` as parts, with its figures in their places.

        Raises:
            KeyError: no such text, or a placeholder without a value.
        """
        key = worded(key, self.means, self.texts)
        text = self.texts[key]
        ranges = COUNTS.get(key, {})
        if ranges and all(values.get(name) in range_ for name, range_ in ranges.items()):
            return self._whole(text.format_map(values))
        parts: list[str] = []
        for literal, name, _, _ in Formatter().parse(text):
            parts += self._whole(literal)
            if name is not None:
                parts += self._value(values[name])
        return tuple(parts)

    def number(self, number: int, unit: str = "") -> Parts:
        """Return a number of things in few parts, the unit with the last of them."""
        if number > _MOST_READ:
            return (*self.digits(str(number)), *self._whole(unit))
        pieces = [number // 1000 * 1000, number % 1000 // 100 * 100, number % 100]
        heard = [str(piece) for piece in pieces if piece] or ["0"]
        return (*heard[:-1], f"{heard[-1]}{unit}")

    def yen(self, amount: int) -> Parts:
        """Return an amount of money."""
        return self.number(amount, self.texts["audio.yen"])

    def clock(self, time: str) -> Parts:
        """Return a time of day, given as "6:30"."""
        hour, minute = (int(part) for part in time.split(":"))
        if not minute:
            return (self.texts["audio.hour"].format(hour=hour),)
        return (self.texts["audio.hour_and"].format(hour=hour), _minute(self.texts, minute))

    def hours(self, hours: str) -> Parts:
        """Return hours, given as "6:30-23:00"."""
        opens, closes = hours.split("-")
        return self.say("audio.hours", opens=self.clock(opens), closes=self.clock(closes))

    def moment(self, month: int, day: int, time: str) -> Parts:
        """Return a day and a time of day."""
        return self.say(
            "audio.moment",
            month=self._month(month),
            day=self._day(day),
            time=self.clock(time),
        )

    def date(self, year: int, month: int, day: int) -> Parts:
        """Return a day with its year."""
        return self.say("audio.date", year=self._year(year), month=self._month(month), day=self._day(day))

    def dated(self, year: int, month: int, day: int, time: str) -> Parts:
        """Return a day with its year, and a time of day."""
        return self.say("audio.dated", year=self._year(year), moment=self.moment(month, day, time))

    def _year(self, year: int) -> Parts:
        return self.number(year, self.texts["audio.year"])

    def _month(self, month: int) -> Parts:
        return (self.texts[f"audio.month_{month}"],)

    def _day(self, day: int) -> Parts:
        return (self.texts["audio.day"].format(day=day),)

    def digits(self, text: str) -> Parts:
        """Return digits one by one; whatever parts them is said as a dash."""
        return tuple(each if each.isdigit() else self.texts["audio.dash"] for each in text)

    def place(self, name: WardName) -> Parts:
        """Return the name of a municipality or a prefecture; a Japanese voice is given katakana, as with morae."""
        if self.language is Language.JAPANESE:
            return self.name(katakana(name.reading) or name.written)
        return self.name(name.latin or name.written)

    def name(self, name: str) -> Parts:
        """Return a name: its clip, or spelled, or that it can only be seen."""
        if name in self.names:
            return (name,)
        return self.spelled(name) or (self.texts["audio.unread"],)

    def person(self, name: str, reading: str) -> Parts:
        """Return a person's name: as it is read, or spelled as it is written; nothing where neither can be said.

        Args:
            name: as the register has it.
            reading: its kana (振り仮名), empty where it has none; an English voice takes it for a name that is not in
                Latin letters.
        """
        read, written = self.spelled(reading.replace("・", " ")), self.spelled(name)
        return read or written if self.language is Language.JAPANESE else written or read

    def spelled(self, name: str) -> Parts:
        """Return a name mora by mora, letter by letter; nothing where one of its characters has no name here."""
        letters = [self._letter(each) for each in morae(unicodedata.normalize("NFKC", name)) if not each.isspace()]
        return tuple(letters) if all(letters) else ()

    def row(self, kana: str) -> Parts:
        """Return a row of the syllabary by its first letter."""
        return (self._mora(kana),)

    def _mora(self, mora: str) -> str:
        return katakana(mora) if self.language is Language.JAPANESE else latin(mora)

    def _letter(self, letter: str) -> str:
        """Return how one letter is said, empty where it has no name."""
        upper = letter.upper()
        if upper in _LETTERS or (letter.isascii() and letter.isdigit()):
            return upper
        if letter in "-・.,'":
            return self.texts["audio.dash"]
        if letter in _MARKS:
            return self.texts[_MARKS[letter]]
        return self._mora(letter) if letter in MORAE else ""

    def _whole(self, text: str) -> Parts:
        heard = said(text, self.language)
        return (heard,) if heard else ()

    def _value(self, value: Value) -> Parts:
        if isinstance(value, int):
            return self.number(value)
        return value


def _minute(texts: Mapping[str, str], minute: int) -> str:
    return texts["audio.minute" if minute >= _TWO_DIGITS else "audio.minute_below_ten"].format(minute=minute)


def inventory(language: Language, texts: Mapping[str, str]) -> frozenset[str]:
    """Return every part that a script of `language` can say, without names."""
    script = Script(language=language, texts=texts)
    return frozenset((*_sentences(script), *_figures(script), *_letters(script)))


def _sentences(script: Script) -> Iterator[str]:
    for key, text in script.texts.items():
        for literal, _, _, _ in Formatter().parse(text):
            yield from script._whole(literal)  # noqa: SLF001 - the same room
        ranges = COUNTS.get(key, {})
        for figures in product(*ranges.values()) if ranges else ():
            yield from script.say(key, **dict(zip(ranges, figures, strict=True)))


def _figures(script: Script) -> Iterator[str]:
    texts = script.texts
    for unit in ("", texts["audio.yen"], texts["audio.year"]):
        for number in (*_BELOW_HUNDRED, *range(100, 1000, 100), *range(1000, _MOST_READ, 1000)):
            yield f"{number}{unit}"
    yield from (texts["audio.hour"].format(hour=hour) for hour in _HOURS)
    yield from (texts["audio.hour_and"].format(hour=hour) for hour in _HOURS)
    yield from (_minute(texts, minute) for minute in _MINUTES)
    yield from (texts["audio.day"].format(day=day) for day in _DAYS)
    yield from (texts[f"audio.month_{month}"] for month in _MONTHS)


def _letters(script: Script) -> Iterator[str]:
    yield from _LETTERS
    yield from (script._mora(each) for each in MORAE)  # noqa: SLF001 - the same room
