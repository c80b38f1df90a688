"""One mutant in the simulated world, in a process of its own; the last line of the output says what came of it.

    python -m konbini.simulation.museum.run MUTANT --defences on|off|NAME [--visits N] [--seed S]

`off`: every defence that the catalogue names for this fault is taken away; `on`: none; a name: every other. The source
is altered before anything of production is imported, so that this module imports nothing of it at its top.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from konbini.simulation.museum.altering import AlterationRefused, install
from konbini.simulation.museum.catalogue import CATALOGUE, named
from konbini.simulation.museum.defence import Defence
from konbini.simulation.museum.mutant import Mutant, alterations_of

__all__ = ["main", "taken_away"]

_CANNOT_RUN = 2


def main(given: Sequence[str]) -> int:
    """Run; 0 whatever came of it, 2 where it could not be run."""
    parser = argparse.ArgumentParser(prog="konbini.simulation.museum.run")
    parser.add_argument("mutant", choices=[mutant.name for mutant in CATALOGUE])
    parser.add_argument("--defences", default="on", metavar="on|off|NAME")
    parser.add_argument("--visits", type=int)
    parser.add_argument("--seed", type=int)
    read = parser.parse_args(given)
    mutant = named(read.mutant)
    workload = mutant.workload
    asked = replace(workload, visits=read.visits or workload.visits, seed=read.seed or workload.seed)
    try:
        hook = install(alterations_of(mutant, taken_away(mutant, read.defences)))
    except (AlterationRefused, KeyError) as error:
        sys.stderr.write(f"{read.mutant}: {error}\n")
        return _CANNOT_RUN
    from konbini.simulation.museum.staging import stage  # noqa: PLC0415 - whatever it imports is altered

    staged = stage(asked)
    unaltered = tuple(sorted(hook.modules - hook.imported))
    told = replace(staged, cpu_seconds=round(time.process_time(), 3), unaltered=unaltered)
    sys.stdout.write(told.to_line() + "\n")
    return 0


def taken_away(mutant: Mutant, defences: str) -> tuple[Defence, ...]:
    """Give the defences that are taken away.

    Raises:
        KeyError: neither `on` nor `off` nor one of the mutant's defences.
    """
    if defences == "on":
        return ()
    if defences == "off":
        return mutant.defences
    stays = mutant.defence(defences)
    return tuple(one for one in mutant.defences if one is not stays)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
