"""What was typed is read as people write it, or refused by its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.forms import choice, day, line, member, number
from konbini.ward_server.console.lines import Process
from konbini.ward_server.console.rights import Role

READERS: Mapping[str, Callable[[Mapping[str, str]], object]] = {
    "line": lambda form: line(form, "field"),
    "number": lambda form: number(form, "field"),
    "day": lambda form: day(form, "field"),
    "choice": lambda form: choice(form, "field", Process),
    "member": lambda form: member(form, "field", Role),
}


@given(st.sampled_from(sorted(READERS)), st.text(max_size=80) | st.from_regex(r"\d{0,14}|\d{4}-\d\d-\d\d"))
def test_whatever_is_typed_is_read_or_refused_by_its_field(reader: str, typed: str) -> None:
    """No other exception leaves, and no refusal says what was typed."""
    assert _refused(READERS[reader], typed) in (None, (Code.CHANGE_INVALID, "field field"))


def _refused(read: Callable[[Mapping[str, str]], object], typed: str) -> tuple[Code, str] | None:
    try:
        read({"field": typed})
    except Refused as refused:
        return refused.code, refused.detail
    return None


@pytest.mark.parametrize("typed", ["佐藤 一", "佐藤　一", "𠮷見　葛\U000e0102", "令8-12"])
def test_a_line_is_what_people_write(typed: str) -> None:
    """Names with either space, and with a variant of a character; what stands around is taken off."""
    assert line({"field": f"　{typed} "}, "field") == typed


@pytest.mark.parametrize("typed", ["", "　", "a\nb", "a\tb", "a\x00b", "a\u202eb", "a\u200bb", "a\u00a0b", "あ" * 65])
def test_a_line_is_one_line_that_shows_all_of_itself(typed: str) -> None:
    """Nothing, two lines, controls, what turns or hides text, and too much."""
    with pytest.raises(Refused) as refusal:
        line({"field": typed}, "field")
    assert refusal.value.code is Code.CHANGE_INVALID
