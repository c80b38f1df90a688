"""The people of a world: who comes to which kiosk next, with which card, errand and habits.

Half of those who come belong to a household of which somebody is at a kiosk already: two people at one moment are where
papers were mixed up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from konbini.protocol.kinds import CertificateKind
from konbini.simulation.card.applet import Card
from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.town import Town
from konbini.simulation.world.counter.habits import Errand, Habits, draw_errand, draw_habits
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.person import Person, Stay, Visitor
from konbini.simulation.world.profiles import Profile

__all__ = ["KINDS", "Crowd", "standing_of"]

_NEIGHBOURS = 0.5
_SWAPS = 0.05


def standing_of(name: str) -> tuple[str, str]:
    """Take a visitor's name apart: the code of their ward, and their number there."""
    ward, resident = name.split(" ")
    return ward, resident


@dataclass(eq=False, kw_only=True)
class Crowd:
    """Those who come.

    Attributes:
        towns: where they live.
        counters: where they go, by kiosk.
        profile: how they come.
        left: how many visits are still to begin.
        chance: seeded.
        began, ended: told of each visit; the second is told of the stay.
    """

    towns: Sequence[Town]
    counters: dict[str, Counter]
    profile: Profile
    left: int
    chance: random.Random
    began: Callable[[Person], None]
    ended: Callable[[str, Person, Stay], None]
    _cards: dict[str, Card] = field(default_factory=dict)
    _present: dict[str, Townsperson] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find who could come, and who lives with whom."""
        self._holders = [
            (town, [one for one in town.population.people if town.population.holds_good_card(one)])
            for town in self.towns
        ]
        self._homes: dict[str, list[Townsperson]] = {}
        for town, holders in self._holders:
            for one in holders:
                self._homes.setdefault(f"{town.ward.code} {one.record.household}", []).append(one)

    async def run(self) -> None:
        """Send people to every kiosk until all visits have begun, and wait until the last has gone."""
        await asyncio.gather(*(self._queue(kiosk) for kiosk in self.counters))

    def somebody(self, town: Town) -> str:
        """Give a resident for the office to do something about: of a household at a kiosk, where there is one."""
        present = [one for name, one in self._present.items() if standing_of(name)[0] == town.ward.code]
        if present and self.chance.random() < _NEIGHBOURS:
            household = self.chance.choice(present).record.household
            return self.chance.choice(self._homes[f"{town.ward.code} {household}"]).record.resident
        holders = next(holders for one, holders in self._holders if one is town)
        return self.chance.choice(holders).record.resident

    async def _queue(self, kiosk: str) -> None:
        while self.left > 0:
            self.left -= 1
            if self.profile.pause:
                await asyncio.sleep(self.chance.expovariate(1.0 / self._pause()))
            await self.visit(kiosk, self._next(), draw_errand(self.chance, KINDS))

    async def visit(self, kiosk: str, person: Person, errand: Errand) -> None:
        """Let somebody go through a visit at a kiosk, once those are gone who came before."""
        visitor = Visitor(self.counters[kiosk], person, errand, random.Random(self.chance.random()))  # noqa: S311 - habits
        self.began(person)
        stay = await visitor.visit()
        self._present.pop(person.name, None)
        person.card.unlock(_PIN)
        self.ended(kiosk, person, stay)

    def is_out(self, town: Town, one: Townsperson) -> bool:
        """Whether somebody is at a kiosk, or waits at one."""
        return _name(town, one) in self._present

    def set_out(self, town: Town, one: Townsperson, habits: Habits) -> Person:
        """Let somebody who is not out set out with their card; they are out until their visit is over."""
        person = Person(
            name=_name(town, one), card=self.card(town, one), pin=one.pin, ward=town.ward.code, habits=habits
        )
        self._present[person.name] = one
        return person

    def card(self, town: Town, one: Townsperson) -> Card:
        """Give somebody's card: the same each time."""
        name = _name(town, one)
        if name not in self._cards:
            self._cards[name] = town.card_of(one)
        return self._cards[name]

    def _pause(self) -> float:
        """Give the seconds between two visits: of a day, at most hours, fewest at night."""
        if not self.profile.daily:
            return self.profile.pause
        hour = int(asyncio.get_running_loop().time() / 3600) % len(_BY_HOUR)
        return self.profile.pause / _BY_HOUR[hour]

    def _next(self) -> Person:
        town, one = self._whoever()
        while self.is_out(town, one):
            town, one = self._whoever()
        habits = draw_habits(self.chance, odd=self.profile.odd)
        person = self.set_out(town, one, replace(habits, think=(0.0, 2 * self.profile.thinking)))
        if self.chance.random() < _SWAPS:
            return replace(person, other_card=self.card(*self._whoever()))
        return person

    def _whoever(self) -> tuple[Town, Townsperson]:
        """Choose somebody: often one who lives with somebody that is at a kiosk now."""
        if self._present and self.chance.random() < _NEIGHBOURS:
            name = self.chance.choice(list(self._present))
            code, _ = standing_of(name)
            home = self._homes[f"{code} {self._present[name].record.household}"]
            town = next(town for town in self.towns if town.ward.code == code)
            free = [one for one in home if f"{code} {one.record.resident}" not in self._present]
            if free:
                return town, self.chance.choice(free)
        town, holders = self.chance.choice(self._holders)
        return town, self.chance.choice(holders)


def _name(town: Town, one: Townsperson) -> str:
    return f"{town.ward.code} {one.record.resident}"


_PIN = 0x0018
"""The file of the PIN for user authentication; whoever locked it has it reset at the office before they come again."""
KINDS = (
    CertificateKind.RESIDENT_RECORD,
    CertificateKind.RESIDENT_RECORD,
    CertificateKind.RESIDENT_RECORD_ITEMS,
    CertificateKind.SEAL_REGISTRATION,
)
_BY_HOUR = (
    *(0.6, 0.9, 1.2, 1.6, 1.4, 1.2, 1.3, 1.5, 1.6, 1.5, 1.3, 1.0),
    *(0.7, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4),
)
"""How busy each hour is against the average, from 10 in the morning on: most people come around noon and after work."""
