"""The town in a bottle under hypothesis: whatever is done to it in whatever order, everything holds and settles."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.simulation.world.stateful import TownInABottle

pytestmark = pytest.mark.usefixtures("towns")


@pytest.mark.parametrize(
    ("examples", "steps"), [(5, 15), pytest.param(300, 40, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
)
def test_everything_holds_and_settles(examples: int, steps: int) -> None:
    """Whatever people, operators and nature do."""
    before = TownInABottle.visits
    run_state_machine_as_test(
        TownInABottle,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert TownInABottle.visits > before
