"""The town's people: records as a registry imports them, cards, and who is under what restriction.

Cards and seals are only named here: a card's keys and certificate are made when it is first laid on a reader, a seal's
picture when the registry takes the town over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from konbini.ward_server.residents.dates import to_day, to_number
from konbini.ward_server.residents.entry import PLAIN, RegisterEntry
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.seal import NameForm

__all__ = ["CardCondition", "HeldCard", "HeldSeal", "HeldWardCard", "Population", "Townsperson"]

_ADULT_AT_A_KIOSK = 15
_MOST_MEMBERS = 4
# Any form holds a name of so many characters; what a given form cannot hold is the form's own word.
_FITS_ANY_FORM = 80


class CardCondition(Enum):
    """What is the matter with a card."""

    GOOD = auto()
    EXPIRED = auto()
    REVOKED = auto()
    LINKED_TODAY = auto()
    """Linked today, so that it counts from tomorrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCard:
    """A card that a resident holds.

    Attributes:
        serial: of its user-authentication certificate.
        pin: four digits.
        condition: what is the matter with it.
        counts_from: the day (yyyymmdd) from which it stands for the resident.
    """

    serial: int
    pin: str = field(repr=False)
    condition: CardCondition
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWardCard:
    """A card of the ward's own (専用カード): its PIN, and the day (yyyymmdd) from which it stands for the resident."""

    pin: str = field(repr=False)
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSeal:
    """A seal that a resident has registered.

    Attributes:
        number: of the registration (登録番号).
        form: which of the names it shows.
        text: what it reads.
        katakana: the name in katakana, where it is registered.
        millimetres: across; it is round.
        registered: the day, yyyymmdd.
    """

    number: str
    form: NameForm
    text: str
    katakana: str | None
    millimetres: float
    registered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Townsperson:
    """One resident, as the registry's import takes them.

    Attributes:
        record: at version 1, without the commitment to the individual number, which the registry makes.
        individual_number: 個人番号.
        card: the individual-number card; None for those who hold none.
        measure: application number of a protective measure (支援措置) in force, or None.
        seal: None for those who have none registered.
        entry: what the register keeps beyond the record.
        ward_card: the card of the ward's own; None for nearly everybody.
    """

    record: ResidentRecord
    individual_number: str = field(repr=False)
    card: HeldCard | None
    measure: str | None
    seal: HeldSeal | None = None
    entry: RegisterEntry = PLAIN
    ward_card: HeldWardCard | None = None

    @property
    def pin(self) -> str:
        """The PIN of the card that this person holds, "" where there is none."""
        held = self.card or self.ward_card
        return "" if held is None else held.pin

    @property
    def restricted(self) -> bool:
        """Whether something about this person stops issuing for the household."""
        record = self.record
        return self.measure is not None or record.leaving is not None or record.name_in_registration

    def age(self, today: dt.date) -> int:
        """Give the age in whole years."""
        birth = to_day(self.record.birth)
        return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """All people of the town on one day, in the order of the registry, households together."""

    today: dt.date
    people: tuple[Townsperson, ...]

    def households(self) -> Iterator[tuple[Townsperson, ...]]:
        """Give each household."""
        together: list[Townsperson] = []
        for person in self.people:
            if together and together[-1].record.household != person.record.household:
                yield tuple(together)
                together = []
            together.append(person)
        yield tuple(together)

    def plain_holders(self, *, most_members: int = _MOST_MEMBERS) -> Iterator[Townsperson]:
        """Give those whom nothing stops.

        They have a good card and are 15 or older; nothing is known about anybody in the household, no name is too long.

        Args:
            most_members: of the household; a sheet of the household form holds four.
        """
        return filter(self.holds_good_card, self._unstopped(most_members))

    def plain_without_card(self) -> Iterator[Townsperson]:
        """Give those whom nothing stops but that they hold no individual-number card."""
        for person in self._unstopped(_MOST_MEMBERS):
            if person.card is None and person.age(self.today) >= _ADULT_AT_A_KIOSK:
                yield person

    def ward_card_holders(self) -> Iterator[Townsperson]:
        """Give those who hold a card of the ward's own; nothing stops them."""
        return (person for person in self.people if person.ward_card is not None)

    def _unstopped(self, most_members: int) -> Iterator[Townsperson]:
        for members in self.households():
            if len(members) <= most_members and not any(self._stopped(person) for person in members):
                yield from members

    def holds_good_card(self, person: Townsperson) -> bool:
        """Say whether this person's card opens a visit today."""
        good = person.card is not None and person.card.condition is CardCondition.GOOD
        return good and person.age(self.today) >= _ADULT_AT_A_KIOSK

    def _stopped(self, person: Townsperson) -> bool:
        record = person.record
        today = to_number(self.today)
        return person.restricted or today in (record.moved_in, record.notified) or len(record.name) > _FITS_ANY_FORM
