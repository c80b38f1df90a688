"""What rounds come to: rates, times, each size against the smallest, and how far a run can be trusted. Pure.

A size is held against the smallest of the same engine round by round, so that a machine that slows down slows both.
Noise is how far two successive rounds of one size differ, median over all sizes of an engine: what is smaller than that
says nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from konbini.simulation.bench.figures.spread import median
from konbini.simulation.bench.ward.rounds import Round

__all__ = ["FLAT", "Figures", "SizeFigures", "figures", "noise_of", "ratio_of_rates"]

FLAT: Final = 0.10
"""A size that costs so much more than the smallest, or less than the noise, costs the same."""
_MS: Final = 1000
_P99: Final = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeFigures:
    """One engine at one size.

    Attributes:
        residents: of the ward.
        per_second: orders a second, median of the rounds.
        p50_ms: of an order, over all rounds.
        p99_ms: the same.
        cpu_ms: of this process for an order, median of the rounds; a database server's own is not in it.
        against_smallest: what an order costs in time, as a multiple of the smallest size's, median of the rounds.
        cpu_against_smallest: the same of `cpu_ms`.
        cpu_low: where the interval of 95 % of `cpu_ms` begins; None where there were too few rounds.
        cpu_high: where it ends.
    """

    residents: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    against_smallest: float
    cpu_against_smallest: float
    cpu_low: float | None = None
    cpu_high: float | None = None

    def is_flat(self, noise: float) -> bool:
        """Say whether an order costs what it costs in the smallest ward."""
        return self.against_smallest <= 1 + max(FLAT, noise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One engine: its sizes, the smallest first, and the noise of its rounds, as a share."""

    engine: str
    sizes: Sequence[SizeFigures]
    noise: float


def figures(engine: str, by_size: Mapping[int, Sequence[Round]]) -> Figures:
    """Sum up the rounds of one engine, the smallest size first."""
    smallest = next(iter(by_size.values()))
    return Figures(
        engine=engine,
        sizes=[_size(residents, rounds, smallest) for residents, rounds in by_size.items()],
        noise=noise_of(by_size.values()),
    )


def noise_of(sizes: Iterable[Sequence[Round]]) -> float:
    """Give how far two successive rounds of one size differ; 0 where there is one round."""
    steps = [abs(after.rate / before.rate - 1) for rounds in sizes for before, after in pairwise(rounds)]
    return statistics.median(steps) if steps else 0.0


def ratio_of_rates(rounds: Sequence[Round], against: Sequence[Round]) -> float:
    """Give how many times as many orders a second, round by round, median."""
    return statistics.median(one.rate / other.rate for one, other in zip(rounds, against, strict=True))


def _size(residents: int, rounds: Sequence[Round], smallest: Sequence[Round]) -> SizeFigures:
    times = [latency * _MS for one in rounds for latency in one.latencies]
    cpu = median([_cpu_ms(one) for one in rounds])
    return SizeFigures(
        residents=residents,
        per_second=statistics.median(one.rate for one in rounds),
        p50_ms=statistics.median(times),
        p99_ms=statistics.quantiles(times, n=100, method="inclusive")[_P99 - 1],
        cpu_ms=cpu.value,
        cpu_low=cpu.low,
        cpu_high=cpu.high,
        against_smallest=ratio_of_rates(smallest, rounds),
        cpu_against_smallest=statistics.median(
            _cpu_ms(one) / _cpu_ms(other) for one, other in zip(rounds, smallest, strict=True)
        ),
    )


def _cpu_ms(one: Round) -> float:
    return one.cpu_seconds * _MS / one.orders
