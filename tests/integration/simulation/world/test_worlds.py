"""Whole worlds: everything holds and settles, one seed gives one run, and whoever dies at a step does no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from konbini.simulation.world.engines import Engine, run_worlds
from konbini.simulation.world.joining import joined
from konbini.simulation.world.one_visit import exhaust
from konbini.simulation.world.plan import Cryptography, WorldPlan, worlds
from konbini.simulation.world.points import Point
from konbini.simulation.world.profiles import ProfileName
from konbini.simulation.world.running import run_world

pytestmark = pytest.mark.usefixtures("towns")

_SHARED = (ProfileName.ALL, ProfileName.ROLLOUT)
"""Profiles in which a new build arrives, with two servers that could be of two builds."""
_SHOWN = (Point.RIGHT_PERSON, Point.PAID_IFF_PRINTED, Point.NOTHING_LOST, Point.TIME_OUT, Point.NOTHING_LEFT)


@pytest.mark.parametrize(
    ("profile", "visits"),
    [
        pytest.param(name, visits, marks=() if (name, visits) == (ProfileName.ALL, 10) else pytest.mark.long)
        for name in ProfileName
        for visits in (10, 300)
    ],
)
def test_everything_holds(profile: ProfileName, visits: int) -> None:
    """Whatever goes wrong meanwhile; and what is looked at was at stake."""
    plan = WorldPlan(
        visits=visits,
        seed=visits,
        profile=profile,
        servers=2 if profile in _SHARED else 1,
        kiosks=2,
        cryptography=Cryptography.SIMULATED,
    )
    report = run_world(plan)
    assert report.holds, "\n".join(report.lines())
    assert report.visits == visits
    assert all(report.at_stake[point] for point in _SHOWN), "\n".join(report.lines())
    assert bool(report.at_stake[Point.ONE_BUILD]) is (plan.servers > 1)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_more_worlds_than_processes_live_through() -> None:
    """Processes give way to new ones, and every world is there in its order."""
    plan = WorldPlan(visits=18, a_world=1, seed=1, profile=ProfileName.CALM, cryptography=Cryptography.SIMULATED)
    reports = list(run_worlds(worlds(plan), Engine.PROCESSES, 2))
    assert [report.plan.seed for report in reports] == list(range(1, 19))
    assert joined(reports).visits == 18


@pytest.mark.long
def test_several_wards() -> None:
    """Under one center, with kiosks that serve them all, and real cryptography."""
    plan = WorldPlan(visits=60, seed=4, profile=ProfileName.ALL, wards=3, kiosks=4, cryptography=Cryptography.REAL)
    report = run_world(plan)
    assert report.holds, "\n".join(report.lines())


@pytest.mark.parametrize(("seed", "cryptography"), [pytest.param(9, "simulated", marks=pytest.mark.long), (20, "real")])
def test_one_seed_gives_one_run(towns: Path, seed: int, cryptography: str) -> None:
    """To the byte of its digest, whatever Python's hashes begin with; the cryptography is what the seed says."""
    words = ["simulate", "--visits", "3", "--seed", f"{seed}", "--kiosks", "2", "--json"]
    code = "import sys; from konbini.commands.main import main; sys.exit(main(sys.argv[1:]))"
    runs = [
        subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", code, *words],
            env={**os.environ, "XDG_CACHE_HOME": str(towns), "PYTHONHASHSEED": hashes},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        for hashes in ("1", "2")
    ]
    assert all(
        told[0].endswith(f" --seed {seed} --profile all --wards 1 --kiosks 2 --cryptography {cryptography}")
        for told in runs
    )
    first, second = ({**json.loads(told[-1]), "cpu_seconds": 0} for told in runs)
    assert first == second
    assert first["violations"] == first["unsettled"] == 0


@pytest.mark.parametrize(
    ("pairs", "most"),
    [
        (False, 6),
        pytest.param(False, None, marks=pytest.mark.long),
        pytest.param(True, 400, marks=pytest.mark.long),
    ],
)
def test_a_death_at_every_step(pairs: bool, most: int | None) -> None:  # noqa: FBT001 - which of the two
    """Of one visit; in the short run at some of them, spread evenly."""
    found = exhaust(1, pairs=pairs, most=most)
    assert found.failed == []
    assert found.deaths == (most or len(found.steps))
    assert found.papers
