"""The throttle: no schedule of wrong passwords gets more tries than the waits allow."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from konbini.kiosk.maintenance.throttle import FIRST_WAIT, FREE_TRIES, LONGEST_WAIT, Throttle

pauses = st.lists(st.floats(min_value=0, max_value=2000), max_size=60)


@given(pauses)
def test_whoever_guesses_gets_few_tries(waits: list[float]) -> None:
    """Whatever pauses they make: the free tries, and then no two closer than the wait that the last one cost."""
    throttle, now, tried = Throttle(), 0.0, 0
    earliest = 0.0
    for pause in waits:
        now += pause
        if throttle.wait(now) > 0:
            continue
        assert now >= earliest
        throttle, tried = throttle.failed(now), tried + 1
        if tried >= FREE_TRIES:
            earliest = now + min(FIRST_WAIT * 2 ** (tried - FREE_TRIES), LONGEST_WAIT)
    assert throttle.failures == tried
    assert throttle.wait(now) <= LONGEST_WAIT


@given(st.integers(min_value=0, max_value=10_000), st.floats(min_value=0, max_value=1e6))
@example(40, 130201.53534647937)  # now + 900 - now is a rounding more than 900
def test_a_restart_is_no_way_around_it(failures: int, now: float) -> None:
    """What the journal counts makes the wait that the last of them cost, from now on; no count makes it longer."""
    resumed = Throttle.resumed(failures, now)
    stepwise = Throttle()
    for _ in range(min(failures, 40)):
        stepwise = stepwise.failed(now)
    assert resumed.failures == failures
    assert resumed.wait(now) == stepwise.wait(now) <= LONGEST_WAIT


def test_the_waits() -> None:
    """Three tries are free of a wait before them; then 30 s, 60 s, doubling to a quarter of an hour."""
    throttle, found = Throttle(), []
    for _ in range(10):
        throttle = throttle.failed(0.0)
        found.append(throttle.wait(0.0))
    assert found == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
