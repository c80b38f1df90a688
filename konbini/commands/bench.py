"""`konbini bench`: what things cost on this machine, beside others who do the same.

    konbini bench certificate [--json] [--documents N]

Owns: the words behind `bench`. The peers are development dependencies; where one is missing the command says which.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from konbini.simulation.bench.material import make_material
from konbini.simulation.bench.measuring import measure
from konbini.simulation.bench.reading_back import measure_reading
from konbini.simulation.bench.report import last_line, reading_line, table
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["bench"]

_CANNOT_RUN = 2
_DOCUMENTS = 60
_LEAST_DOCUMENTS = 5
_PEERS = ("pikepdf", "reportlab", "segno", "typst")


def bench(given: Sequence[str]) -> int:
    """Measure; 0 when all was measured, 2 where the machine lacks a peer or the face."""
    parser = argparse.ArgumentParser(prog="konbini bench", description="What things cost on this machine")
    words = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    certificate = words.add_parser("certificate", help="one signed certificate: ours, naive, Typst, pikepdf")
    certificate.add_argument("--documents", type=_count, default=_DOCUMENTS, metavar="N", help="each way makes so many")
    certificate.add_argument("--json", action="store_true", help="a last line for programs")
    read = parser.parse_args(given)
    return _certificate(read.documents, as_json=read.json)


def _count(text: str) -> int:
    number = int(text)
    if number < _LEAST_DOCUMENTS:
        raise argparse.ArgumentTypeError(f"at least {_LEAST_DOCUMENTS}")
    return number


def _certificate(documents: int, *, as_json: bool) -> int:
    missing = [name for name in _PEERS if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"konbini bench: not installed: {', '.join(missing)}; they come with pyproject.toml's extra dev\n"
        )
        return _CANNOT_RUN
    if not TYPEFACE.exists():
        sys.stderr.write(f"konbini bench: {TYPEFACE} is missing; Debian's fonts-ipamj-mincho has it\n")
        return _CANNOT_RUN
    from konbini.simulation.bench.ways import all_ways  # noqa: PLC0415 - the peers' libraries, which may be missing

    material = make_material(documents)
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(all_ways(material, Path(folder)), material.documents)
    sys.stdout.write(f"household of four, one page, P-256; {documents} documents a way, medians of CPU time\n")
    sys.stdout.write("\n".join((*table(costs), reading_line(measure_reading(material)), "")))
    sys.stdout.write(last_line(costs) + "\n" if as_json else "")
    return 0
