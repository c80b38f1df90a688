"""Quantiles with their intervals, against the binomial's tables."""

from __future__ import annotations

import pytest

from konbini.simulation.bench.figures.spread import Spread, median, of_sums, quantile, ratio


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(6, 0, 5), (8, 0, 7), (9, 1, 7), (10, 1, 8), (15, 3, 11), (20, 5, 14), (25, 7, 17)],
    ids=str,
)
def test_the_median_s_interval_is_the_tables(count: int, low: int, high: int) -> None:
    """Ranks of the sign test's 95 % interval (Hollander and Wolfe, table A.2), counted from 0."""
    found = median([float(number) for number in range(count)])
    assert (found.low, found.high) == (low, high)
    assert found.value == (count - 1) / 2


@pytest.mark.parametrize("count", range(1, 6), ids=str)
def test_too_few_values_have_no_interval(count: int) -> None:
    """Five values at most lie on one side of the median too often."""
    found = median([1.0] * count)
    assert (found.low, found.high) == (None, None)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    """Nearest rank; a p99 of a hundred values has no interval, since its upper end lies outside of them."""
    values = [float(number) for number in range(1, 101)]
    assert quantile(values, 0.99) == Spread(value=99.0)
    assert quantile(values * 10, 0.99).value == 99.0
    assert quantile([3.0, 1.0, 2.0], 0.99).value == 3.0


def test_ratios_are_taken_in_pairs() -> None:
    """A machine that slows down slows both."""
    assert ratio([2.0, 20.0, 200.0], [1.0, 10.0, 100.0]).value == 2.0


def test_a_ratio_of_sums_has_the_jackknife_s_interval() -> None:
    """Issues that fall into another slice than their CPU change nothing; slices alike leave no doubt."""
    assert of_sums([(2.0, 1.0)] * 6) == Spread(value=2.0, low=2.0, high=2.0)
    uneven = of_sums([(2.0, 1.0), (2.0, 3.0)] * 5)
    assert uneven.value == 1.0
    assert uneven.low is not None
    assert uneven.high is not None
    assert uneven.low < 1.0 < uneven.high
    assert of_sums([(1.0, 1.0)] * 5) == Spread(value=1.0)


def test_nothing_has_no_quantile() -> None:
    """No figure is made up."""
    with pytest.raises(ValueError, match="nothing was measured"):
        median([])
