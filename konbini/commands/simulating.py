"""What `konbini simulate` runs, once it is known which source is to be run."""

from __future__ import annotations

import argparse
import json
import sys

from konbini.simulation.world.engines import Engine, run_worlds
from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.joining import joined
from konbini.simulation.world.one_visit import exhaust
from konbini.simulation.world.plan import VISITS_A_WORLD, Cryptography, WorldPlan, worlds
from konbini.simulation.world.profiles import ProfileName
from konbini.simulation.world.report import WorldReport
from konbini.simulation.world.running import run_world
from konbini.simulation.world.shrinking import shrink

__all__ = ["run"]

_NOT_AS_IT_SHOULD = 1
_CANNOT_RUN = 2


def run(asked: argparse.Namespace) -> int:
    """Run what was asked for."""
    if asked.exhaustive:
        return _exhaust(asked)
    try:
        plans = worlds(_plan(asked))
    except ValueError as error:
        sys.stderr.write(f"konbini simulate: {error}\n")
        return _CANNOT_RUN
    if asked.mutant is not None and (asked.jobs > 1 or Engine(asked.engine) is not Engine.PROCESSES):
        sys.stderr.write("konbini simulate: a mutant lives in one process: --jobs 1\n")
        return _CANNOT_RUN
    reports = []
    try:
        for report in run_worlds(plans, Engine(asked.engine), asked.jobs):
            reports.append(report)
            held = "held" if report.holds else "FAILED"
            sys.stderr.write(f"{report.plan.command}: {report.visits:,} visits, {held}\n")
    except (ValueError, OSError) as error:
        sys.stderr.write(f"konbini simulate: {error}\n")
        return _CANNOT_RUN
    whole = joined(reports)
    for line in whole.lines():
        sys.stdout.write(line + "\n")
    failed = next((report for report in reports if not report.holds), None)
    if failed is not None and asked.shrink:
        _shrink(failed, asked)
    if asked.json:
        sys.stdout.write(whole.last_line() + "\n")
    return 0 if whole.holds else _NOT_AS_IT_SHOULD


def _say_beside(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _shrink(failed: WorldReport, asked: argparse.Namespace) -> None:
    """Look for a smaller world that fails, and say what shows it."""
    mutant = "" if asked.mutant is None else f" --mutant {asked.mutant} --defences {asked.defences}"
    smallest = shrink(failed, run_world, say=_say_beside)
    sys.stdout.write(f"the smallest world that fails: {smallest.plan.command}{mutant}\n")


def _exhaust(asked: argparse.Namespace) -> int:
    """Let one visit die at every step, or at every pair of its commits' edges."""
    found = exhaust(
        asked.seed,
        pairs=asked.exhaustive == "pairs",
        workers=asked.jobs,
        say=_say_beside,
    )
    sys.stdout.write(
        f"{len(found.steps)} steps, {found.deaths:,} copies with deaths, {found.papers:,} of them with a paper,"
        f" {len(found.failed)} in which something did not hold or settle\n"
    )
    if asked.json:
        told = {
            "steps": len(found.steps),
            "deaths": found.deaths,
            "papers": found.papers,
            "violations": len(found.failed),
        }
        sys.stdout.write(json.dumps(told) + "\n")
    return _NOT_AS_IT_SHOULD if found.failed else 0


def _plan(asked: argparse.Namespace) -> WorldPlan:
    return WorldPlan(
        visits=asked.visits,
        seed=asked.seed,
        profile=ProfileName(asked.profile),
        wards=asked.wards,
        servers=asked.servers,
        kiosks=asked.kiosks,
        residents=asked.residents,
        without=tuple(Trouble(kind) for kind in asked.without.split(",") if kind),
        real_papers=asked.papers == "real",
        cryptography=Cryptography(asked.cryptography),
        a_world=VISITS_A_WORLD if asked.world is None else asked.world,
    )
