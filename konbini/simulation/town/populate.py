"""Peoples the town: households in their mix, then restrictions and spoilt cards for a few, and seals for many.

Everything comes from one seed: the same seed, size and day give the same people, byte for byte, in any process.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace

from konbini.simulation.town.households import Household, cast, household, household_of
from konbini.simulation.town.kept_items import with_kept_items
from konbini.simulation.town.numbers import MOST_ORDINAL
from konbini.simulation.town.people import CardCondition, Population, Townsperson
from konbini.simulation.town.registrar import Registrar
from konbini.simulation.town.seals import register_seals
from konbini.simulation.town.ward import SUMIKAWA, Ward
from konbini.simulation.town.ward_cards import hand_out
from konbini.ward_server.residents.dates import day_after, to_number

__all__ = ["FEWEST", "of_ward", "populate"]

FEWEST = 200
"""Residents of the smallest town: all that the others have is in it."""
# Shares of the households (moved in today) or of the residents (the others).
_MOVED_IN_TODAY = 0.0008
_LEAVING = 0.004
_MEASURES = 0.003
_NAMES_IN_REGISTRATION = 0.002
_OTHER_CARDS = 0.012
_FEWEST_OF_A_KIND = 3


def populate(seed: int, residents: int, today: dt.date) -> Population:
    """Make a town's people.

    Args:
        seed: of every choice.
        residents: how many, `FEWEST` or more.
        today: the day in Japan on which the town stands.

    Raises:
        ValueError: fewer than `FEWEST`, or more than there are numbers for.
    """
    if not FEWEST <= residents <= MOST_ORDINAL + 1:
        raise ValueError(f"a town has {FEWEST} to {MOST_ORDINAL + 1} residents")
    chance = random.Random(seed)  # noqa: S311 - people, not keys: to be repeated from the seed
    homes = _households(chance, residents, today)
    registrar = Registrar(chance, today, _some(chance, range(1, len(homes)), _MOVED_IN_TODAY))
    people = [person for place, home in enumerate(homes) for person in registrar.enter(place, home)]
    apart = random.Random(f"{seed} kept beyond the record")  # noqa: S311 - the same
    sealed = register_seals(chance, _restrict(chance, people, today), today)
    population = Population(today=today, people=tuple(with_kept_items(apart, person, today) for person in sealed))
    return hand_out(random.Random(f"{seed} ward cards"), population)  # noqa: S311 - the same


def of_ward(population: Population, ward: Ward) -> Population:
    """Let the same people live in another ward, in streets of the same names."""
    if ward is SUMIKAWA:
        return population

    def moved(person: Townsperson) -> Townsperson:
        record = person.record
        address = record.address.replace(SUMIKAWA.name, ward.name, 1)
        return replace(person, record=replace(record, municipality=ward.code, address=address))

    return replace(population, people=tuple(map(moved, population.people)))


def _households(chance: random.Random, residents: int, today: dt.date) -> list[Household]:
    found = list(cast(chance, today))
    left = residents - sum(len(home.members) for home in found)
    while left:
        home = household(chance, today)
        if len(home.members) > left:
            home = household_of(chance, today, 1)
        found.append(home)
        left -= len(home.members)
    return found


def _some(chance: random.Random, among: Sequence[int], share: float) -> list[int]:
    """Choose a share of these, at least three, in rising order."""
    return sorted(chance.sample(among, max(_FEWEST_OF_A_KIND, round(share * len(among)))))


def _restrict(chance: random.Random, people: list[Townsperson], today: dt.date) -> list[Townsperson]:
    """Put restrictions on some, each person at most one, and spoil some cards."""
    places = range(len(people))
    for number, place in enumerate(_some(chance, places, _MEASURES), 1):
        people[place] = replace(people[place], measure=f"S-{today.year}-{number:04d}")
    free = [place for place in places if not people[place].restricted]
    for place in _some(chance, free, _NAMES_IN_REGISTRATION):
        people[place] = replace(people[place], record=replace(people[place].record, name_in_registration=True))
    free = [place for place in places if not people[place].restricted]
    for place in _some(chance, free, _LEAVING):
        day = to_number(today + dt.timedelta(days=chance.randint(1, 14)))
        people[place] = replace(people[place], record=replace(people[place].record, leaving=day))
    holders = [place for place in places if people[place].card and not people[place].restricted]
    spoilt = _some(chance, holders, _OTHER_CARDS)
    for turn, place in enumerate(chance.sample(spoilt, len(spoilt))):
        people[place] = _with_other_card(people[place], turn, today)
    return people


def _with_other_card(person: Townsperson, turn: int, today: dt.date) -> Townsperson:
    """Give the person a card with something the matter, each condition in its turn."""
    if person.card is None:
        return person
    condition = (CardCondition.EXPIRED, CardCondition.REVOKED, CardCondition.LINKED_TODAY)[turn % 3]
    fresh = condition is CardCondition.LINKED_TODAY
    counts_from = day_after(to_number(today)) if fresh else person.card.counts_from
    return replace(person, card=replace(person.card, condition=condition, counts_from=counts_from))
