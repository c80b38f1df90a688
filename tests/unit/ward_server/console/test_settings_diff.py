"""What changes between two texts, as it is shown: every line that goes or comes, a little around it, and no more."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from konbini.ward_server.console.settings_diff import count, difference

TEXTS = st.lists(st.sampled_from(["yen = 200", "yen = 300", "[[fees]]", "", "begins = 2020-01-01"]), max_size=30)


@given(TEXTS, TEXTS)
def test_what_is_shown_makes_the_one_text_of_the_other(old: list[str], new: list[str]) -> None:
    """No line that goes or comes is left out; what is hidden is counted, and is the same on both sides."""
    lines = difference("\n".join(old), "\n".join(new))
    whole = "\n".join(old).splitlines(), "\n".join(new).splitlines()
    kept = count(lines, "same") + sum(line.old for line in lines if line.sign == "gap")
    assert count(lines, "removed") + kept == len(whole[0])
    assert count(lines, "added") + kept == len(whole[1])
    for line in lines:
        if line.old and line.sign != "gap":
            assert whole[0][line.old - 1] == line.text
        if line.new:
            assert whole[1][line.new - 1] == line.text


def test_three_lines_around_a_change() -> None:
    """And the gap between is one line that says how many."""
    old = [f"line {number}" for number in range(1, 31)]
    new = [*old[:14], "another", *old[15:]]
    lines = difference("\n".join(old), "\n".join(new))
    assert [(line.sign, line.old, line.new) for line in lines] == [
        ("gap", 11, 0),
        *(("same", number, number) for number in (12, 13, 14)),
        ("removed", 15, 0),
        ("added", 0, 15),
        *(("same", number, number) for number in (16, 17, 18)),
        ("gap", 12, 0),
    ]


def test_the_longest_texts_take_no_time() -> None:
    """A thousand lines, all alike but for their number, or all the same: nobody waits for the page."""
    alike = "\n".join("a" for _ in range(1000))
    for old, new in ((alike, alike.replace("a", "b", 500)), ("\n".join("ab" * 500), "\n".join("ba" * 500))):
        begun = time.monotonic()
        difference(old, new)
        assert time.monotonic() - begun < 3
