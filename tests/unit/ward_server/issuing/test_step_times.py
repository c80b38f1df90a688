"""How long the steps took: of the newest orders of the last hour, from the one measuring that the histogram has too."""

from __future__ import annotations

import pytest

from konbini.process.measures.figures import Figures
from konbini.process.measures.shapes import ServiceName
from konbini.process.traces.ports import NoTraces
from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.ward_server.issuing.step_times import MOST, SPAN_SECONDS, StepTimes, TimesOfStep
from konbini.ward_server.issuing.steps import OrderSteps

NOON = 1_795_143_600_000


def test_half_and_95_of_100_by_nearest_rank() -> None:
    """Of 1 to 100 ms they are the 50th and the 95th; of one time both are that time."""
    times = StepTimes(("draw", "seal"))
    for milliseconds in range(100, 0, -1):
        times.took("draw", milliseconds / 1000, 0.0)
    times.took("seal", 0.2, 0.0)
    assert times.newest(1.0) == (
        TimesOfStep(step="draw", count=100, p50=0.05, p95=0.095),
        TimesOfStep(step="seal", count=1, p50=0.2, p95=0.2),
    )


def test_what_is_older_than_an_hour_is_not_shown() -> None:
    """A step of which nothing is left is not there at all."""
    times = StepTimes(("draw",))
    times.took("draw", 9.0, 0.0)
    times.took("draw", 1.0, 1.0)
    assert [one.count for one in times.newest(SPAN_SECONDS)] == [2]
    assert [(one.count, one.p95) for one in times.newest(SPAN_SECONDS + 1)] == [(1, 1.0)]
    assert times.newest(SPAN_SECONDS + 2) == ()


def test_the_newest_thousand_are_kept() -> None:
    """However much is issued, memory and reading stay bounded."""
    times = StepTimes(("draw",))
    for number in range(3 * MOST):
        times.took("draw", float(number), 0.0)
    assert [(one.count, one.p50) for one in times.newest(0.0)] == [(MOST, 2 * MOST + MOST / 2 - 1)]


async def _refused(steps: OrderSteps, clock: SettableClock) -> None:
    with steps.one("rules"):
        await clock.advance(0.25)
        raise Refused(Code.BUSY)


async def test_one_measuring_feeds_both() -> None:
    """What a step took is in the histogram and here, whether it succeeded or not; steps stand in an order's order."""
    clock, figures = SettableClock(NOON), Figures(ServiceName.ISSUING)
    steps = OrderSteps(figures, NoTraces(), clock)
    assert steps.since == NOON
    with steps.one("seal"):
        await clock.advance(0.5)
    with pytest.raises(Refused):
        await _refused(steps, clock)
    assert [(one.step, one.count, one.p50) for one in steps.newest()] == [("rules", 1, 0.25), ("seal", 1, 0.5)]
    shown = figures.shown().decode()
    assert 'konbini_order_step_seconds_sum{step="seal"} 0.5' in shown
    assert 'konbini_order_step_seconds_sum{step="rules"} 0.25' in shown
