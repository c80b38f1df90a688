"""Each reason why nothing is issued has a word of what to do, and the runbook that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.console.words import all_words
from konbini.ward_server.residents.feed import BREAKING

ROOT = Path(__file__).parents[4]
WORDS = all_words()


@pytest.mark.parametrize("code", sorted({*BREAKING, Code.COPY_DIFFERS, Code.WARD_RESTORED}))
def test_each_way_has_its_own_instruction(code: Code) -> None:
    """In both languages, unlike the general one, with a runbook that exists."""
    assert [words.key("cause", code) for words in WORDS.values()] == [code.name.lower()] * len(WORDS)
    (named,) = re.findall(r"docs/runbooks/[a-z-]+\.md", WORDS["ja"](f"cause.{code.name.lower()}"))
    assert (ROOT / named).is_file()


def test_no_two_ways_share_an_instruction() -> None:
    """A gap is not looked into as a fork is, and what has no way of its own is told the general one."""
    for words in WORDS.values():
        told = [words(f"cause.{words.key('cause', code)}") for code in (*BREAKING, Code.SUBJECT_MISMATCH)]
        assert len(set(told)) == len(told)
    assert WORDS["ja"].key("cause", Code.SUBJECT_MISMATCH) == "other"
