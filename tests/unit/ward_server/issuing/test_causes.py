"""Each reason why nothing is issued has a line of what to do, and the runbook that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.issuing.causes import todo
from konbini.ward_server.residents.feed import BREAKING

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("code", sorted({*BREAKING, Code.COPY_DIFFERS, Code.WARD_RESTORED}))
def test_each_way_has_its_own_instruction(code: Code) -> None:
    """In both languages, unlike the general one, with a runbook that exists."""
    japanese, english = todo(code)
    assert (japanese, english) != todo(Code.SUBJECT_MISMATCH)
    (named,) = re.findall(r"docs/runbooks/[a-z-]+\.md", japanese)
    assert (ROOT / named).is_file()


def test_no_two_ways_share_an_instruction() -> None:
    """A gap is not looked into as a fork is."""
    told = [todo(code) for code in BREAKING]
    assert len(set(told)) == len(told)
