"""The texts of the screens, as data: one TOML file for each language in `catalogues/`.

Invariants, checked when they are loaded: every language has the same keys, each text the same placeholders. Every
`Code` that can reach a kiosk has two sentences of its own in each language (a test compares); one that cannot, the
clerk's (8xx) and the registry's (10xx), would be shown in the words of `Code.INTERNAL`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from konbini.kiosk.session.view import Language
from konbini.protocol.errors import Code

__all__ = ["Catalogue", "CatalogueFaulty", "catalogues", "compared"]

_FOLDER = Path(__file__).with_name("catalogues")


class CatalogueFaulty(Exception):  # noqa: N818 - a finding about data
    """A catalogue lacks a key or a placeholder that another one has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The texts of one language, by dotted key."""

    language: Language
    texts: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """Return the text of `key` with its placeholders filled.

        Raises:
            KeyError: no such text, or a placeholder without a value.
        """
        return self.texts[key].format_map(values)

    def sentence(self, code: Code, part: str) -> str:
        """Return what happened (`part` "what") or what to do next ("next"), for the resident."""
        own = f"code.{code.name}.{part}"
        return self.texts.get(own, self.texts[f"code.{Code.INTERNAL.name}.{part}"])


def catalogues() -> Mapping[Language, Catalogue]:
    """Read and compare the catalogues of all languages.

    Raises:
        CatalogueFaulty: they do not say the same.
    """
    read = {language: _read(language) for language in Language}
    return compared(read)


def _read(language: Language) -> Catalogue:
    source = (_FOLDER / f"{language.value}.toml").read_text(encoding="utf-8")
    return Catalogue(language=language, texts=dict(_flat(tomllib.loads(source), "")))


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
