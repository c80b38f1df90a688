"""Figures (統計) that show no person: counts, of which the small ones are withheld.

Pure. Invariants: a count below `LEAST_SHOWN`, zero apart, is never given; where the parts of a known whole are given,
enough of them are withheld that none can be reckoned from the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.record import Presence, ResidentRecord

__all__ = ["LEAST_SHOWN", "Figure", "Figures", "Tally", "alone", "parts"]

LEAST_SHOWN = 3
"""A smaller count could tell of a person."""

_Count = Annotated[int, UpTo(2**40)]
_AGES = ((15, "0-14"), (65, "15-64"), (75, "65-74"), (1000, "75-"))
_ENDS_A_DISTRICT = "丁０１２３４５６７８９0123456789"
_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One count by its name; None is withheld."""

    name: Line
    count: _Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The register as it stands (residents, households, by age and district), and the changes of a month by kind."""

    month: Annotated[int, UpTo(999_912)]
    day: Annotated[int, UpTo(99_991_231)]
    standing: tuple[Figure, ...]
    ages: tuple[Figure, ...]
    districts: tuple[Figure, ...]
    changes: tuple[Figure, ...]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts records one after another, and changes; holds no record.

    Attributes:
        day: on which ages are reckoned, yyyymmdd.
    """

    day: int
    _residents: int = 0
    _foreign: int = 0
    _removed: int = 0
    _heads: int = 0
    _ages: Counter[str] = field(default_factory=Counter)
    _districts: Counter[str] = field(default_factory=Counter)
    _changes: Counter[ChangeKind] = field(default_factory=Counter)

    def add(self, record: ResidentRecord) -> None:
        """Count a record at its newest version."""
        if record.presence is not Presence.PRESENT:
            self._removed += 1
            return
        self._residents += 1
        self._foreign += record.foreign is not None
        self._heads += record.relationship == "世帯主"
        self._ages[_age_group(record.birth, self.day)] += 1
        self._districts[_district(record.address)] += 1

    def add_change(self, kind: ChangeKind) -> None:
        """Count a change in force."""
        self._changes[kind] += 1

    def figures(self, month: int) -> Figures:
        """Give what may be shown, for a month yyyymm."""
        standing = {
            "residents": self._residents,
            "households": self._heads,
            "foreign residents": self._foreign,
            "removed records": self._removed,
        }
        changes = {kind.name.lower(): count for kind, count in sorted(self._changes.items())}
        return Figures(
            month=month,
            day=self.day,
            standing=alone(standing),
            ages=parts({name: self._ages[name] for name in (*(name for _, name in _AGES), "unknown")}),
            districts=parts(dict(sorted(self._districts.items()))),
            changes=alone(changes),
        )


def alone(counts: Mapping[str, int]) -> tuple[Figure, ...]:
    """Give counts that have no known sum."""
    return tuple(
        Figure(name=name[:64], count=None if 0 < count < LEAST_SHOWN else count) for name, count in counts.items()
    )


def parts(counts: Mapping[str, int]) -> tuple[Figure, ...]:
    """Give the parts of a whole that is known: where one is withheld, so are others, until none can be reckoned.

    Where all of them do not suffice for that, no part is given.
    """
    rising = sorted((count, name) for name, count in counts.items() if count)
    withheld = [name for count, name in rising if count < LEAST_SHOWN]
    while withheld and not _hides(counts, withheld) and len(withheld) < len(rising):
        withheld.append(rising[len(withheld)][1])
    if withheld and not _hides(counts, withheld):
        return ()
    return tuple(Figure(name=name[:64], count=None if name in withheld else count) for name, count in counts.items())


def _hides(counts: Mapping[str, int], withheld: list[str]) -> bool:
    """Say whether the withheld parts have a sum that more than one set of counts has, each of them at least 1."""
    return len(withheld) > 1 and sum(counts[name] for name in withheld) > len(withheld)


def _age_group(birth: int, day: int) -> str:
    if birth == 0:
        return "unknown"
    age = day // 10000 - birth // 10000 - (day % 10000 < birth % 10000)
    return next(name for below, name in _AGES if age < below)


def _district(address: str) -> str:
    """Give the address up to its first number: the town (町・大字), without the numeral of its 丁目."""
    end = next((place for place, sign in enumerate(address) if sign in _ENDS_A_DISTRICT), len(address))
    return address[:end].rstrip(_NUMERALS)
