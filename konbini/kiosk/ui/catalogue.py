"""The texts of the screens, as data: one TOML file for each language in `catalogues/`.

Each begins with `[about]`: its `standing` says whether a speaker of the language has read it. The notation inside a
text is that of `konbini.kiosk.ui.marking`.

Invariants, checked when they are loaded: every language has the same keys, each text the same placeholders. Every
`Code` that can reach a kiosk has two sentences of its own in each language (a test compares); one that cannot, the
clerk's (8xx) and the registry's (10xx), would be shown in the words of `Code.INTERNAL`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, unique
from functools import cache
from pathlib import Path
from string import Formatter

from markupsafe import Markup

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.marking import drawn, spoken
from konbini.protocol.errors import Code

__all__ = ["Catalogue", "CatalogueFaulty", "Standing", "catalogues", "compared"]

_FOLDER = Path(__file__).with_name("catalogues")


class CatalogueFaulty(Exception):  # noqa: N818 - a finding about data
    """A catalogue lacks a key or a placeholder that another one has."""


@unique
class Standing(Enum):
    """Who answers for the words of a catalogue."""

    ORIGINAL = "original"
    """Written in this language; the others are translations of it."""
    REVIEWED = "reviewed"
    """Translated, and read through by a speaker."""
    UNREVIEWED = "unreviewed"
    """Translated, and read by no speaker yet; the list of languages says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The texts of one language, by dotted key, in the notation of `marking`."""

    language: Language
    texts: Mapping[str, str]
    standing: Standing = Standing.ORIGINAL

    def text(self, key: str, **values: object) -> str:
        """Return the text of `key` as it is spoken, without markup, with its placeholders filled.

        Raises:
            KeyError: no such text, or a placeholder without a value.
        """
        return spoken(self.texts[key]).format_map(values)

    def drawn(self, key: str, **values: object) -> Markup:
        """Return the text of `key` as a page shows it; values that are not markup are escaped.

        Raises:
            KeyError: no such text, or a placeholder without a value.
        """
        return drawn(self.texts[key], is_japanese=self.language.is_japanese).format_map(values)

    def sentence_key(self, code: Code, part: str) -> str:
        """Return the key of what happened (`part` "what") or of what to do next ("next"), for the resident."""
        own = f"code.{code.name}.{part}"
        return own if own in self.texts else f"code.{Code.INTERNAL.name}.{part}"


@cache
def catalogues() -> Mapping[Language, Catalogue]:
    """Read and compare the catalogues of all languages, once in a process.

    Raises:
        CatalogueFaulty: they do not say the same.
    """
    read = {language: _read(language) for language in Language}
    return compared(read)


def _read(language: Language) -> Catalogue:
    tables = tomllib.loads((_FOLDER / f"{language.value}.toml").read_text(encoding="utf-8"))
    match tables.pop("about", None):
        case {"standing": str(standing)} if standing in {each.value for each in Standing}:
            texts = dict(_flat(tables, ""))
            return Catalogue(language=language, texts=texts, standing=Standing(standing))
        case _:
            raise CatalogueFaulty(f"{language.value}: [about] does not say its standing")


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value:
            yield f"{prefix}{key}", value
        else:
            raise CatalogueFaulty(f"{prefix}{key} is no text")


def compared(read: Mapping[Language, Catalogue]) -> Mapping[Language, Catalogue]:
    """Return `read` if all its catalogues are alike.

    Raises:
        CatalogueFaulty: a key or a placeholder is missing somewhere.
    """
    first = read[Language.JAPANESE].texts
    for language, catalogue in read.items():
        if odd := first.keys() ^ catalogue.texts.keys():
            raise CatalogueFaulty(f"{language.value}: not in every language: {sorted(odd)}")
        if odd := {key for key in first if _holes(first[key]) != _holes(catalogue.texts[key])}:
            raise CatalogueFaulty(f"{language.value}: other placeholders: {sorted(odd)}")
    return read


def _holes(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
