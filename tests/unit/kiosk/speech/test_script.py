"""Texts and figures as parts that have clips: whatever is composed is in the inventory."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import WardName
from konbini.kiosk.speech.script import Script, inventory, said
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.speech.voices import clip_name

JA, EN = (
    Script(language=language, texts=spoken_texts()[language]) for language in (Language.JAPANESE, Language.ENGLISH)
)
CLIPS = {script.language: inventory(script.language, script.texts) for script in (JA, EN)}
BOTH = pytest.mark.parametrize("script", [JA, EN], ids=["ja", "en"])


@BOTH
@given(amount=st.integers(0, 99_999))
def test_every_amount_is_said_in_parts_that_there_are(script: Script, amount: int) -> None:
    """Numbers and yen, one and all, in seven parts at most."""
    for parts in (script.number(amount), script.yen(amount)):
        assert 0 < len(parts) <= 7
        assert set(parts) <= CLIPS[script.language]


@pytest.mark.parametrize(
    ("amount", "heard"),
    [
        (0, ("0円",)),
        (300, ("300円",)),
        (1250, ("1000", "200", "50円")),
        (1005, ("1000", "5円")),
        (12_300, ("1", "2", "3", "0", "0", "円")),
    ],
)
def test_yen_are_read_as_a_person_reads_them(amount: int, heard: tuple[str, ...]) -> None:
    """The unit belongs to the last part, so that 三百円 is one word."""
    assert JA.yen(amount) == heard


@BOTH
@given(hour=st.integers(0, 24), minute=st.integers(0, 59), day=st.integers(1, 31), month=st.integers(1, 12))
def test_every_moment_can_be_said(script: Script, hour: int, minute: int, day: int, month: int) -> None:
    """Hours of a ward, and when it opens again."""
    clock = f"{hour}:{minute:02}"
    for parts in (script.hours(f"{clock}-23:00"), script.moment(month, day, clock)):
        assert set(parts) <= CLIPS[script.language]


@BOTH
@given(text=st.from_regex(r"[0-9]{6}(-[0-9]{4}){2}", fullmatch=True))
def test_every_reference_can_be_said(script: Script, text: str) -> None:
    """Digit by digit, with a word for each dash."""
    parts = script.digits(text)
    assert len(parts) == len(text)
    assert set(parts) <= CLIPS[script.language]


def test_a_text_with_its_figure_is_said_whole_where_it_has_a_clip() -> None:
    """あと 1 回 has its own sound; a figure outside the expected range is put together."""
    assert JA.say("pin.tries", tries=1) == ("入力できる回数：あと 1 回",)
    assert JA.say("pin.tries", tries=7) == ("入力できる回数：あと", "7", "回")


def test_a_name_is_its_clip_or_spelled_or_only_seen() -> None:
    """Kana and Latin letters can be spelled; kanji without a reading cannot; the voice is given katakana."""
    name = WardName(written="見本区", latin="Mihon City", reading="みほんく")
    known = Script(language=Language.JAPANESE, texts=JA.texts, names=frozenset({"ミホンク", "ハチオウジシ"}))
    assert known.place(name) == ("ミホンク",)
    assert known.place(WardName(written="八王子市", latin="Hachioji-shi", reading="はちおうじし")) == ("ハチオウジシ",)
    assert JA.place(name) == ("ミ", "ホ", "ン", "ク")
    assert EN.place(name) == tuple("MIHONCITY")
    assert JA.place(WardName(written="見本区")) == (JA.texts["audio.unread"],)


@given(name=st.text(max_size=12))
def test_whatever_a_name_is_it_is_said_in_parts_that_there_are(name: str) -> None:
    """No character makes a part that has no clip."""
    for script in (JA, EN):
        assert set(script.name(name)) <= CLIPS[script.language]


@pytest.mark.parametrize(
    ("name", "reading", "japanese", "english"),
    [
        ("見本　正平", "みほん　しょうへい", "ミ ホ ン ショ ウ ヘ イ", "mi ho n sho u he i"),
        ("八田　はっち", "はった　はっち", "ハ 小さい、ツ タ ハ 小さい、ツ チ", "ha small tsu ta ha small tsu chi"),
        ("AUNG SU", "アウン・スー", "ア ウ ン ス 長音", "A U N G S U"),
        ("𠮷見　葛\U000e0102", "ﾖｼﾐ ｶﾂﾗ", "ヨ シ ミ カ ツ ラ", "yo shi mi ka tsu ra"),
        ("AUNG SU", "", "A U N G S U", "A U N G S U"),
        ("はなこ", "", "ハ ナ コ", "ha na ko"),
        ("見本　花子", "", "", ""),
        ("見本　花子", "みほん　花子", "", ""),
    ],
)
def test_a_person_is_called_as_the_name_is_read(name: str, reading: str, japanese: str, english: str) -> None:
    """By the reading; in English by the Latin letters where there are; what cannot be said is left out."""
    assert " ".join(JA.person(name, reading)) == japanese
    assert " ".join(EN.person(name, reading)) == english


@given(name=st.text(max_size=12), reading=st.text(max_size=12))
def test_whoever_is_called_it_is_in_parts_that_there_are(name: str, reading: str) -> None:
    """Nothing that a register may hold makes a part that has no clip."""
    for script in (JA, EN):
        assert set(script.person(name, reading)) <= CLIPS[script.language]


@pytest.mark.parametrize(
    ("text", "language", "heard"),
    [
        ("住民票の写し: proves your name", Language.ENGLISH, "proves your name"),
        ("住民票の写し", Language.ENGLISH, ""),
        ("  あと ", Language.JAPANESE, "あと"),
        (" - ", Language.JAPANESE, ""),
    ],
)
def test_a_voice_is_given_what_it_can_read(text: str, language: Language, heard: str) -> None:
    """An English voice would read Japanese out as "Chinese letter"."""
    assert said(text, language) == heard


def test_a_clip_is_named_by_voice_and_text() -> None:
    """The same text in another voice is another clip, and a name is nothing to be read."""
    names = {clip_name(language, text) for language in (Language.JAPANESE, Language.ENGLISH) for text in ("1", "2")}
    assert len(names) == 4
    assert all(len(name) == 37 and name.endswith(".opus") for name in names)


def test_every_text_is_in_the_inventory(inventories: Mapping[Language, frozenset[str]]) -> None:
    """Whatever a screen shows can be said: no sentence of a catalogue is left out."""
    for language, clips in inventories.items():
        for key, text in spoken_texts()[language].items():
            heard = said(text, language)
            assert "{" in text or not heard or heard in clips, key
