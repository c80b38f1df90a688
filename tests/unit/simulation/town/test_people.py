"""The people: as many as asked for, each one once, in the mix of a ward, every record sound."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.protocol.shape import from_bytes, to_bytes
from konbini.simulation.town.numbers import MOST_ORDINAL, individual_number, resident_code
from konbini.simulation.town.people import CardCondition, Population
from konbini.simulation.town.populate import FEWEST, populate
from konbini.ward_server.residents.dates import to_day, to_number
from konbini.ward_server.residents.entry import NumberCardStatus, RegisterEntry
from konbini.ward_server.residents.record import ForeignCategory, ResidentRecord

TODAY = dt.date(2026, 11, 20)
_DIGEST_OF_A_TOWN = """
import datetime, hashlib
from konbini.simulation.town.populate import populate
print(hashlib.sha256(repr(populate(7, 400, datetime.date(2026, 11, 20))).encode()).hexdigest())
"""


def test_as_many_as_asked_for(population: Population) -> None:
    """Exactly 10,000, and any other number from the fewest on."""
    assert len(population.people) == 10_000
    for residents in (FEWEST, FEWEST + 1, 333):
        assert len(populate(1, residents, TODAY).people) == residents
    with pytest.raises(ValueError, match="a town has"):
        populate(1, FEWEST - 1, TODAY)


def test_everybody_is_one(population: Population) -> None:
    """No two share a resident id, an individual number, a resident code, a card's serial, a residence card."""
    people = population.people
    for distinct in (
        [person.record.resident for person in people],
        [person.individual_number for person in people],
        [person.record.resident_code for person in people],
        [person.card.serial for person in people if person.card],
        [card for person in people if person.record.foreign and (card := person.record.foreign.residence_card)],
    ):
        assert len(set(distinct)) == len(distinct)


def test_every_record_crosses_the_wire(population: Population) -> None:
    """Records keep the bounds of their own declaration and come back as they were: the cast's and every fifth."""
    for person in population.people[:120] + population.people[120::5]:
        assert from_bytes(ResidentRecord, to_bytes(person.record)) == person.record


def test_households_are_sound(population: Population) -> None:
    """One head, orders from 1 on, one address, no two of one name in a household."""
    households = list(population.households())
    assert len({members[0].record.household for members in households}) == len(households)
    for members in households:
        records = [person.record for person in members]
        assert [record.order for record in records] == list(range(1, len(records) + 1))
        assert [record.relationship == "世帯主" for record in records] == [True] + [False] * (len(records) - 1)
        assert {record.head for record in records} == {records[0].name}
        assert len({(record.address, record.address_detail) for record in records}) == 1
        (postcode,) = {person.entry.postcode for person in members}
        assert len(postcode) == 7
        assert len({record.name for record in records}) == len(records)


def test_dates_follow_each_other(population: Population) -> None:
    """Birth, becoming a resident, setting the address, notification, today; children after their parents."""
    today = to_number(TODAY)
    for record in (person.record for person in population.people):
        assert record.became_resident is not None
        assert record.address_set is not None
        assert record.notified is not None
        assert record.birth <= record.became_resident <= record.address_set <= record.notified <= today
        assert (to_day(record.notified) - to_day(record.address_set)).days < 14
        assert (record.moved_in is None) == (record.previous_address is None)
    for members in population.households():
        children = [person for person in members if person.record.relationship == "子"]
        assert all(to_day(child.record.birth).year - to_day(members[0].record.birth).year > 17 for child in children)


def test_mix_of_a_ward(population: Population) -> None:
    """Singles, sizes, ages, foreign residents and card holders in the shares of a ward of Tokyo."""
    sizes = Counter(len(members) for members in population.households())
    ages = [person.age(TODAY) for person in population.people]
    assert set(range(1, 9)) < set(sizes)
    assert max(sizes) == 12
    assert 0.45 < sizes[1] / sizes.total() < 0.58
    assert 1.7 < 10_000 / sizes.total() < 2.1
    assert 0.10 < sum(age < 15 for age in ages) / 10_000 < 0.17
    assert 0.15 < sum(age >= 65 for age in ages) / 10_000 < 0.25
    assert 0.09 < sum(person.record.foreign is not None for person in population.people) / 10_000 < 0.13
    assert 0.73 < sum(person.card is not None for person in population.people) / 10_000 < 0.77


def test_what_is_rare_is_there(population: Population) -> None:
    """Each case that a rule or a form must meet has people in the town."""
    people = population.people
    records = [person.record for person in people]
    counted = {
        "measures": sum(person.measure is not None for person in people),
        "leaving": sum(record.leaving is not None for record in records),
        "in registration": sum(record.name_in_registration for record in records),
        "moved in today": sum(record.moved_in == to_number(TODAY) for record in records),
        "former names": sum(record.former_name is not None for record in records),
        "aliases": sum(record.alias is not None for record in records),
        "long names": sum(60 <= len(record.name) <= 80 for record in records),
        "long buildings": sum(len(record.address_detail or "") >= 35 for record in records),
        "domicile in the ward": sum((record.domicile or "").startswith("東京都澄川区") for record in records),
    } | {
        condition.name: sum(p.card is not None and p.card.condition is condition for p in people)
        for condition in CardCondition
    }
    assert {name: count for name, count in counted.items() if count < 3} == {}
    assert 20 <= counted["measures"] <= 40
    assert sum(len(record.name) > 120 for record in records) == 1
    assert {record.foreign.category for record in records if record.foreign} >= {
        ForeignCategory.MEDIUM_TO_LONG_TERM,
        ForeignCategory.SPECIAL_PERMANENT,
    }


