"""The machine with a fault of the museum in our source: `planted.py MUTANT on|off EXAMPLES`, in a process of its own.

The last line is JSON: what did not hold, as it was found first, and by how many rules in a row. The alterations come
before anything of production is imported.
"""

from __future__ import annotations

import json
import sys
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from konbini.simulation.museum.altering import install
from konbini.simulation.museum.catalogue import named
from konbini.simulation.museum.mutant import alterations_of
from konbini.simulation.museum.run import taken_away

_STEPS = 15


def main(name: str, defences: str, examples: str) -> None:
    """Alter, and run the machine; the same rules in the same order each time."""
    mutant = named(name)
    hook = install(alterations_of(mutant, taken_away(mutant, defences)))
    from tests.integration.simulation.world.stateful import TownInABottle  # noqa: PLC0415 - whatever it imports is altered

    broken, rules = "", 0
    try:
        run_state_machine_as_test(
            TownInABottle,
            settings=settings(
                max_examples=int(examples),
                stateful_step_count=_STEPS,
                derandomize=True,
                phases=(Phase.generate,),
                report_multiple_bugs=False,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except AssertionError as error:
        broken = str(error).partition("\n")[0]
        told = [line for note in error.__notes__ for line in note.splitlines() if line.startswith("state.")]
        rules = sum(not line.startswith(("state.everything_holds", "state.teardown")) for line in told)
    found = {
        "broken": broken,
        "rules": rules,
        "unaltered": sorted(hook.modules - hook.imported),
        "cpu_seconds": round(time.process_time(), 1),
    }
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
