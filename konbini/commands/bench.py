"""`konbini bench`: what things cost on this machine, beside others who do the same.

    konbini bench certificate [--json] [--documents N]
    konbini bench kiosk [--json] [--visits N]
    konbini bench ward [--json] [--residents N,N,...] [--rounds N] [--orders N] [--callers N]
    konbini bench import [--json] [--residents N,N,...] [--processes N]

Owns: the words behind `bench`. The certificate's peers are development dependencies; where one is missing the command
says which. The ward's second engine is Debian's PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from konbini.simulation.bench.kiosk.report import last_line as kiosk_last_line
from konbini.simulation.bench.kiosk.report import lines as kiosk_lines
from konbini.simulation.bench.kiosk.running import FEWEST_VISITS, measure_kiosk
from konbini.simulation.bench.kiosk.running import Plan as KioskPlan
from konbini.simulation.bench.material import make_material
from konbini.simulation.bench.measuring import measure
from konbini.simulation.bench.reading_back import measure_reading
from konbini.simulation.bench.report import last_line, reading_line, table
from konbini.simulation.bench.takeover import Beginning, measure_beginning
from konbini.simulation.bench.ward.report import last_line as ward_last_line
from konbini.simulation.bench.ward.report import lines as ward_lines
from konbini.simulation.bench.ward.residents import FEWEST
from konbini.simulation.bench.ward.running import Plan, measure_ward
from konbini.simulation.card.pcsc import PcscdUnavailable
from konbini.simulation.cash import running as cash
from konbini.simulation.demo.processes import DidNotStartError
from konbini.simulation.demo.robot import VisitFailedError
from konbini.simulation.postgresql import is_installed
from konbini.simulation.printer.virtual import PrinterDidNotStartError
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["bench"]

_NOT_AS_IT_SHOULD = 1
_CANNOT_RUN = 2
_VISITS = 12
_DOCUMENTS = 60
_LEAST_DOCUMENTS = 5
_SIZES = (10_000, 350_000)
_ROUNDS = 12
_ORDERS = 200
_CALLERS = 16
_PROCESSES = 2
_PEERS = ("pikepdf", "reportlab", "segno", "typst")


def bench(given: Sequence[str]) -> int:
    """Measure; 0 when all was measured, 1 when a visit went wrong, 2 where the machine lacks what it takes."""
    parser = argparse.ArgumentParser(prog="konbini bench", description="What things cost on this machine")
    words = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    certificate = words.add_parser("certificate", help="one signed certificate: ours, naive, Typst, pikepdf")
    certificate.add_argument(
        "--documents", type=_at_least(_LEAST_DOCUMENTS), default=_DOCUMENTS, metavar="N", help="each way makes so many"
    )
    certificate.add_argument("--json", action="store_true", help="a last line for programs")
    certificate.set_defaults(carry_out=_certificate)
    kiosk = words.add_parser("kiosk", help="taps, start, memory and growth of a kiosk over visits in a row")
    kiosk.add_argument(
        "--visits", type=_at_least(FEWEST_VISITS), default=_VISITS, metavar="N", help=f"in a row ({_VISITS})"
    )
    kiosk.add_argument("--json", action="store_true", help="a last line for programs")
    kiosk.set_defaults(carry_out=_kiosk)
    ward = words.add_parser("ward", help="an order's durable work, on SQLite and PostgreSQL, in wards of several sizes")
    ward.add_argument(
        "--residents", type=_sizes, default=_SIZES, metavar="N,N,...", help="of each ward; 4000000 takes its time"
    )
    ward.add_argument("--rounds", type=_at_least(2), default=_ROUNDS, metavar="N", help="each engine and size in turn")
    ward.add_argument("--orders", type=_at_least(1), default=_ORDERS, metavar="N", help="of each in one round")
    ward.add_argument("--callers", type=_at_least(1), default=_CALLERS, metavar="N", help="kiosks at a time")
    ward.add_argument("--json", action="store_true", help="a last line for programs")
    ward.set_defaults(carry_out=_ward)
    beginning = words.add_parser("import", help="a whole town taken over, and the registry's side of a full reconcile")
    beginning.add_argument(
        "--residents", type=_sizes, default=_SIZES, metavar="N,N,...", help="of each town, one after the other"
    )
    beginning.add_argument("--processes", type=_at_least(0), default=_PROCESSES, metavar="N", help="that prepare rows")
    beginning.add_argument("--json", action="store_true", help="a last line for programs")
    beginning.set_defaults(carry_out=_import)
    read = parser.parse_args(given)
    carried_out: int = read.carry_out(read)
    return carried_out


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = int(text)
        if found < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return found

    return number


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({_at_least(FEWEST)(one) for one in text.split(",")}))


def _certificate(read: argparse.Namespace) -> int:
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

    documents: int = read.documents
    material = make_material(documents)
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(all_ways(material, Path(folder)), material.documents)
    sys.stdout.write(f"household of four, one page, P-256; {documents} documents a way, medians of CPU time\n")
    sys.stdout.write("\n".join((*table(costs), reading_line(measure_reading(material)), "")))
    sys.stdout.write(last_line(costs) + "\n" if read.json else "")
    return 0


def _kiosk(read: argparse.Namespace) -> int:
    try:
        found = asyncio.run(measure_kiosk(KioskPlan(visits=read.visits), _say))
    except (DidNotStartError, PrinterDidNotStartError, PcscdUnavailable, cash.DidNotStartError) as error:
        sys.stderr.write(f"konbini bench: the town cannot run: {error}\n")
        return _CANNOT_RUN
    except VisitFailedError as error:
        sys.stderr.write(f"konbini bench: {error}\n")
        return _NOT_AS_IT_SHOULD
    _say(f"load of this machine, 1 and 5 minutes: {os.getloadavg()[0]:.1f}, {os.getloadavg()[1]:.1f}")
    for line in kiosk_lines(found):
        _say(line)
    if read.json:
        _say(kiosk_last_line(found))
    return 0


def _ward(read: argparse.Namespace) -> int:
    if not is_installed():
        sys.stderr.write("konbini bench: Debian's package postgresql is not installed\n")
        return _CANNOT_RUN
    plan = Plan(sizes=read.residents, rounds=read.rounds, orders=read.orders, callers=read.callers)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(measure_ward(plan, _say))
    except ValueError as error:
        sys.stderr.write(f"konbini bench: {error}\n")
        return _CANNOT_RUN
    _say(
        f"one order: five commits, no paper drawn and no clerk; {plan.rounds} rounds of {plan.orders} orders"
        f" by {plan.callers} callers; cost and CPU of this process against the smallest ward"
    )
    for line in ward_lines(found.engines, found.group_commit_ratio):
        _say(line)
    if read.json:
        _say(ward_last_line(found.engines, found.group_commit_ratio))
    return 0


def _import(read: argparse.Namespace) -> int:
    found = {}
    for residents in read.residents:
        beginning = measure_beginning(residents, read.processes, _say)
        found[str(residents)] = _figures(beginning)
        cost, compared = beginning.taken.cost, beginning.compared
        _say(
            f"  import: {cost.seconds:.1f} s, {beginning.taken.residents / cost.seconds:.0f} rows/s,"
            f" {cost.cpu_seconds:.1f} CPU s; at most {cost.own_mib:.0f} MiB, {cost.other_mib:.0f} MiB a process of the"
            f" pool; {beginning.stored_bytes / 1e6:.0f} MB kept"
        )
        _say(
            f"  the registry's tree: {compared.seconds:.1f} s, {compared.cpu_seconds:.1f} CPU s, at most"
            f" {compared.mib:.0f} MiB; others' slowest read meanwhile {compared.slowest_read_seconds * 1e3:.0f} ms"
        )
    if read.json:
        _say(json.dumps(found))
    return 0


def _figures(beginning: Beginning) -> dict[str, float]:
    cost, compared = beginning.taken.cost, beginning.compared
    return {
        "import_s": round(cost.seconds, 1),
        "import_cpu_s": round(cost.cpu_seconds, 1),
        "writer_mib": round(cost.own_mib),
        "pool_mib": round(cost.other_mib),
        "tree_s": round(compared.seconds, 1),
        "tree_cpu_s": round(compared.cpu_seconds, 1),
        "tree_mib": round(compared.mib),
        "slowest_read_ms": round(compared.slowest_read_seconds * 1e3),
    }


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
