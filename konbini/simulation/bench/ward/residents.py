"""A ward's people: those of a made-up town again and again under other ids, never more than one town in memory.

The town has up to 10,000 residents with its mix of households, cards and protective measures. Limits: made-up numbers
(住民票コード) reach for one town, so each of its repetitions has them again; nobody's registered seal is taken over,
since the paper that is ordered shows none.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.populate import FEWEST, populate

__all__ = ["FEWEST", "Residents"]

_TOWN: Final = 10_000
_AMONG: Final = 8
"""So many are looked at for each who is wanted: about half may order."""


class Residents:
    """The people, by number from 0.

    Args:
        seed: of every choice.
        count: how many they are, `FEWEST` or more.
        today: the day in Japan.

    Raises:
        ValueError: fewer.
    """

    def __init__(self, seed: int, count: int, today: dt.date) -> None:
        town = populate(seed, min(count, _TOWN), today)
        self.count = count
        self._people = town.people
        self._may_order = frozenset(person.record.resident for person in town.plain_holders())
        self._chance = random.Random(seed)  # noqa: S311 - whose turn it is, to be repeated from the seed

    def made(self, first: int, most: int) -> Sequence[Townsperson]:
        """Make the people from a number on; their cards' serials are their numbers, counted from 1."""
        return [self._person(number) for number in range(first, min(first + most, self.count))]

    def draw(self, most: int) -> Sequence[int]:
        """Draw card serials over the whole ward, of those whom nothing stops, each once; perhaps fewer than `most`."""
        looked_at = self._chance.sample(range(self.count), min(self.count, most * _AMONG))
        return [number + 1 for number in looked_at if self._base(number).record.resident in self._may_order][:most]

    def _base(self, number: int) -> Townsperson:
        return self._people[number % len(self._people)]

    def _person(self, number: int) -> Townsperson:
        base, turn = self._base(number), number // len(self._people)
        record = replace(base.record, resident=f"{number:010d}", household=f"{base.record.household}-{turn}")
        card = None if base.card is None else replace(base.card, serial=number + 1)
        measure = None if base.measure is None else f"{base.measure}-{turn}"
        return replace(base, record=record, card=card, measure=measure)
