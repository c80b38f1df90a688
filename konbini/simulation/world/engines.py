"""Where worlds are run: here one after another, in several processes of this machine, or on many machines with Ray.

A world is one process's; a run of millions of visits is many worlds with seeds in a row, joined afterwards.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum, unique
from typing import Any

from konbini.simulation.world.plan import WorldPlan
from konbini.simulation.world.report import WorldReport
from konbini.simulation.world.running import run_world

__all__ = ["Engine", "run_worlds"]

_WORLDS_A_PROCESS = 8
"""After which a process gives way to a new one, and its memory with it."""


@unique
class Engine(StrEnum):
    """What spreads worlds."""

    PROCESSES = "processes"
    RAY = "ray"


def run_worlds(plans: Sequence[WorldPlan], engine: Engine, jobs: int) -> Iterator[WorldReport]:
    """Run each plan and give its report, in the order of the plans.

    Raises:
        ModuleNotFoundError: Ray is wanted and not installed (the extra `ray`).
    """
    if engine is Engine.RAY:
        return _with_ray(plans)
    if jobs == 1:
        return map(run_world, plans)
    return _in_processes(plans, jobs)


def _in_processes(plans: Sequence[WorldPlan], jobs: int) -> Iterator[WorldReport]:
    """Run in one pool after another: a pool that renews its own processes (max_tasks_per_child) can wait for ever."""
    spawning = multiprocessing.get_context("spawn")
    for begun in range(0, len(plans), jobs * _WORLDS_A_PROCESS):
        with ProcessPoolExecutor(jobs, mp_context=spawning) as pool:
            yield from pool.map(run_world, plans[begun : begun + jobs * _WORLDS_A_PROCESS])


def _with_ray(plans: Sequence[WorldPlan]) -> Iterator[WorldReport]:
    ray: Any = importlib.import_module("ray")
    ray.init(ignore_reinit_error=True)
    try:
        run = ray.remote(run_world)
        for waiting in [run.remote(plan) for plan in plans]:
            yield ray.get(waiting)
    finally:
        ray.shutdown()
