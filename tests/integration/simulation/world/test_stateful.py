"""The town in a bottle under hypothesis: whatever is done to it in whatever order, everything holds and settles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.director import LIES
from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.office import ActKind
from konbini.simulation.world.points import Point
from tests.integration.simulation.world.driving import FRONT, KIOSKS, WARD, Caller, DrivenWorld
from tests.integration.simulation.world.stateful import TownInABottle

pytestmark = pytest.mark.usefixtures("towns")

_ROOT = Path(__file__).parents[4]
_PROGRAM = Path(__file__).parent / "planted.py"


@pytest.mark.parametrize(
    ("examples", "steps"), [(5, 15), pytest.param(300, 40, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]
)
def test_everything_holds_and_settles(examples: int, steps: int) -> None:
    """Whatever people, operators and nature do; and sheets come out meanwhile."""
    before = TownInABottle.papers
    run_state_machine_as_test(
        TownInABottle,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert TownInABottle.papers > before


def test_each_rule_does_what_it_is_called_and_one_seed_gives_one_run() -> None:
    """Every kind of trouble comes, every act is acknowledged, every point is at stake; and all of it again."""
    towns = [_everything_once(), _everything_once()]
    for town in towns:
        came = {kind for kind, count in town.faults.counts.items() if count}
        assert came == set(Trouble)
        acts = {act.kind for act in town.offices[0].acts if act.acknowledged is not None}
        assert acts == set(ActKind)
        assert all(town.checker.findings.at_stake[point] for point in Point)
        assert all(service.lives > 1 for service in town.hands.services.values())
    first, second = (town.report(0.0) for town in towns)
    assert first == second


def _everything_once() -> DrivenWorld:
    """Let each rule take its turn, in one world."""
    state = TownInABottle()
    state.begin(seed=1)
    for who in range(4):
        state.comes(kiosk=KIOSKS[who % 2], caller=_caller(who), then=20.0)
    state.is_renamed(who=0, then=20.0)
    state.is_protected(who=2, then=20.0)
    state.is_released(which=0, then=20.0)
    state.is_held(who=2, then=20.0)
    state.is_released(which=0, then=20.0)
    state.household_comes(callers=(_caller(0), _caller(2)), then=20.0)
    state.household_comes(callers=(_caller(2), _caller(2)), then=20.0)
    state.time_passes(seconds=60.0)
    for begin in (
        *(state.bytes_are_late, state.connections_break, state.bits_turn, state.commits_kill),
        *(state.messages_are_lost, state.messages_come_twice, state.messages_come_late),
        *(state.messages_are_altered, state.messages_are_anothers),
    ):
        state.comes_oddly(kiosk=KIOSKS[0], caller=_caller(4), then=0.0)
        state.comes(kiosk=KIOSKS[1], caller=_caller(5), then=0.0)
        begin(chance=0.2, seconds=30.0, then=30.0)
    state.comes(kiosk=KIOSKS[1], caller=_caller(5), then=0.0)
    state.messages_come_twice(chance=0.9, seconds=30.0, then=30.0)
    for kiosk in KIOSKS:
        state.comes(kiosk=kiosk, caller=_caller(1), then=3.0)
        state.visit_dies(kiosk=kiosk, then=3.0)
        state.paper_jams(kiosk=kiosk, seconds=10.0, then=20.0)
        state.paper_runs_out(kiosk=kiosk, seconds=10.0, then=20.0)
        state.printer_is_silent(kiosk=kiosk, seconds=10.0, then=20.0)
        state.coins_jam(kiosk=kiosk, seconds=10.0, then=20.0)
        state.coins_stick(kiosk=kiosk, seconds=10.0, then=20.0)
        for lie in LIES:
            state.printer_lies(kiosk=kiosk, lie=lie, seconds=10.0, then=20.0)
    state.is_parted(link=(f"issuing {WARD} a", FRONT), seconds=60.0, then=3.0)
    state.disk_is_full(name="center", seconds=10.0, then=20.0)
    state.disk_is_slow(name=f"clerk {WARD}", seconds=10.0, then=20.0)
    state.clock_jumps(name=KIOSKS[0], minutes=30, seconds=10.0, then=20.0)
    state.clock_stands(name="center", seconds=10.0, then=20.0)
    state.dies(name="center", then=20.0)
    state.power_fails(then=20.0)
    for with_care in (True, False):
        state.is_rolled_out(pause=1.0, with_care=with_care, then=40.0)
    state.everything_holds()
    state.teardown()
    return state.town


def _caller(who: int) -> Caller:
    return Caller(who=who, errand=Errand(), habits=Habits())


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "mutant",
    ["anothers-row", *(pytest.param(name, marks=pytest.mark.long) for name in ("munakata-2023", "wrong-key-at-open"))],
)
def test_a_planted_fault_is_found(mutant: str, towns: Path) -> None:
    """In our own source, with what stands in its way taken away: another's sheet comes out."""
    found = _run_planted(mutant, "off", 60, towns)
    assert found["unaltered"] == []
    assert Point.RIGHT_PERSON in found["broken"]
    assert found["rules"]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_planted_fault_is_caught_by_what_stands_in_its_way(towns: Path) -> None:
    """The same rules in the same order: nothing is wrong, and everything settles."""
    found = _run_planted("anothers-row", "on", 20, towns)
    assert (found["unaltered"], found["broken"]) == ([], "")


def _run_planted(mutant: str, defences: str, examples: int, towns: Path) -> dict[str, Any]:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(_PROGRAM), mutant, defences, f"{examples}"],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "XDG_CACHE_HOME": str(towns)},
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told
