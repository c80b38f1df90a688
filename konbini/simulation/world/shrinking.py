"""Makes a failing world small: fewer visits, fewer faults, fewer kiosks and wards, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.plan import WorldPlan
from konbini.simulation.world.report import WorldReport

__all__ = ["shrink"]


def shrink(
    failed: WorldReport, run: Callable[[WorldPlan], WorldReport], *, say: Callable[[str], None] = lambda _line: None
) -> WorldReport:
    """Give the smallest failing world that this greedy way finds; each step runs a world.

    Args:
        failed: the run that failed.
        run: runs a plan.
        say: told of each smaller world that still fails.
    """
    found = failed
    while (smaller := _smaller(found, run)) is not None:
        found = smaller
        say(f"still fails: {found.plan.command}")
    return found


def _smaller(failed: WorldReport, run: Callable[[WorldPlan], WorldReport]) -> WorldReport | None:
    for plan in _candidates(failed):
        report = run(plan)
        if not report.holds:
            return report
    return None


def _candidates(failed: WorldReport) -> Iterator[WorldPlan]:
    """Give smaller worlds, the much smaller ones first."""
    plan = failed.plan
    seen = failed.found_after
    if seen is not None and seen < plan.visits:
        yield replace(plan, visits=max(seen, 1))
    if plan.visits > 1:
        yield replace(plan, visits=plan.visits // 2)
    idle = tuple(kind for kind in Trouble if not failed.troubles[kind] and kind not in plan.without)
    if idle:
        yield replace(plan, without=(*plan.without, *idle))
    for kind in Trouble:
        if kind not in (*plan.without, *idle):
            yield replace(plan, without=(*plan.without, kind))
    if plan.wards > 1:
        yield replace(plan, wards=1)
    if plan.servers > 1:
        yield replace(plan, servers=1)
    if plan.kiosks > 1:
        yield replace(plan, kiosks=plan.kiosks // 2)
