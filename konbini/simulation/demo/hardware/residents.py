"""Who may come to the kiosk: some residents worth trying first, and a search over all who hold a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from konbini.simulation.town.people import CardCondition, Population, Townsperson

__all__ = ["Choice", "Choices"]

_VARIANT_SELECTORS = range(0xE0100, 0xE01F0)
_BEYOND_COMMON = frozenset("𠮷邉邊髙齋﨑濵")
_UNDER_AGE = 15
_FAMILY = (3, 4)
_MOST_FOUND = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A card to put on the reader.

    Attributes:
        key: names it in a request: a resident's id.
        name: the holder's.
        japanese, english: why this one is worth trying, and what the kiosk should do.
        pin: four digits.
    """

    key: str
    name: str
    japanese: str
    english: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    japanese: str
    english: str
    fits: Callable[[Townsperson, Sequence[Townsperson]], bool]


class Choices:
    """The residents to choose from.

    Args:
        population: the town's.
    """

    def __init__(self, population: Population) -> None:
        self._people = {one.record.resident: one for one in population.people if one.card or one.ward_card}
        self._homes = {members[0].record.household: members for members in population.households()}
        self._plain = {person.record.resident for person in population.plain_holders()}
        self._today = population.today
        self.interesting = tuple(self._interesting())

    def person(self, key: str) -> Townsperson | None:
        """Give the resident of this key."""
        return self._people.get(key)

    def found(self, words: str) -> tuple[Choice, ...]:
        """Give the first residents in whose name, reading or address every word stands."""
        wanted = [word.casefold() for word in words.split()]
        found = []
        for person in self._people.values() if wanted else ():
            record = person.record
            text = f"{_bare(record.name)} {record.reading} {record.address}".casefold()
            if all(_bare(word) in text for word in wanted):
                found.append(self.choice(person))
                if len(found) == _MOST_FOUND:
                    break
        return tuple(found)

    def choice(self, person: Townsperson) -> Choice:
        """Describe one resident by the first case that fits."""
        members = self._homes[person.record.household]
        case = next((case for case in self._cases() if case.fits(person, members)), None)
        age = person.age(self._today)
        japanese, english = (case.japanese, case.english) if case else ("", "")
        seal_japanese, seal_english = ("印鑑登録あり", "seal registered") if person.seal else ("", "")
        return _choice(
            person,
            "・".join(part for part in (f"{age}歳", f"世帯{len(members)}人", seal_japanese, japanese) if part),
            ", ".join(part for part in (f"age {age}", f"household of {len(members)}", seal_english, english) if part),
        )

    def _interesting(self) -> Iterator[Choice]:
        """Give one resident for each case, none twice."""
        taken: set[str] = set()
        for case in self._cases():
            for key, person in self._people.items():
                if key not in taken and case.fits(person, self._homes[person.record.household]):
                    taken.add(key)
                    yield _choice(person, case.japanese, case.english)
                    break

    def _cases(self) -> tuple[_Case, ...]:
        plain = self._plain

        def is_plain(person: Townsperson) -> bool:
            return person.record.resident in plain

        return (
            _Case(
                japanese="異体字のある氏名",
                english="variant characters in the name",
                fits=lambda one, home: is_plain(one) and _is_variant(one.record.name) and len(home) not in _FAMILY,
            ),
            _Case(
                japanese="家族(世帯全員も選べます)",
                english="a family: try the whole household",
                fits=lambda one, home: is_plain(one) and len(home) in _FAMILY and not _has_foreigner(home),
            ),
            _Case(
                japanese="外国人住民",
                english="a foreign resident",
                fits=lambda one, home: is_plain(one) and one.record.foreign is not None and len(home) == 1,
            ),
            _Case(
                japanese="国籍の異なる家族",
                english="a family of two nationalities",
                fits=lambda one, home: (
                    is_plain(one) and _has_foreigner(home) and any(member.record.foreign is None for member in home)
                ),
            ),
            _Case(
                japanese="専用カード(区の専用端末だけで使えます)",
                english="the ward's own card: taken at the ward's own machine alone",
                fits=lambda one, _home: one.ward_card is not None,
            ),
            _Case(
                japanese="支援措置あり(交付できません)",
                english="protective measure in force: refused",
                fits=lambda one, _home: one.measure is not None,
            ),
            _Case(
                japanese="15歳未満(交付できません)",
                english="under 15: refused",
                fits=lambda one, _home: one.age(self._today) < _UNDER_AGE,
            ),
            _Case(
                japanese="有効期限切れのカード",
                english="expired card: refused",
                fits=lambda one, _home: _condition(one) is CardCondition.EXPIRED,
            ),
            _Case(
                japanese="失効したカード",
                english="revoked card: refused",
                fits=lambda one, _home: _condition(one) is CardCondition.REVOKED,
            ),
            _Case(
                japanese="本日登録のカード(明日から使えます)",
                english="card linked today: counts from tomorrow",
                fits=lambda one, _home: _condition(one) is CardCondition.LINKED_TODAY,
            ),
            _Case(
                japanese="転出予定(交付できません)",
                english="about to move out: refused",
                fits=lambda one, _home: one.record.leaving is not None,
            ),
        )


def _choice(person: Townsperson, japanese: str, english: str) -> Choice:
    record = person.record
    return Choice(key=record.resident, name=record.name, japanese=japanese, english=english, pin=person.pin)


def _condition(person: Townsperson) -> CardCondition | None:
    return None if person.card is None else person.card.condition


def _has_foreigner(members: Sequence[Townsperson]) -> bool:
    return any(member.record.foreign is not None for member in members)


def _is_variant(name: str) -> bool:
    return any(ord(each) in _VARIANT_SELECTORS or each in _BEYOND_COMMON for each in name)


def _bare(text: str) -> str:
    """Leave out what nobody types: selectors, and the space between family and given name."""
    return "".join(each for each in text if ord(each) not in _VARIANT_SELECTORS and each != "　")
