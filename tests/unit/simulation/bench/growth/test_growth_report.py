"""What growth is said to be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from konbini.simulation.bench.growth.axes import WARD, Axis, Grown, Sized
from konbini.simulation.bench.growth.report import finding

_SMALL = (5.0, 5.1, 4.9, 5.0, 5.2, 4.8, 5.0, 5.1)


@pytest.mark.parametrize(
    ("large", "verdict"),
    [
        ([one * 1.02 for one in _SMALL], "stays within a tenth"),
        ([one * 1.5 for one in _SMALL], "DOES NOT stay within a tenth"),
        ([one * (0.8 + number * 0.1) for number, one in enumerate(_SMALL)], "does not exclude a tenth"),
    ],
    ids=("flat", "grown", "noisy"),
)
def test_a_verdict_is_the_whole_interval_s(large: Sequence[float], verdict: str) -> None:
    """Flat is said only where 95 of 100 runs would say so, and growth likewise."""
    axis = Axis(name="residents", where=WARD, sizes=(10, 1000))
    found = finding([Grown(axis=axis, sizes=[Sized(size=10, cpu_ms=_SMALL), Sized(size=1000, cpu_ms=large)])])
    (said,) = found.says
    assert verdict in said
    assert [row[:2] for row in found.tables[0].rows] == [("residents (ward)", "10"), ("residents (ward)", "1,000")]
