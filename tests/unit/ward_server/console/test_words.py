"""Every page can be said in both languages: the same words, none missing for what the code may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.ward_server.console import words
from konbini.ward_server.console.ending import OWN_KINDS
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.standing import problems
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.settings.retention import Kept
from tests.integration.ward_server.console.matrix import whole_acts

ROOM = Path(words.__file__).parent
CONSTANT = re.compile(r'\bw\("([a-z_.-]+)"\)')
ROWS = re.compile(r'word="(row\.[a-z_]+)"')


def test_both_languages_have_the_same_words() -> None:
    """And none is empty."""
    japanese, english = (words.all_words()[language].texts for language in words.LANGUAGES)
    assert japanese.keys() == english.keys()
    assert all(japanese.values())
    assert all(english.values())


def test_every_word_that_a_page_asks_for_is_there() -> None:
    """In templates and in what the code gives as rows."""
    texts = words.all_words()["ja"].texts
    asked = {
        found
        for place in (*(ROOM / "templates").glob("*.html"), *ROOM.glob("*.py"))
        for pattern in (CONSTANT, ROWS)
        for found in pattern.findall(place.read_text(encoding="utf-8"))
    }
    assert asked - texts.keys() == set()


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("role", [role.name for role in Role]),
        ("change", [kind.name for kind in ChangeKind]),
        ("decision", [kind.name for kind in DecisionKind]),
        ("kept", [kept.name for kept in Kept if kept not in OWN_KINDS]),
    ],
)
def test_every_member_has_a_word(group: str, names: list[str]) -> None:
    """What is added to an enumeration is said."""
    texts = words.all_words()["ja"].texts
    assert [name for name in names if f"{group}.{name.lower()}" not in texts] == []


def test_every_act_and_its_fields_have_words() -> None:
    """Title, effect, group, fields, choices."""
    texts = words.all_words()["ja"].texts
    needed = set()
    for act in whole_acts():
        needed |= {f"act.{act.name}", f"effect.{act.name}"} | ({f"group.{act.group}"} if act.group else set())
        for field in act.fields:
            needed |= {f"choice.{choice}" for choice in field.choices}
            needed |= set() if field.kind == "hidden" else {f"field.{field.name}"}
    assert needed - texts.keys() == set()


def test_every_refusal_says_what_to_do_next() -> None:
    """Each has both sentences, and so has each problem."""
    texts = words.all_words()["ja"].texts
    for first, second in (("refusal", "next"), ("problem", "todo")):
        names = {key.partition(".")[2] for key in texts if key.startswith(f"{first}.")}
        assert names == {key.partition(".")[2] for key in texts if key.startswith(f"{second}.")}


def test_silence_is_a_problem() -> None:
    """A live view that nobody gave says so, and nothing else."""
    assert [problem.word for problem in problems(None)] == ["issuing_silent"]
