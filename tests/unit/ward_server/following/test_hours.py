"""An outage's hours: no jump of the wall clock makes them longer, and no restart begins them anew."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from konbini.ward_server.following.hours import Reckoned, reckon

BEGUN = 1_790_000_000_000
HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Passes:
    """Time passes, on both clocks."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Set:
    """Somebody sets the wall clock, by so many seconds."""

    by: int


STEPS = st.lists(
    st.one_of(
        st.builds(Passes, st.integers(0, 7200)),
        st.builds(Set, st.integers(-(10**9), 10**6)),
        st.just("restart"),
    ),
    max_size=30,
)


@given(STEPS)
def test_never_longer_than_declared(steps: list[Passes | Set | str]) -> None:
    """Whatever is set, a process that keeps what it reckons has come as far as the time that passed, and never back."""
    wall, monotonic, seen, known = BEGUN, 0.0, BEGUN, None
    reached = BEGUN
    for step in steps:
        match step:
            case Passes(seconds):
                wall, monotonic = wall + seconds * 1000, monotonic + seconds
            case Set(by):
                wall += by * 1000
            case _:
                known = None
        known = reckon(known, number=1, seen=seen, wall=wall, monotonic=monotonic)
        seen = known.now(monotonic)
        assert seen >= reached
        assert seen >= wall
        reached = seen
    assert seen >= BEGUN + monotonic * 1000


def test_a_clock_that_is_set_back() -> None:
    """The monotonic clock counts on from where the wall clock was."""
    known = reckon(None, number=1, seen=BEGUN, wall=BEGUN, monotonic=100.0)
    later = reckon(known, number=1, seen=BEGUN, wall=BEGUN - 5 * HOUR, monotonic=100.0 + 3600)
    assert later.now(100.0 + 3600) == BEGUN + HOUR


def test_a_clock_that_is_set_on() -> None:
    """It ends earlier, and stays ended when the clock is set right again."""
    known = reckon(None, number=1, seen=BEGUN, wall=BEGUN, monotonic=0.0)
    ahead = reckon(known, number=1, seen=BEGUN, wall=BEGUN + 9 * HOUR, monotonic=1.0)
    assert reckon(ahead, number=1, seen=BEGUN, wall=BEGUN, monotonic=2.0).now(2.0) == BEGUN + 9 * HOUR + 1000


def test_a_clock_that_was_set_on_counts_for_no_other_outage() -> None:
    """Another declaration begins at its own beginning."""
    ahead = Reckoned(number=1, moment=BEGUN + 9 * HOUR, at=0.0)
    fresh = reckon(ahead, number=2, seen=BEGUN, wall=BEGUN, monotonic=5.0)
    assert fresh == Reckoned(number=2, moment=BEGUN, at=5.0)


def test_a_restart_with_a_clock_that_was_set_back() -> None:
    """It begins at the moment that was seen last."""
    assert reckon(None, number=1, seen=BEGUN + HOUR, wall=BEGUN, monotonic=0.0).now(0.0) == BEGUN + HOUR


def test_each_millisecond_counts() -> None:
    """Asked often, nothing is lost by rounding."""
    known = reckon(None, number=1, seen=BEGUN, wall=BEGUN, monotonic=0.0)
    for tenth in range(1, 10_001):
        known = reckon(known, number=1, seen=BEGUN, wall=BEGUN, monotonic=tenth / 10_000)
    assert known.now(1.0) == BEGUN + 1000
