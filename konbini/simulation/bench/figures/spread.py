"""A quantile of what was measured, with the interval in which the true one lies in 95 of 100 such runs. Pure.

The interval is made of order statistics, whose ranks are binomial whatever the values are distributed like (David and
Nagaraja, Order Statistics, 7.1): nothing is assumed to be normal. Limits: values are taken to be independent; where so
few were measured that an end of the interval lies outside of them, there is no interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Spread", "median", "of_sums", "quantile", "ratio"]

_OUTSIDE: Final = 0.025
"""How often the interval may miss, at each of its ends."""
_NORMAL: Final = 1.959964
_FEWEST_SLICES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure, and the ends of its interval; both None where too little was measured."""

    value: float
    low: float | None = None
    high: float | None = None

    def scaled(self, factor: float) -> Spread:
        """Give the same in another unit."""
        return Spread(
            value=self.value * factor,
            low=None if self.low is None else self.low * factor,
            high=None if self.high is None else self.high * factor,
        )


def median(values: Sequence[float]) -> Spread:
    """Give the median.

    Raises:
        ValueError: there is no value.
    """
    return quantile(values, 0.5)


def quantile(values: Sequence[float], share: float) -> Spread:
    """Give the value that this share of the values does not exceed: nearest rank, an even count's median between two.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("nothing was measured")
    ordered, count = sorted(values), len(values)
    low, high = _ranks(count, share)
    inside = low is not None and high is not None
    place = share * count
    at = math.ceil(place) - 1
    value = (ordered[at] + ordered[at + 1]) / 2 if place == at + 1 and share == 1 / 2 else ordered[max(at, 0)]
    return Spread(
        value=value,
        low=ordered[low] if inside and low is not None else None,
        high=ordered[high] if inside and high is not None else None,
    )


def ratio(values: Sequence[float], against: Sequence[float]) -> Spread:
    """Give the median of the ratios of values that were measured in pairs.

    Raises:
        ValueError: there is no pair, or not every value has one.
    """
    return median([one / other for one, other in zip(values, against, strict=True)])


def of_sums(pairs: Sequence[tuple[float, float]]) -> Spread:
    """Give the ratio of two sums over slices of a run, as CPU over issues, whatever falls into which slice.

    The interval is the jackknife's, with Student's t (Cochran, Sampling Techniques, 6.17); slices so uneven that it
    would reach below 0 say nothing of it.

    Raises:
        ZeroDivisionError: the second sum is 0.
    """
    above, below = (sum(side) for side in zip(*pairs, strict=True))
    value, count = above / below, len(pairs)
    if count < _FEWEST_SLICES or any(one[1] == below for one in pairs):
        return Spread(value=value)
    without = [(above - one) / (below - other) for one, other in pairs]
    mean = sum(without) / count
    error = math.sqrt((count - 1) / count * sum((one - mean) ** 2 for one in without))
    half = _student(count - 1) * error
    return Spread(value=value) if half > value else Spread(value=value, low=value - half, high=value + half)


def _student(freedom: int) -> float:
    """Give the 97.5 % point of Student's t, by Cornish and Fisher's expansion; within 1 % from 5 degrees on."""
    z = _NORMAL
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _ranks(count: int, share: float) -> tuple[int | None, int | None]:
    """Give the places of the interval's ends among ordered values, None where the end lies outside of them.

    The number of values at most as large as the true quantile is binomial.
    """
    low: int | None = None
    below = 0.0
    for number in range(count + 1):
        chance = _binomial(count, number, share)
        if below + chance <= _OUTSIDE:
            low = number
        if below + chance >= 1 - _OUTSIDE:
            return low, number if number < count else None
        below += chance
    return low, None


def _binomial(count: int, number: int, share: float) -> float:
    ways = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
    return math.exp(ways + number * math.log(share) + (count - number) * math.log1p(-share))
