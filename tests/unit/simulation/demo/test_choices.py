"""Whom the demo sends, and whom its hardware page offers: every case is there, and everybody can be found."""

from __future__ import annotations

import datetime as dt

import pytest

from konbini.protocol.kinds import CertificateKind
from konbini.simulation.demo.automatic import NotEnoughResidentsError, plans
from konbini.simulation.demo.hardware.residents import Choices
from konbini.simulation.town.people import CardCondition
from konbini.simulation.town.populate import populate

_POPULATION = populate(1, 200, dt.date(2026, 11, 20))
_CHOICES = Choices(_POPULATION)


def test_every_case_is_offered_in_the_smallest_town() -> None:
    """Eleven residents, none twice, among them each kind of spoilt card, a ward card, a protected one and a child."""
    people = [_CHOICES.person(choice.key) for choice in _CHOICES.interesting]
    assert len(people) == len({choice.key for choice in _CHOICES.interesting}) == 11
    conditions = [person.card.condition for person in people if person and person.card]
    assert set(conditions) == set(CardCondition)
    assert sum(person.measure is not None for person in people if person) == 1
    assert sum(person.ward_card is not None for person in people if person) == 1
    assert sum(person.age(_POPULATION.today) < 15 for person in people if person) >= 1


def test_a_resident_is_found_by_name_reading_and_address() -> None:
    """What a person types finds the resident, without selectors and without the space between the names."""
    person = next(iter(_POPULATION.plain_holders()))
    record = person.record
    bare = "".join(each for each in record.name if each != "　" and not 0xE0100 <= ord(each) < 0xE01F0)
    for words in (record.name, bare, f"{record.reading} {record.address}"):
        assert record.resident in {choice.key for choice in _CHOICES.found(words)}
    assert not _CHOICES.found("")
    assert not _CHOICES.found("nobody is called this")


def test_different_residents_are_sent_in_both_languages_and_scopes() -> None:
    """As many different people as visits; households, holders alone and their seals, Japanese and English screens."""
    wanted = plans(_POPULATION, 20)
    assert len({plan.person.record.resident for plan in wanted}) == 20
    assert {plan.language for plan in wanted} == {"ja", "en"}
    assert {plan.scope for plan in wanted} == {"scope.1", "scope.3"}
    assert {plan.kind for plan in wanted} == {CertificateKind.RESIDENT_RECORD, CertificateKind.SEAL_REGISTRATION}
    sealed = [plan for plan in wanted if plan.kind is CertificateKind.SEAL_REGISTRATION]
    assert all(plan.person.seal is not None and plan.shown == (plan.person,) for plan in sealed)
    assert all(plan.person in plan.shown for plan in wanted)
    assert plans(_POPULATION, 3, skip=2)[0].person is wanted[2].person


def test_to_the_wards_own_machine_its_own_cards_come_first() -> None:
    """They hold no other card, none of them comes to a kiosk in a shop, and the others come after them."""
    held = [person.record.resident for person in _POPULATION.ward_card_holders()]
    own = [plan.person for plan in plans(_POPULATION, len(held) + 2, own_machine=True)]
    assert [person.record.resident for person in own[: len(held)]] == held
    assert [person.card is None and person.ward_card is not None for person in own] == [True] * len(held) + [False] * 2
    assert not any(plan.person.ward_card for plan in plans(_POPULATION, 20))
    assert all(_CHOICES.choice(person).pin == person.pin != "" for person in own)


def test_a_town_that_is_too_small_is_refused() -> None:
    """Nobody is sent twice in one run."""
    able = len(list(_POPULATION.plain_holders()))
    assert len({plan.person.record.resident for plan in plans(_POPULATION, able, skip=able - 1)}) == able
    with pytest.raises(NotEnoughResidentsError, match=f"{able} residents"):
        plans(_POPULATION, able + 1)
