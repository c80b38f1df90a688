"""Which language is spoken by which voice, and how a clip is named. Pure.

A clip's name is a hash of the voice and of what the voice is given to say: whoever has a text can name its clip, the
name says nothing to a reader of a log, and a changed text is another clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum, unique

from konbini.kiosk.session.look import Language

__all__ = ["CLIP_SUFFIX", "Voice", "clip_name", "spoken_in", "voice_of"]

CLIP_SUFFIX = ".opus"
_NAME_LENGTH = 32


@unique
class Voice(Enum):
    """A voice that is good enough to go through a visit by (docs/accessibility.md)."""

    JAPANESE = "open_jtalk mei_normal"
    ENGLISH = "espeak-ng en-gb"


_VOICES: Mapping[Language, Voice] = {Language.JAPANESE: Voice.JAPANESE, Language.ENGLISH: Voice.ENGLISH}


def voice_of(language: Language) -> Voice | None:
    """Return the voice of a language, None where none is good enough."""
    return _VOICES.get(language)


def spoken_in(language: Language) -> Language:
    """Return the language that a screen in `language` is spoken in: its own where it has a voice, else English.

    Plain Japanese (やさしい日本語) is spoken in Japanese: its texts are for the eye, kanji with their readings.
    """
    if language in _VOICES:
        return language
    return Language.JAPANESE if language.is_japanese else Language.ENGLISH


def clip_name(language: Language, said: str) -> str:
    """Return the name of the clip that says `said`.

    Raises:
        KeyError: the language has no voice.
    """
    named = f"{_VOICES[language].value}\n{said}".encode()
    return hashlib.sha256(named).hexdigest()[:_NAME_LENGTH] + CLIP_SUFFIX
