"""What the slices of orders that are watched come to: p99, the change over the pairs, its interval, noise, verdict."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.simulation.bench.watched.figures import ALLOWED, Slice, Verdict, p99, turns, watched
from konbini.simulation.bench.watched.report import last_line, lines
from konbini.simulation.bench.watched.running import Measured


def slices(*p99s: float) -> list[Slice]:
    """Make the slices of as many turns, in each of which every order took so long."""
    return [
        Slice(is_watched=way, seconds=2.0, latencies=[one] * 100, issuing=1.0, console=0.1 * way, readers=0.0)
        for way, one in zip(turns(len(p99s) // 2), p99s, strict=True)
    ]


def pairs_of(*changes: float, base: Sequence[float] = ()) -> list[Slice]:
    """Make a pair for each change; `base` is what a pair's unwatched slice took."""
    took = []
    for pair, change in enumerate(changes):
        one = base[pair] if base else 0.01
        took += [one, one * (1 + change)] if pair % 2 == 0 else [one * (1 + change), one]
    return slices(*took)


@given(st.lists(st.floats(0, 10), min_size=100, max_size=300))
def test_one_in_a_hundred_is_not_faster(latencies: list[float]) -> None:
    """At least 99 of 100 are at the p99 or below, and one of a hundred at it or above."""
    found = p99(latencies)
    assert found in latencies
    assert sum(one <= found for one in latencies) >= 0.99 * len(latencies)
    assert sum(one >= found for one in latencies) >= 0.01 * len(latencies)


def test_the_ways_stand_in_each_order_and_beside_themselves() -> None:
    """Unwatched, watched, watched, unwatched, unwatched, watched."""
    assert turns(3) == (False, True, True, False, False, True)


def test_a_slow_machine_slows_both_ways() -> None:
    """Each slice is held against its neighbour: twice as slow from pair to pair changes nothing."""
    found = watched(pairs_of(*[0.05] * 8, base=[0.01 * 2**pair for pair in range(8)]))
    assert found.change == pytest.approx(0.05)
    assert found.interval == pytest.approx((0.05, 0.05))
    assert found.noise == pytest.approx(1.0)
    assert found.verdict is Verdict.WITHIN_A_TENTH


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(0.0, Verdict.WITHIN_A_TENTH), (ALLOWED - 0.01, Verdict.WITHIN_A_TENTH), (ALLOWED + 0.01, Verdict.DOES_NOT)],
)
def test_what_is_allowed_is_a_tenth(change: float, verdict: Verdict) -> None:
    """On a machine without noise."""
    assert watched(pairs_of(*[change] * 6)).verdict is verdict


def test_a_machine_that_jumps_says_little() -> None:
    """A change beyond a tenth is no finding where a way changes by more against itself."""
    found = watched(pairs_of(*[0.2] * 6, base=[0.01, 0.02] * 3))
    assert found.noise > found.change
    assert found.verdict is Verdict.WITHIN_NOISE


def test_five_pairs_are_too_few_for_an_interval() -> None:
    """One of 32 chances is on each side: more than one in twenty. Nothing is said to stay within a tenth."""
    five, six = watched(pairs_of(*[0.0] * 5)), watched(pairs_of(*[0.0] * 6))
    assert five.interval is None
    assert five.verdict is Verdict.WITHIN_NOISE
    assert six.interval == (0, 0)


def test_the_interval_is_that_of_the_tables() -> None:
    """Of 10 pairs the ninth smallest and the ninth largest of the 55 averages (Wilcoxon, 8 at 5 %, two-sided)."""
    changes = [0.01 * 3**pair for pair in range(10)]
    averages = sorted(((1 + one) * (1 + other)) ** 0.5 - 1 for at, one in enumerate(changes) for other in changes[at:])
    found = watched(pairs_of(*changes))
    assert found.interval == pytest.approx((averages[8], averages[-9]))
    assert found.change == pytest.approx(averages[27])


def test_cpu_is_that_of_a_second() -> None:
    """Milliseconds, by the way."""
    found = watched(pairs_of(0.0, 0.0))
    assert found.issuing == (500, 500)
    assert found.console == (0, 50)


def test_slices_out_of_turn_are_refused() -> None:
    """They would be held against the wrong ones."""
    with pytest.raises(ValueError, match="another order"):
        watched(pairs_of(0.0, 0.0)[1:] + pairs_of(0.0)[:1])
    with pytest.raises(ValueError, match="another order"):
        watched(pairs_of(0.0))


@pytest.mark.parametrize(("waited", "keeps"), [(0, True), (63, True), (64, False), (5000, False)])
def test_a_machine_that_does_not_keep_the_pace_says_nothing(waited: int, *, keeps: bool) -> None:
    """Where as many orders wait as there are kiosks their times are those of a queue."""
    found = Measured(
        watched=watched(pairs_of(*[0.0] * 6)),
        counting=(30.0, 60.0),
        boards=(0.5, 0.5),
        asked=0.5,
        answer=3.0,
        waited=waited,
    )
    assert found.keeps_pace is keeps
    said = "watched by these, the p99 of an order stays within a tenth"
    assert (lines(found)[-1] == said) is keeps
    assert last_line(found)["verdict"] == ("within_a_tenth" if keeps else None)
