"""The words of the console, as data: one TOML file for each language, with the same keys (a test compares)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from konbini.protocol.errors import Code

__all__ = ["LANGUAGES", "Words", "all_words"]

LANGUAGES: Final = ("ja", "en")


class Words:
    """One language's words, by group and key."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __call__(self, key: str) -> str:
        """Give a word.

        Raises:
            KeyError: the page asks for one that is missing.
        """
        return self.texts[key]

    def label(self, key: str) -> str:
        """Give a word, and the name behind the group where there is none: a field that has no word of its own."""
        return self.texts.get(key, key.rpartition(".")[2])

    def key(self, group: str, code: Code) -> str:
        """Give the key below a group that has a code's word: its name in small letters, `other` where it has none."""
        name = code.name.lower()
        return name if f"{group}.{name}" in self.texts else "other"

    def shown(self, value: str) -> str:
        """Give a value in words where it is one of the catalogue's, and as it stands where it is not."""
        return self.texts.get(value, value)


def all_words() -> Mapping[str, Words]:
    """Read every language."""
    return {language: _read(language) for language in LANGUAGES}


def _read(language: str) -> Words:
    source = (files("konbini.ward_server.console") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    return Words(
        {f"{group}.{key}": text for group, table in tomllib.loads(source).items() for key, text in table.items()}
    )
