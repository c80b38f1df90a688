"""The clips as the programs make them: the same bytes each time, and none missing on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.clips import INSTALLED, Clips, archive
from konbini.kiosk.speech.making import Studio, make_archive, place_names
from konbini.kiosk.speech.script import inventory
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.speech.voices import clip_name

TEXTS = {Language.JAPANESE: ("暗証番号", "300円"), Language.ENGLISH: ("Enter your PIN", "300 yen")}


@pytest.mark.parametrize("language", TEXTS)
def test_the_same_text_is_the_same_bytes(tmp_path: Path, language: Language) -> None:
    """Two archives made apart do not differ; making again makes nothing; a new text is one clip."""
    studio = Studio()
    one, other = tmp_path / "one" / "a.zip", tmp_path / "other" / "b.zip"
    assert make_archive(one, language, TEXTS[language], (), studio) == 2
    assert make_archive(other, language, reversed(TEXTS[language]), (), studio, jobs=2) == 2
    assert one.read_bytes() == other.read_bytes()
    assert make_archive(one, language, TEXTS[language], (), studio) == 0
    assert one.read_bytes() == other.read_bytes()
    assert make_archive(one, language, TEXTS[language], ("Sumikawa",), studio) == 1


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("はちおうじし", ()),
        ("ハチオウジシ", ("ハチオウジシ",)),
        ("ヘキナンシ", ()),
        ("ヘダムラ", ("ヘダムラ",)),
        ("Hachioji", ("Hachioji",)),
    ],
)
def test_a_name_that_the_voice_misreads_has_no_clip(tmp_path: Path, name: str, named: tuple[str, ...]) -> None:
    """In hiragana a leading は is taken for the particle, in katakana a ヘ still is in some: such a name is spelled."""
    path = archive(tmp_path, Language.JAPANESE)
    make_archive(path, Language.JAPANESE, ("次へ",), (name,), Studio())
    clips = Clips.installed(tmp_path)
    assert clips.names == {Language.JAPANESE: frozenset(named)}
    assert clip_name(Language.JAPANESE, "次へ") in clips
    clips.close()


def test_an_archive_gives_its_clips_and_nothing_else(tmp_path: Path) -> None:
    """A clip is Opus in Ogg; a name outside the archive, the list of names among them, is not there."""
    make_archive(archive(tmp_path, Language.ENGLISH), Language.ENGLISH, ("Back",), ("Sumikawa",), Studio())
    clips = Clips.installed(tmp_path)
    clip = clips.read(clip_name(Language.ENGLISH, "Back"))
    assert clip is not None
    assert clip.startswith(b"OggS")
    assert b"OpusHead" in clip[:64]
    assert clips.names == {Language.ENGLISH: frozenset({"Sumikawa"})}
    assert clips.languages == {Language.ENGLISH}
    for name in ("names.txt", "../en.zip", clip_name(Language.JAPANESE, "Back"), ""):
        assert clips.read(name) is None
    clips.close()


def test_every_text_has_its_clip_on_this_machine() -> None:
    """What the installation made is all that any screen can say, in every language that has a voice."""
    clips = Clips.installed(INSTALLED)
    for language, texts in spoken_texts().items():
        assert not [text for text in inventory(language, texts) if clip_name(language, text) not in clips]
    clips.close()


def test_all_of_japan_has_a_name_to_be_said() -> None:
    """1,741 municipalities and 47 prefectures, by their readings; those that sound alike share a clip."""
    names = place_names(Language.JAPANESE)
    assert {"シンジュクク", "ホッカイドウ"} <= names
    assert len(names) > 1_600
