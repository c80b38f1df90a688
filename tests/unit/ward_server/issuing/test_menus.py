"""What a menu tells of a household for the ear: never so much that the menu has no room in its seal."""

from __future__ import annotations

from konbini.ward_server.issuing.menus import MOST_READING_BYTES, readings
from konbini.ward_server.issuing.rules import Person
from tests.records import written


def household(*names: str) -> list[Person]:
    """People whose names are read so."""
    return [
        Person(record=written(f"10000000{at:02}", order=at, reading=name), barred=False)
        for at, name in enumerate(names, 1)
    ]


def test_a_reading_is_the_records() -> None:
    """As the register has it; one that it does not have is empty, and takes nothing from the others."""
    assert readings(household("カツラギ　アヤ", "", "デュポン　クレール")) == (
        "カツラギ　アヤ",
        "",
        "デュポン　クレール",
    )


def test_a_household_with_too_much_to_say_is_told_by_number() -> None:
    """To the octet: a menu that does not fit would be a paper refused for the sake of a voice."""
    most, rest = divmod(MOST_READING_BYTES, 3 * 100)
    names = ["ア" * 100] * most
    assert readings(household(*names, "A" * rest)) == (*names, "A" * rest)
    assert readings(household(*names, "A" * (rest + 1))) == ("",) * (most + 1)
