"""Growth, small: real stores and a real center; no time is asserted."""

from __future__ import annotations

import pytest

from konbini.simulation.bench.growth.axes import CENTER, WARD, Axis
from konbini.simulation.bench.growth.running import Plan, measure_growth

_AXES = (
    Axis(name="residents", where=WARD, sizes=(200, 300)),
    Axis(name="entries of the audit log", where=WARD, sizes=(0, 600)),
    Axis(name="days of history", where=WARD, sizes=(0, 1)),
    Axis(name="kiosks", where=CENTER, sizes=(3, 30)),
    Axis(name="wards", where=CENTER, sizes=(1, 5)),
)


async def test_every_axis_is_measured_at_every_size() -> None:
    """Orders and relayed visits go through, round by round."""
    said: list[str] = []
    found = await measure_growth(Plan(axes=_AXES, rounds=2, orders=4), said.append)
    assert [[len(sized.cpu_ms) for sized in grown.sizes] for grown in found] == [[2, 2]] * len(_AXES)
    assert all(cpu > 0 for grown in found for sized in grown.sizes for cpu in sized.cpu_ms)
    assert len(said) == len(_AXES)


async def test_an_axis_that_nothing_grows_along_is_refused() -> None:
    """Rather than measured at one size three times."""
    nowhere = Axis(name="hats", where=WARD, sizes=(1,))
    with pytest.raises(ValueError, match="does not grow along hats"):
        await measure_growth(Plan(axes=(nowhere,), rounds=1, orders=1), lambda _line: None)
