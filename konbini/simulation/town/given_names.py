"""Given names (名) with their readings, by the years in which they were given."""

from __future__ import annotations

import random
from dataclasses import dataclass

from konbini.simulation.town.family_names import expand
from konbini.simulation.town.tables import read_table

__all__ = ["GIVEN_NAMES", "Generation", "given_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Names given up to the year `until`: (name, reading) pairs, by sex."""

    until: int
    men: tuple[tuple[str, str], ...]
    women: tuple[tuple[str, str], ...]


def _pairs(table: str) -> tuple[tuple[str, str], ...]:
    written = (entry.split(":") for entry in table.split())
    return tuple((expand(name), reading) for name, reading in written)


GIVEN_NAMES = tuple(
    Generation(until=row["until"], men=_pairs(row["men"]), women=_pairs(row["women"]))
    for row in read_table("given_names")["generation"]
)


def given_name(chance: random.Random, year: int, *, woman: bool) -> tuple[str, str]:
    """Choose a given name of somebody born in `year`: the name as registered, and its reading."""
    generation = next(one for one in GIVEN_NAMES if year <= one.until)
    return chance.choice(generation.women if woman else generation.men)
