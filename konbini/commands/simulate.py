"""`konbini simulate`: the town in a bottle, from a seed, in virtual time, with faults.

    konbini simulate --visits N --seed S --profile P [--wards W] [--servers N] [--kiosks K] [--residents R]
                     [--without FAULT,...] [--papers simulated|real] [--cryptography auto|simulated|real]
                     [--jobs N | --engine ray] [--mutant M] [--defences on|off|NAME] [--json]
    konbini simulate --exhaustive steps|pairs [--seed S] [--jobs N] [--json]

A run of many visits is cut into worlds of at most `--world` visits, with seeds in a row; `--jobs` runs several of them
at once. By itself (`auto`) a world whose seed is a multiple of twenty has real cryptography, every other the world's
own. Ends with 0 if everything held and settled, with 1 and the smallest failing world's command otherwise.

Owns: the words. A mutant's source is altered before anything of production is imported, so that this module imports
nothing of it at its top; what runs is `konbini.commands.simulating`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from konbini.simulation.museum.altering import AlterationRefused, install
from konbini.simulation.museum.catalogue import CATALOGUE, named
from konbini.simulation.museum.mutant import alterations_of
from konbini.simulation.museum.run import taken_away

__all__ = ["simulate"]

_CANNOT_RUN = 2


def simulate(given: Sequence[str]) -> int:
    """Run worlds; see the module."""
    asked = _parser().parse_args(given)
    if asked.mutant is not None:
        mutant = named(asked.mutant)
        try:
            install(alterations_of(mutant, taken_away(mutant, asked.defences)))
        except (AlterationRefused, KeyError) as error:
            sys.stderr.write(f"konbini simulate: {asked.mutant}: {error}\n")
            return _CANNOT_RUN
    from konbini.commands.simulating import run  # noqa: PLC0415 - whatever it imports is altered

    return run(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="konbini simulate", description="The town in a bottle")
    parser.add_argument("--visits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", default="all", metavar="P")
    parser.add_argument("--wards", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1, help="servers of issuing in each ward, on one disk")
    parser.add_argument("--kiosks", type=int, default=4)
    parser.add_argument("--residents", type=int, default=300)
    parser.add_argument("--without", default="", metavar="FAULT,...", help="kinds of faults that do not come")
    parser.add_argument("--papers", choices=["simulated", "real"], default="simulated")
    parser.add_argument("--cryptography", choices=["auto", "simulated", "real"], default="auto")
    parser.add_argument("--world", type=int, help="most visits in one world")
    parser.add_argument("--jobs", type=int, default=1, help="worlds at once")
    parser.add_argument("--engine", choices=["processes", "ray"], default="processes")
    parser.add_argument("--mutant", choices=[mutant.name for mutant in CATALOGUE], help="with a fault of the museum")
    parser.add_argument("--defences", default="on", metavar="on|off|NAME", help="what stands in the mutant's way")
    parser.add_argument("--exhaustive", choices=["steps", "pairs"], help="one visit, with a death at each of these")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="look for no smaller failing world")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    return parser