def test_mixed_households(population: Population) -> None:
    """Some households have members of two nationalities; foreign residents have no domicile, all others have one."""
    mixed = [m for m in population.households() if {person.record.foreign is None for person in m} == {True, False}]
    assert len(mixed) > 50
    for record in (person.record for person in population.people):
        assert (record.domicile is None) == (record.domicile_head is None) == (record.foreign is not None)


def test_plain_holders_are_plain(population: Population) -> None:
    """Whom nothing stops: card good, 15 or older, household small and free of restrictions."""
    plain = list(population.plain_holders())
    assert len(plain) > 4_000
    by_household = {members[0].record.household: members for members in population.households()}
    for person in plain:
        members = by_household[person.record.household]
        assert person.card is not None
        assert person.card.condition is CardCondition.GOOD
        assert person.age(TODAY) >= 15
        assert len(members) <= 4
        assert all(len(one.record.name) <= 80 for one in members)
        assert not [one for one in members if one.measure or one.record.leaving or one.record.name_in_registration]
        assert not [one for one in members if one.record.moved_in == to_number(TODAY)]


def test_repr_shows_no_secret(population: Population) -> None:
    """A townsperson that lands in a log shows neither PIN nor individual number."""
    person = next(person for person in population.people if person.card)
    assert person.individual_number not in repr(person)
    assert "pin" not in repr(person)


def test_one_seed_one_town() -> None:
    """The same seed gives the same people under any hash seed, another seed gives others."""
    towns = {
        subprocess.run(  # noqa: S603 - this interpreter, our own line
            [sys.executable, "-c", _DIGEST_OF_A_TOWN],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1")
    }
    here = hashlib.sha256(repr(populate(7, 400, TODAY)).encode()).hexdigest()
    assert towns == {here + "\n"}
    assert populate(8, 400, TODAY) != populate(7, 400, TODAY)


def test_check_digits() -> None:
    """The published sample of an individual number, 123456789018, follows the rule that ours are made by."""

    def check_digit(digits: str) -> int:
        weights = [*range(2, 8), *range(2, 7)]
        rest = sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=False)) % 11
        return 11 - rest if rest > 1 else 0

    assert check_digit("12345678901") == 8
    for ordinal in (0, 1, 2, 500, 9_999, MOST_ORDINAL):
        number, code = individual_number(ordinal), resident_code(ordinal)
        assert (len(number), len(code)) == (12, 11)
        assert (int(number[-1]), int(code[-1])) == (check_digit(number[:-1]), check_digit(code[:-1]))
        assert number.startswith("000000")
        assert code.startswith("00000")


@given(st.integers(0, MOST_ORDINAL), st.integers(0, MOST_ORDINAL))
def test_numbers_of_two_people_differ(one: int, other: int) -> None:
    """Distinct ordinals have distinct numbers and codes."""
    assert (individual_number(one) == individual_number(other)) == (one == other)
    assert (resident_code(one) == resident_code(other)) == (one == other)


@settings(max_examples=15, deadline=None)
@given(st.integers(), st.dates(dt.date(2013, 1, 1), dt.date(2035, 12, 31)))
def test_any_seed_and_day_make_sound_records(seed: int, today: dt.date) -> None:
    """Leap days, first and last days of years: every record keeps its bounds on any day."""
    for person in populate(seed, FEWEST, today).people:
        assert from_bytes(ResidentRecord, to_bytes(person.record)) == person.record
        assert person.age(today) >= 0


def test_what_is_kept_beyond_the_record_is_sound(population: Population) -> None:
    """Other offices' items follow age and nationality, the card's items the card, an alias its history."""
    for person in population.people:
        record, entry, age = person.record, person.entry, person.age(TODAY)
        assert entry.administrative.voter == (record.foreign is None and age >= 18)
        assert (entry.administrative.elderly.since is not None) == (age >= 75)
        assert (entry.administrative.pension_number is not None) == (20 <= age < 65)
        assert entry.number_card is not None
        assert (entry.number_card.status is NumberCardStatus.IN_USE) == (person.card is not None)
        assert [line.alias for line in entry.aliases] == ([record.alias] if record.alias else [])
        assert (record.earlier_address is not None) == (record.address_set != record.became_resident)
        assert (entry.foreign is None) == (record.foreign is None)
    for person in population.people[::50]:
        assert from_bytes(RegisterEntry, to_bytes(person.entry)) == person.entry


def test_every_household_would_be_taken_by_the_register(population: Population) -> None:
    """One head, whose name all records bear, orders of their own, one address: what the register's rules ask."""
    for members in population.households():
        records = [person.record for person in members]
        heads = [record for record in records if record.relationship == "世帯主"]
        assert len(heads) == 1
        assert {record.head for record in records} <= {heads[0].name, heads[0].alias}
        assert len({record.order for record in records}) == len(records)
        assert len({(record.address, record.address_detail) for record in records}) == 1
