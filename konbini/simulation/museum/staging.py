"""The museum's one call into the simulated world: run a workload there, and say what came of it.

Imported in the process of one run alone, after the source was altered.

A sheet is wrong where the world's checker says so of its person, its freshness or a measure, or where `Looking` finds
what a random workload of the world has no eye for.
"""

from __future__ import annotations

import logging

from konbini.process.log import hearing
from konbini.simulation.museum.mutant import Papers, Workload
from konbini.simulation.museum.staged import Staged
from konbini.simulation.museum.town import MuseumWorld
from konbini.simulation.world.loop import WorldLoop
from konbini.simulation.world.plan import Cryptography, WorldPlan
from konbini.simulation.world.profiles import ProfileName

__all__ = ["stage"]


def stage(workload: Workload) -> Staged:
    """Run one world.

    Raises:
        ValueError, OSError: it cannot be made.
    """
    plan = WorldPlan(
        visits=workload.visits,
        seed=workload.seed,
        profile=ProfileName(workload.profile),
        wards=workload.wards,
        kiosks=workload.kiosks,
        real_papers=workload.papers is Papers.REAL,
        cryptography=Cryptography.REAL if workload.cryptography else Cryptography.SIMULATED,
    )
    loop = WorldLoop(plan.seed)
    world = MuseumWorld(plan, loop)
    world.besides = workload.besides
    loop.set_exception_handler(world.uncaught)
    try:
        with hearing(logging.CRITICAL):
            loop.run_until_complete(world.run())
    finally:
        loop.close()
    report = world.report(0.0)
    found = world.looking
    return Staged(
        visits=report.visits,
        papers=report.papers,
        wrong=found.wrong,
        found_after=found.found_after,
        cpu_seconds=0.0,
        endings=report.endings,
    )
