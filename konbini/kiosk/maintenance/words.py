"""The words of the service page, as data: one TOML file for each language, with the same keys (a test compares)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

__all__ = ["LANGUAGES", "Words", "words"]

LANGUAGES = ("ja", "en")


class Words:
    """One language's words, by key."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __call__(self, key: str) -> str:
        """Give a word; what is a name of the program's own (a step, an outcome) stands as it is where it has none.

        Raises:
            KeyError: a sentence of the page is missing.
        """
        group, _, name = key.partition(".")
        return self.texts.get(key, name) if group == "name" else self.texts[key]


def words() -> Mapping[str, Words]:
    """Read every language."""
    return {language: _read(language) for language in LANGUAGES}


def _read(language: str) -> Words:
    source = (files("konbini.kiosk.maintenance") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    return Words(
        {f"{group}.{key}": text for group, table in tomllib.loads(source).items() for key, text in table.items()}
    )
