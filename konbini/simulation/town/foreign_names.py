"""Names of foreign residents (外国人住民): in Latin capitals as passports have them, in kanji where they have any.

Reading is in katakana (カタカナ表記), word by word. A few names are as long as the longest that counters meet: sixty
and more letters. Lists are of common names of each country, put together by chance.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from konbini.simulation.town.tables import read_table

__all__ = ["NATIONALITIES", "ForeignName", "Nationality", "Part", "foreign_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One word of a name: Latin capitals, katakana, kanji (empty where the country writes none)."""

    latin: str
    kana: str
    kanji: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignName:
    """A whole name, its words parted by one space; `kanji` is empty where there is none."""

    latin: str
    kana: str
    kanji: str
    family: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Nationality:
    """A nationality or region (国籍・地域) as residence cards name it.

    Attributes:
        name: in Japanese.
        weight: how many of the ward's foreign residents have it, relatively.
        family: family names.
        men: given names.
        women: given names.
        given: how many given names at least and at most.
    """

    name: str
    weight: int
    family: tuple[Part, ...]
    men: tuple[Part, ...]
    women: tuple[Part, ...]
    given: tuple[int, int]


def _parts(table: str) -> tuple[Part, ...]:
    """Read `LATIN:カナ[:漢字]` entries; an underscore stands for a space inside a name."""
    parts = []
    for entry in table.split():
        latin, kana, *kanji = entry.replace("_", " ").split(":")
        parts.append(Part(latin=latin, kana=kana, kanji="".join(kanji)))
    return tuple(parts)


NATIONALITIES = tuple(
    Nationality(
        name=row["name"],
        weight=row["weight"],
        family=_parts(row["family"]),
        men=_parts(row["men"]),
        women=_parts(row["women"]),
        given=(row["given"][0], row["given"][1]),
    )
    for row in read_table("foreign_names")["nationality"]
)


def foreign_name(chance: random.Random, nationality: Nationality, *, woman: bool, family: Part | None) -> ForeignName:
    """Put a name together; of the given names none comes twice.

    Args:
        chance: where the choices come from.
        nationality: whose lists.
        woman: from which list the given names come.
        family: a family name that is shared, or None for a new one.
    """
    shared = family or chance.choice(nationality.family)
    words = [
        shared,
        *chance.sample(nationality.women if woman else nationality.men, chance.randint(*nationality.given)),
    ]
    kanji = [word.kanji for word in words]
    return ForeignName(
        latin=" ".join(word.latin for word in words),
        kana="　".join(word.kana for word in words),
        kanji="　".join(kanji) if all(kanji) else "",
        family=shared,
    )
