"""Plans, reports and the way from a failing world to a small one; no world is run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.joining import joined
from konbini.simulation.world.plan import Cryptography, WorldPlan, worlds
from konbini.simulation.world.points import Findings, Point, Violation
from konbini.simulation.world.profiles import PROFILES, ProfileName
from konbini.simulation.world.report import WorldReport
from konbini.simulation.world.shrinking import shrink

_PLAN = WorldPlan(visits=64, seed=3, kiosks=8, wards=2)


def report_of(plan: WorldPlan, *, fails: bool = False, at: int = 0) -> WorldReport:
    """Give a report of a run that held, or failed at a visit."""
    violation = Violation(point=Point.FRESH, at=1.0, what="stale", visit=at)
    return WorldReport(
        plan=plan,
        visits=plan.visits,
        papers=plan.visits,
        wrong_papers=int(fails),
        violations=(violation,) if fails else (),
        broken=int(fails),
        unsettled=0,
        at_stake=dict.fromkeys(Point, plan.visits),
        troubles={kind: int(kind is not Trouble.POWER) for kind in Trouble},
        endings={"end": plan.visits},
        defects=(),
        seconds=1.0,
        cpu_seconds=1.0,
        digest=f"{plan.seed}",
    )


@given(visits=st.integers(1, 5000), most=st.integers(1, 5000))
def test_many_visits_are_cut_into_worlds(visits: int, most: int) -> None:
    """None is lost, none is too large, no seed comes twice."""
    plans = worlds(replace(_PLAN, visits=visits, a_world=most))
    assert sum(plan.visits for plan in plans) == visits
    assert max(plan.visits for plan in plans) <= most
    assert len({plan.seed for plan in plans}) == len(plans)


@given(seed=st.integers(0, 10_000))
def test_one_seed_in_twenty_has_real_cryptography(seed: int) -> None:
    """By itself: of twenty worlds in a row one, and each says which it is, alone and when it is run again."""
    plans = worlds(replace(_PLAN, seed=seed, visits=20, a_world=1))
    real = [plan for plan in plans if plan.real_cryptography]
    assert [plan.seed % 20 for plan in real] == [0]
    assert {plan.cryptography for plan in real} == {Cryptography.REAL}
    assert {plan.cryptography for plan in plans if plan not in real} == {Cryptography.SIMULATED}
    assert [worlds(plan) for plan in plans] == [(plan,) for plan in plans]


@pytest.mark.parametrize("asked", [Cryptography.REAL, Cryptography.SIMULATED])
def test_a_sort_of_cryptography_that_is_asked_for_is_every_worlds(asked: Cryptography) -> None:
    """Whatever the seeds say."""
    plans = worlds(replace(_PLAN, visits=40, cryptography=asked, a_world=1))
    assert {plan.cryptography for plan in plans} == {asked}
    assert {plan.real_cryptography for plan in plans} == {asked is Cryptography.REAL}


def test_many_worlds_command_runs_the_same_worlds() -> None:
    """With the sort that all of them had, or each with its own."""
    mixed = worlds(replace(_PLAN, seed=15, visits=10, a_world=1))
    for plans in (mixed, mixed[:3], mixed[5:6]):
        whole = joined([report_of(plan) for plan in plans]).plan
        assert worlds(whole) == plans


def test_reports_add_up() -> None:
    """Counts by point and by trouble, and one that failed fails all."""
    plans = worlds(replace(_PLAN, a_world=16))
    whole = joined([report_of(plan, fails=plan.seed == 4, at=5) for plan in plans])
    assert (whole.visits, whole.papers, whole.wrong_papers, whole.broken) == (64, 64, 1, 1)
    assert whole.at_stake[Point.FRESH] == 64
    assert not whole.holds
    assert joined([report_of(plan) for plan in plans]).holds
    with pytest.raises(ValueError, match="no world"):
        joined([])


def test_a_failing_world_is_made_small() -> None:
    """A fault that needs ten visits, cuts, and two kiosks is left with these."""

    def run(plan: WorldPlan) -> WorldReport:
        fails = plan.visits >= 10 and Trouble.CUT not in plan.without and plan.kiosks >= 2
        return report_of(plan, fails=fails, at=10)

    said: list[str] = []
    smallest = shrink(run(_PLAN), run, say=said.append)
    assert smallest.plan.visits == 10
    assert smallest.plan.kiosks == 2
    assert smallest.plan.wards == 1
    assert set(smallest.plan.without) == set(Trouble) - {Trouble.CUT}
    assert said[-1].endswith(smallest.plan.command)


def test_a_command_says_the_whole_plan() -> None:
    """What is not as it is by itself stands in it."""
    plan = replace(_PLAN, without=(Trouble.CUT, Trouble.LATE), real_papers=True, cryptography=Cryptography.REAL)
    assert plan.command == (
        "konbini simulate --visits 64 --seed 3 --profile all --wards 2 --kiosks 8 --without cut,late --papers real"
        " --cryptography real"
    )


def test_every_profile_is_there_and_without_leaves_nothing() -> None:
    """A profile without any trouble has none."""
    assert set(PROFILES) == set(ProfileName)
    for profile in PROFILES.values():
        calm = profile.rates.without(tuple(Trouble))
        assert (calm.late, calm.cut, calm.spoilt, calm.crash_at_commit, dict(calm.hourly)) == (0, 0, 0, 0, {})
        assert not calm.dishonest


def test_findings_count_what_was_at_stake_and_keep_what_broke() -> None:
    """The first hundred whole."""
    findings = Findings()
    for number in range(150):
        findings.hold(Point.FRESH, number % 2 == 0, float(number), "stale")
        findings.hold(Point.PROTECTED, holds=False, at=float(number), what="shown")
    assert findings.at_stake[Point.FRESH] == findings.at_stake[Point.PROTECTED] == 150
    assert findings.broken == 225
    assert len(findings.violations) == 100
