"""The texts of one spoken language: its catalogue as it is read aloud, and the words that stand on no screen.

The words are in `words/`, one file for each language that has a voice; `[audio]` of the catalogues holds those that the
screen shows in every language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.voices import voice_of
from konbini.kiosk.ui.catalogue import catalogues
from konbini.kiosk.ui.marking import spoken

__all__ = ["spoken_texts"]

_FOLDER = Path(__file__).with_name("words")


@cache
def spoken_texts() -> Mapping[Language, Mapping[str, str]]:
    """Return all texts of each language that has a voice, read once in a process.

    Raises:
        CatalogueFaulty: the catalogues do not say the same.
    """
    return {
        language: {key: spoken(text) for key, text in catalogue.texts.items()} | _words(language)
        for language, catalogue in catalogues().items()
        if voice_of(language) is not None
    }


def _words(language: Language) -> dict[str, str]:
    tables = tomllib.loads((_FOLDER / f"{language.value}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, table in tables.items() for key, text in table.items()}
