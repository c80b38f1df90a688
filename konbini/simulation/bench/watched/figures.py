"""What the slices of a run come to: the p99 of each way, what watching changes, and the run's own noise. Pure.

Slices follow each other as unwatched, watched, watched, unwatched, unwatched, watched ...: each pair holds the two ways
against each other, in one order and then in the other, so that a machine that slows down slows both; each boundary
between two pairs holds a way against itself. What watching changes is the middle of the pairs' ratios, taken as
logarithms, with its interval of 95 % (Hodges and Lehmann's estimate, the interval by Wilcoxon's signed ranks: Hollander
and Wolfe, Nonparametric Statistical Methods, 3.2 and 3.3); noise is the median over the boundaries.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from itertools import pairwise
from typing import Final

__all__ = ["ALLOWED", "FEWEST_PAIRS", "Slice", "Verdict", "Watched", "p99", "turns", "watched"]

ALLOWED: Final = 0.10
"""By how much the p99 may change because somebody watches."""
FEWEST_PAIRS: Final = 2
_MS: Final = 1000
_OUTSIDE: Final = 0.05
"""How often the interval may miss, at both its ends together."""


@unique
class Verdict(Enum):
    """What a run says of the tenth that is allowed."""

    WITHIN_A_TENTH = "stays within a tenth"
    """The whole interval does."""
    WITHIN_NOISE = "changes within the noise"
    """The change is below a tenth, or no larger than the noise; the run does not exclude that it is more."""
    DOES_NOT = "does not stay within a tenth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some seconds of one way.

    Attributes:
        is_watched: the way.
        seconds: how long it was.
        latencies: of each order that was due in it, seconds from its due moment to its end.
        issuing: CPU seconds of the process that served the orders.
        console: CPU seconds of the console.
        readers: CPU seconds of the browsers.
    """

    is_watched: bool
    seconds: float
    latencies: Sequence[float]
    issuing: float
    console: float
    readers: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The outcome: latencies in milliseconds over all slices of a way, changes as shares, CPU in ms a second.

    Attributes:
        orders: how many count.
        p50: of orders, unwatched and watched.
        p99: the same.
        change: of the p99, where it is watched.
        interval: where that change lies in 95 of 100 such runs; None where there are too few pairs to say.
        noise: how far the p99 of two successive slices of one way differ: median.
        most_noise: the largest of these.
        issuing: unwatched and watched; the orders themselves are the most of it.
        console: the same.
        readers: the same.
    """

    orders: int
    p50: tuple[float, float]
    p99: tuple[float, float]
    change: float
    interval: tuple[float, float] | None
    noise: float
    most_noise: float
    issuing: tuple[float, float]
    console: tuple[float, float]
    readers: tuple[float, float]

    @property
    def verdict(self) -> Verdict:
        """What it says of the tenth."""
        if self.interval is not None and self.interval[1] <= ALLOWED:
            return Verdict.WITHIN_A_TENTH
        return Verdict.WITHIN_NOISE if self.change <= max(ALLOWED, self.noise) else Verdict.DOES_NOT


def turns(pairs: int) -> tuple[bool, ...]:
    """Say of each slice in its turn whether it is watched."""
    return tuple(watched for pair in range(pairs) for watched in ((False, True), (True, False))[pair % 2])


def watched(slices: Sequence[Slice]) -> Watched:
    """Hold the slices of `turns` against each other.

    Raises:
        ValueError: they are not in that order, or fewer than `FEWEST_PAIRS` pairs.
    """
    pairs = [(slices[at], slices[at + 1]) for at in range(0, len(slices) - 1, 2)]
    if len(pairs) < FEWEST_PAIRS or tuple(one.is_watched for one in slices) != turns(len(pairs)):
        raise ValueError("slices of another order than the turns'")
    averages = _averages([math.log(_ratio(*sorted(pair, key=lambda one: one.is_watched))) for pair in pairs])
    apart = [abs(_ratio(before, after) - 1) for (_, before), (after, _) in pairwise(pairs)]
    ways = [[one for one in slices if one.is_watched is way] for way in (False, True)]
    orders = [[latency for one in way for latency in one.latencies] for way in ways]
    return Watched(
        orders=sum(map(len, orders)),
        p50=_two([statistics.median(one) * _MS for one in orders]),
        p99=_two([p99(one) * _MS for one in orders]),
        change=math.expm1(statistics.median(averages)),
        interval=_interval(averages, len(pairs)),
        noise=statistics.median(apart),
        most_noise=max(apart),
        issuing=_two([_a_second(way, [one.issuing for one in way]) for way in ways]),
        console=_two([_a_second(way, [one.console for one in way]) for way in ways]),
        readers=_two([_a_second(way, [one.readers for one in way]) for way in ways]),
    )


def p99(latencies: Sequence[float]) -> float:
    """Give the latency that one order in a hundred exceeds."""
    return sorted(latencies)[-(-99 * len(latencies) // 100) - 1]


def _ratio(before: Slice, after: Slice) -> float:
    return p99(after.latencies) / p99(before.latencies)


def _averages(values: Sequence[float]) -> list[float]:
    """Give the averages of any two of the values, each with itself too, in order (Walsh averages)."""
    return sorted((one + other) / 2 for at, one in enumerate(values) for other in values[at:])


def _interval(averages: Sequence[float], pairs: int) -> tuple[float, float] | None:
    """Give the interval of the middle, as a change; None where so few pairs have none of 95 %."""
    ways = [1]  # in which signed ranks come to a sum, by the sum
    for rank in range(1, pairs + 1):
        ways = [one + other for one, other in zip([*ways, *[0] * rank], [*[0] * rank, *ways], strict=True)]
    outside, cut = 0, 0
    while 2 * (outside + ways[cut]) <= _OUTSIDE * 2**pairs:
        outside += ways[cut]
        cut += 1
    return (math.expm1(averages[cut - 1]), math.expm1(averages[-cut])) if cut else None


def _a_second(way: Sequence[Slice], cpu: Sequence[float]) -> float:
    return sum(cpu) * _MS / sum(one.seconds for one in way)


def _two(values: Sequence[float]) -> tuple[float, float]:
    first, second = values
    return first, second
