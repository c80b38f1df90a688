"""The people of the ward's benchmark: as many as asked for, each once, and whose turn it is."""

from __future__ import annotations

import datetime as dt

import pytest

from konbini.simulation.bench.ward.residents import FEWEST, Residents

_TODAY = dt.date(2026, 11, 27)


def test_a_town_comes_again_under_other_ids() -> None:
    """Ids, households and cards are each resident's own beyond the town's ten thousand too."""
    residents = Residents(3, 20_500, _TODAY)
    around = [person for first in (0, 10_000, 20_000) for person in residents.made(first, 500)]
    assert len({person.record.resident for person in around}) == 1500
    serials = [person.card.serial for person in around if person.card is not None]
    assert len(serials) == len(set(serials))
    first, second = residents.made(0, 40), residents.made(10_000, 40)
    assert [person.record.name for person in first] == [person.record.name for person in second]
    assert not {person.record.household for person in first} & {person.record.household for person in second}
    measures = [person.measure for person in residents.made(0, 20_500) if person.measure is not None]
    assert len(measures) == len(set(measures)) > 50


def test_they_end_at_their_number() -> None:
    """The last portion is shorter, and none comes after it."""
    residents = Residents(3, 250, _TODAY)
    assert [len(residents.made(first, 100)) for first in (0, 100, 200, 250)] == [100, 100, 50, 0]


def test_only_those_may_order_whom_nothing_stops() -> None:
    """Drawn over the whole ward, each once; no measure in the household, a card of one's own."""
    residents = Residents(3, 30_000, _TODAY)
    people = residents.made(0, 30_000)
    by_serial = {person.card.serial: person for person in people if person.card is not None}
    protected = {person.record.household for person in people if person.measure is not None}
    drawn = residents.draw(2000)
    assert len(drawn) == len(set(drawn)) == 2000
    assert not {by_serial[serial].record.household for serial in drawn} & protected
    thirds = [sum(first < serial <= first + 10_000 for serial in drawn) for first in (0, 10_000, 20_000)]
    assert min(thirds) > 500


def test_one_seed_gives_one_order() -> None:
    """A run can be repeated."""
    assert Residents(3, 1000, _TODAY).draw(50) == Residents(3, 1000, _TODAY).draw(50)


def test_a_ward_has_as_many_as_a_town() -> None:
    """Fewer are no ward."""
    with pytest.raises(ValueError, match="residents"):
        Residents(3, FEWEST - 1, _TODAY)
