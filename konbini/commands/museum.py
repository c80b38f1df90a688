"""`konbini museum`: each published fault in our own source, with what stands in its way, and without.

    konbini museum [--only WORD] [--no-singles] [--visits N] [--seed S] [--pages DIR] [--json]

Owns: the words behind `museum`. Every run is a process of its own; this one alters nothing. 0 when each fault shows
without its defences and nothing wrong comes out with them, 1 when not, 2 when a run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.simulation.museum.catalogue import CATALOGUE
from konbini.simulation.museum.page import write_pages
from konbini.simulation.museum.running import DidNotRunError, run_all
from konbini.simulation.museum.telling import last_line, row_line, table

__all__ = ["museum"]

_NOT_AS_IT_SHOULD = 1
_CANNOT_RUN = 2


def museum(given: Sequence[str]) -> int:
    """Run the mutants and say what came out."""
    read = _parser().parse_args(given)
    mutants = [mutant for mutant in CATALOGUE if read.only.casefold() in mutant.name]
    if not mutants:
        sys.stderr.write(f"konbini museum: no mutant has {read.only!r} in its name\n")
        return _CANNOT_RUN
    rows = []
    try:
        for row in run_all(mutants, singles=read.singles, visits=read.visits, seed=read.seed):
            rows.append(row)
            sys.stderr.write(f"{row_line(row)}\n")
    except DidNotRunError as error:
        sys.stderr.write(f"konbini museum: {error}\n")
        return _CANNOT_RUN
    if read.pages is not None:
        write_pages(read.pages, rows)
    sys.stdout.write("\n".join((*table(rows), "")))
    if read.json:
        sys.stdout.write(f"{last_line(rows)}\n")
    return 0 if all(row.is_right for row in rows) else _NOT_AS_IT_SHOULD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="konbini museum", description="Run each fault of the incident museum in the simulated world."
    )
    parser.add_argument("--only", default="", metavar="WORD", help="mutants in whose name this stands, no others")
    parser.add_argument(
        "--no-singles", dest="singles", action="store_false", help="do not ask which single defence suffices"
    )
    parser.add_argument("--visits", type=int, metavar="N", help="in the place of each mutant's own number")
    parser.add_argument("--seed", type=int, metavar="S", help="in the place of each mutant's own")
    parser.add_argument("--pages", type=Path, metavar="DIR", help="write the pages of the documents")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    return parser
