"""What an operator reads of a record: days, words and texts as people write them."""

from __future__ import annotations

from dataclasses import fields

import pytest

from konbini.ward_server.console.showing import DATES, NAMED, written
from konbini.ward_server.console.words import all_words
from konbini.ward_server.residents.record import ResidentRecord

_OF_A_CHANGE = {"effective", "planned_end"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("birth", 19850403, "1985-04-03"),
        ("birth", 19850000, "1985-00-00"),
        ("version", 19850403, "19850403"),
        ("name_in_registration", False, "value.no"),
        ("leaving", None, "null"),
        ("sex", "female", "sex.female"),
        ("name", "female", "female"),
        ("cards", ["a"], '["a"]'),
    ],
)
def test_a_value_is_written(name: str, value: object, shown: str) -> None:
    """By its field, so that no text that somebody typed becomes a word of ours."""
    assert written(name, value) == shown


def test_every_named_value_has_its_word_and_every_field_is_one() -> None:
    """In both languages."""
    known = {field.name for field in fields(ResidentRecord)}
    assert set(NAMED) | (DATES - _OF_A_CHANGE) <= known
    for words in all_words().values():
        for name, kind in NAMED.items():
            assert {f"{name}.{member.name.lower()}" for member in kind} <= set(words.texts)
        assert {"value.yes", "value.no"} <= set(words.texts)
