"""Names for the members of one household: shared family names, given names that no two of them have.

A name is written as the record holds it: family name, full-width space, given name; a foreign resident's in Latin
capitals with the kanji, where there are any, in brackets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from konbini.simulation.town.family_names import expand, family_name
from konbini.simulation.town.foreign_names import Nationality, Part, foreign_name
from konbini.simulation.town.given_names import given_name
from konbini.simulation.town.households import Household, Member

__all__ = ["CAST_FAMILIES", "Alias", "Name", "alias", "father_of", "former_family", "name_members"]

# Whose spouses keep their own family names.
_OWN_NAMES = frozenset(("中国", "韓国", "台湾", "ベトナム", "ミャンマー"))
_MOST_TRIES = 100
# The town's first households bear these, so that the hard cases are in a town of any size.
CAST_FAMILIES = tuple(
    (expand(name), reading)
    for name, reading in (
        ("葛{E0102}城", "かつらぎ"),
        ("葛{E0103}城", "かつらぎ"),
        ("辻{E0102}", "つじ"),
        ("辻{E0103}", "つじ"),
        ("渡邉{E010F}", "わたなべ"),
        ("渡邊{E0108}", "わたなべ"),
        ("𠮷田", "よしだ"),
        ("髙橋", "たかはし"),
        ("齋藤{E0103}", "さいとう"),
        ("山﨑", "やまざき"),
        ("左衛門三郎", "さえもんさぶろう"),
        ("濵{E0101}田", "はまだ"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One person's name (氏名), its reading (振り仮名, カタカナ for foreign residents) and its family part alone."""

    full: str
    reading: str
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name in use beside the one in the passport (通称), or a former family name (旧氏); with its reading."""

    full: str
    reading: str


def name_members(
    chance: random.Random, household: Household, family: tuple[str, str] | None = None
) -> tuple[Name, ...]:
    """Name every member.

    Args:
        chance: where the choices come from.
        household: whose members.
        family: the head's Japanese family name and its reading, or None to choose one.
    """
    naming = _Naming(chance, family)
    return tuple(naming.name(member) for member in household.members)


def father_of(chance: random.Random, family: str, year: int) -> str:
    """Make a father for somebody born in `year`: first in the register (筆頭者), living elsewhere."""
    given, _ = given_name(chance, year - 30, woman=False)
    return f"{family}　{given}"


def former_family(chance: random.Random, name: Name) -> Alias:
    """Make a former family name (旧氏)."""
    for _ in range(_MOST_TRIES):
        family, reading = family_name(chance)
        if family != name.family:
            break
    return Alias(full=family, reading=reading)


def alias(chance: random.Random, member: Member) -> Alias:
    """Make an alias (通称) as foreign residents use in Japan."""
    family, family_reading = family_name(chance)
    given, given_reading = given_name(chance, member.birth.year, woman=member.woman)
    return Alias(full=f"{family}　{given}", reading=f"{family_reading}　{given_reading}")


class _Naming:
    def __init__(self, chance: random.Random, family: tuple[str, str] | None) -> None:
        self._chance = chance
        self._families: dict[int, tuple[str, str]] = {} if family is None else {0: family}
        self._parts: dict[int, Part] = {}
        self._taken: set[str] = set()

    def name(self, member: Member) -> Name:
        """Name a member, as nobody of the household is named yet."""
        for _ in range(_MOST_TRIES):
            name = self._draw(member, member.nationality) if member.nationality else self._draw_japanese(member)
            if name.reading not in self._taken:
                break
        self._taken.add(name.reading)
        return name

    def _draw_japanese(self, member: Member) -> Name:
        family, reading = self._families.setdefault(member.kin, family_name(self._chance))
        given, given_reading = given_name(self._chance, member.birth.year, woman=member.woman)
        return Name(full=f"{family}　{given}", reading=f"{reading}　{given_reading}", family=family)

    def _draw(self, member: Member, nationality: Nationality) -> Name:
        own = member.relationship in ("夫", "妻") and nationality.name in _OWN_NAMES
        name = foreign_name(
            self._chance, nationality, woman=member.woman, family=None if own else self._parts.get(member.kin)
        )
        if not own:
            self._parts.setdefault(member.kin, name.family)
        full = f"{name.latin}（{name.kanji}）" if name.kanji else name.latin
        return Name(full=full, reading=name.kana, family=name.family.latin)
