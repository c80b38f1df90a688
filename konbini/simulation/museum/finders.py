"""A crowd in which some have found another's card, and know that a reader looks at its slot a few times a second."""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.kiosk.session.flow import State
from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.town import Town
from konbini.simulation.world.counter.person import Person
from konbini.simulation.world.crowd import Crowd, standing_of

__all__ = ["Finders"]

_FOUND = 0.5


@dataclass(eq=False, kw_only=True)
class Finders(Crowd):
    """Those who come: many lay down a card of another household, and slip in their own on the screen for the PIN."""

    def _next(self) -> Person:
        person = super()._next()
        if self.chance.random() >= _FOUND:
            return person
        town, other = self._another(person)
        return replace(
            person,
            card=town.card_of(other),
            habits=replace(person.habits, swaps_card_at=State.PIN),
            other_card=person.card,
        )

    def _another(self, person: Person) -> tuple[Town, Townsperson]:
        """Choose whose card was found: of the same ward, and no member of the finder's household."""
        code, resident = standing_of(person.name)
        town, holders = next(one for one in self._holders if one[0].ward.code == code)
        household = next(one.record.household for one in holders if one.record.resident == resident)
        return town, self.chance.choice([one for one in holders if one.record.household != household])
