"""The households that are measured: another one for each document, drawable by every peer."""

from __future__ import annotations

from konbini.pdf.facts import PersonFacts
from konbini.simulation.bench.household import binding_of_document, household


def _names(people: tuple[PersonFacts, ...]) -> str:
    return "".join(person.name for person in people)


def test_households_differ_and_repeat() -> None:
    """Equal index, equal facts; another index, another number, binding and household."""
    facts = [household(index) for index in range(50)]
    assert facts == [household(index) for index in range(50)]
    assert len({one.number for one in facts}) == len({binding_of_document(index) for index in range(50)}) == 50
    assert len({_names(one.people) for one in facts}) > 40


def test_every_household_is_of_four_that_peers_can_draw() -> None:
    """Four people; no variation selector and nothing outside the first plane, which the naive way draws as a box."""
    for index in range(200):
        facts = household(index)
        assert len(facts.people) == 4
        assert max(_names(facts.people)) <= "\uffff"
