"""What visits and their spans come to."""

from __future__ import annotations

import pytest

from konbini.simulation.bench.whole.drivers import Visit
from konbini.simulation.bench.whole.figures import (
    STRETCHES,
    Slice,
    Window,
    added,
    cpu_ms,
    is_steady,
    served,
    stretches,
)

_SPANS = {
    "ward.frame open": 0.020,
    "ward.frame order": 0.060,
    "ward.frame receipt": 0.010,
    "center.frame hello": 0.001,
    "center.frame order": 0.002,
    **{f"ward.order_step {step}": 0.008 for step in ("rules", "reserve", "draw", "complete")},
    "ward.order_step certify": 0.010,
    "ward.order_step seal": 0.012,
}
_VISIT = Visit(trace="t", due=10.0, began=10.5, steps=(0.005, 0.001, 0.030, 0.080, 0.010, 0.040))


def test_what_each_service_adds_is_a_sum_of_its_spans() -> None:
    """A visit counts from the moment at which it was due."""
    found = {name: p50.value for name, (p50, _) in added([_VISIT], {"t": _SPANS}).items()}
    assert found == pytest.approx(
        {
            "whole issue": 666.0,
            "ward: ORDER to DOCUMENT": 60.0,
            "ward, all messages": 90.0,
            "of it the clerk": 22.0,
            "center, all messages": 3.0,
        }
    )


def test_stretches_add_up_to_the_visit() -> None:
    """Nothing of it is counted twice or left out."""
    found = stretches([_VISIT], {"t": _SPANS})
    assert tuple(found) == STRETCHES
    assert sum(found.values()) == pytest.approx(sum(_VISIT.steps) * 1000)
    assert found["ORDER to DOCUMENT: rest of the ward"] == pytest.approx(6.0)
    assert found["ORDER to DOCUMENT: links, center, kiosk"] == pytest.approx(20.0)


def _window(due: float, ended: int, waited: int) -> Window:
    slices = [Slice(seconds=1.0, ended=ended, cpu={"clerk": 0.2})] * 8
    return Window(due=due, visits=[_VISIT], slices=slices, waited=waited, kiosks=4)


def test_a_rate_is_steady_where_no_queue_grows() -> None:
    """Served as fast as it came, and fewer wait than there are kiosks."""
    assert is_steady(_window(10, 10, 3))
    assert not is_steady(_window(10, 10, 4))
    assert not is_steady(_window(10, 9, 0))


def test_cpu_is_of_an_issue() -> None:
    """All seconds over all issues."""
    assert served(_window(10, 10, 0)).value == 10.0
    assert cpu_ms(_window(10, 10, 0), "clerk").value == pytest.approx(20.0)
