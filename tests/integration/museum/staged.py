"""One scene in a process of its own: `staged.py KEYS FOLDER MUTANT WITHOUT,...`; says in JSON what came out.

The alterations come before anything of production is imported.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from konbini.simulation.museum.altering import install
from konbini.simulation.museum.catalogue import named
from konbini.simulation.museum.mutant import alterations_of


def main(keys: str, folder: str, name: str, without: str) -> None:
    """Alter, and play the scene."""
    mutant = named(name)
    gone = [mutant.defence(one) for one in without.split(",") if one]
    hook = install(alterations_of(mutant, gone))
    from tests.integration.museum.playing import play  # noqa: PLC0415 - whatever it imports is altered

    told = asyncio.run(play(Path(keys), Path(folder), name))
    told["unaltered"] = sorted(hook.modules - hook.imported)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
