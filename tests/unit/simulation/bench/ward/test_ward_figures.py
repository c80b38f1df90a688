"""What the ward's benchmark makes of its rounds, and how it says so."""

from __future__ import annotations

import json

from konbini.simulation.bench.ward.figures import figures, noise_of, ratio_of_rates
from konbini.simulation.bench.ward.report import last_line, lines
from konbini.simulation.bench.ward.rounds import Round


def _round(seconds: float, *, cpu: float = 0.5) -> Round:
    """A round of a hundred orders, one a hundredth of it each, but the last, which took it all."""
    return Round(seconds=seconds, cpu_seconds=cpu, latencies=(*[seconds / 100] * 99, seconds))


def test_a_size_is_held_against_the_smallest_round_by_round() -> None:
    """A machine that slows down to a third slows both; what is left is the size's own twentieth."""
    small = [_round(1), _round(2), _round(3)]
    large = [_round(1.05), _round(2.1), _round(3.15)]
    found = figures("sqlite", {300: small, 1000: large})
    assert [round(size.against_smallest, 9) for size in found.sizes] == [1.0, 1.05]
    assert [round(size.per_second, 9) for size in found.sizes] == [50.0, round(100 / 2.1, 9)]


def test_the_times_are_of_all_orders() -> None:
    """The median is an ordinary order's; the slowest order of each hundred is beyond the 99th of a hundred."""
    (size,) = figures("sqlite", {300: [_round(1)]}).sizes
    assert size.p50_ms == 10.0
    assert 10.0 < size.p99_ms < 1000.0
    assert size.cpu_ms == 5.0


def test_noise_is_what_two_successive_rounds_differ_by() -> None:
    """A rate that falls by a fifth and rises by a quarter: the middle of both."""
    assert round(noise_of([[_round(1), _round(1.25), _round(1)]]), 9) == 0.225
    assert noise_of([[_round(1)]]) == 0.0


def test_flat_is_a_tenth_or_the_noise() -> None:
    """A size that costs a fifth more is flat only where rounds of one size differ by as much."""
    quiet = figures("sqlite", {300: [_round(1), _round(1)], 1000: [_round(1.2), _round(1.2)]})
    noisy = figures("sqlite", {300: [_round(1), _round(2)], 1000: [_round(1.2), _round(2.4)]})
    assert [size.is_flat(quiet.noise) for size in quiet.sizes] == [True, False]
    assert [size.is_flat(noisy.noise) for size in noisy.sizes] == [True, True]
    assert "DOES NOT STAY" in "\n".join(lines([quiet], 2.0))
    assert "DOES NOT STAY" not in "\n".join(lines([noisy], 2.0))


def test_the_group_commit_ratio_is_of_rates() -> None:
    """Twice the orders in each round."""
    assert ratio_of_rates([_round(1), _round(5)], [_round(2), _round(10)]) == 2.0


def test_the_line_is_as_programs_read_it() -> None:
    """Rates under the engine, times and noise under their names."""
    found = [figures(engine, {300: [_round(1)], 1000: [_round(2)]}) for engine in ("sqlite", "postgresql")]
    read = json.loads(last_line(found, 3.25))
    assert read["sqlite"] == read["postgresql"] == {"300": 100.0, "1000": 50.0}
    assert read["p50_ms"]["sqlite"] == {"300": 10.0, "1000": 20.0}
    assert set(read["p99_ms"]["postgresql"]) == {"300", "1000"}
    assert read["against_smallest"]["sqlite"] == {"300": 1.0, "1000": 2.0}
    assert read["noise"] == {"sqlite": 0.0, "postgresql": 0.0}
    assert read["group_commit_ratio"] == 3.25
