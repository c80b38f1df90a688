"""`konbini bench`: what things cost on this machine, beside others who do the same.

    konbini bench certificate [--json] [--documents N]
    konbini bench kiosk [--json] [--visits N]
    konbini bench ward [--json] [--residents N,N,...] [--rounds N] [--orders N] [--callers N]
    konbini bench watched [--json] [--pairs N] [--seconds N] [--rate N] [--people N]
    konbini bench import [--json] [--residents N,N,...] [--processes N]
    konbini bench relay [--json] [--rounds N] [--idle N] [--rate N] [--seconds N]
    konbini bench whole|growth|ledger ...       (konbini/commands/bench_services.py)
    konbini bench all [--quick] ...             (konbini/commands/bench_all.py)

Each but `all` takes `--figures FILE` (konbini/commands/bench_rows.py). Owns: the words behind `bench`. The
certificate's peers are development dependencies; where one is missing the command says which. The ward's second engine
is Debian's PostgreSQL.
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

from konbini.commands.bench_all import add_all
from konbini.commands.bench_relay import add_words as add_relay_words
from konbini.commands.bench_rows import Rows, add_figures
from konbini.commands.bench_services import add_services
from konbini.simulation.bench.kiosk.report import finding as kiosk_finding
from konbini.simulation.bench.kiosk.report import last_line as kiosk_last_line
from konbini.simulation.bench.kiosk.report import lines as kiosk_lines
from konbini.simulation.bench.kiosk.running import FEWEST_VISITS, measure_kiosk
from konbini.simulation.bench.kiosk.running import Plan as KioskPlan
from konbini.simulation.bench.material import make_material
from konbini.simulation.bench.measuring import measure
from konbini.simulation.bench.reading_back import measure_reading
from konbini.simulation.bench.report import finding, last_line, reading_line, table
from konbini.simulation.bench.takeover import Beginning, measure_beginning
from konbini.simulation.bench.takeover_report import finding as import_finding
from konbini.simulation.bench.ward.report import finding as ward_finding
from konbini.simulation.bench.ward.report import last_line as ward_last_line
from konbini.simulation.bench.ward.report import lines as ward_lines
from konbini.simulation.bench.ward.residents import FEWEST
from konbini.simulation.bench.ward.running import Plan, measure_ward
from konbini.simulation.bench.watched.figures import FEWEST_PAIRS, Verdict
from konbini.simulation.bench.watched.report import finding as watched_finding
from konbini.simulation.bench.watched.report import last_line as watched_last_line
from konbini.simulation.bench.watched.report import lines as watched_lines
from konbini.simulation.bench.watched.running import Plan as WatchedPlan
from konbini.simulation.bench.watched.running import measure_watched
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
_RATE = 100
_PEOPLE = 50
_PAIRS = 17
_SLICE_SECONDS = 4
_LEAST_SECONDS = 3
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
    watched = words.add_parser("watched", help="what it costs an order that operators watch the console's live page")
    watched.add_argument(
        "--pairs", type=_at_least(FEWEST_PAIRS), default=_PAIRS, metavar="N", help="of a slice watched and one not"
    )
    watched.add_argument(
        "--seconds", type=_at_least(_LEAST_SECONDS), default=_SLICE_SECONDS, metavar="N", help="of a slice, that count"
    )
    watched.add_argument("--rate", type=_at_least(1), default=_RATE, metavar="N", help="orders due in a second")
    watched.add_argument("--people", type=_at_least(1), default=_PEOPLE, metavar="N", help="who watch")
    watched.add_argument("--json", action="store_true", help="a last line for programs")
    watched.set_defaults(carry_out=_watched)
    beginning = words.add_parser("import", help="a whole town taken over, and the registry's side of a full reconcile")
    beginning.add_argument(
        "--residents", type=_sizes, default=_SIZES, metavar="N,N,...", help="of each town, one after the other"
    )
    beginning.add_argument("--processes", type=_at_least(0), default=_PROCESSES, metavar="N", help="that prepare rows")
    beginning.add_argument("--json", action="store_true", help="a last line for programs")
    beginning.set_defaults(carry_out=_import)
    add_relay_words(words.add_parser("relay", help="the center, alone and behind an edge: nginx, HAProxy"), _at_least)
    add_services(words, _at_least)
    for one in words.choices.values():
        add_figures(one)
    add_all(words)
    read = parser.parse_args(given)
    read.rows = Rows.of(read, given)
    carried_out: int = read.carry_out(read)
    return carried_out


def _watched(read: argparse.Namespace) -> int:
    """Measure what watching costs; 1 where it costs more than it may, 2 where this machine cannot say."""
    plan = WatchedPlan(pairs=read.pairs, seconds=read.seconds, rate=read.rate, people=read.people)
    try:
        found = uvloop.run(measure_watched(plan, _say))
    except (DidNotStartError, ConnectionError, TimeoutError) as fault:
        sys.stderr.write(f"konbini bench: {fault}\n")
        return _CANNOT_RUN
    _say(f"load of this machine, 1 and 5 minutes: {os.getloadavg()[0]:.1f}, {os.getloadavg()[1]:.1f}")
    for line in watched_lines(found):
        _say(line)
    if found.keeps_pace:
        read.rows.keep(watched_finding(found))
    if read.json:
        _say(json.dumps(watched_last_line(found)))
    if not found.keeps_pace:
        return _CANNOT_RUN
    return _NOT_AS_IT_SHOULD if found.watched.verdict is Verdict.DOES_NOT else 0


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
    reading = measure_reading(material)
    sys.stdout.write(f"household of four, one page, P-256; {documents} documents a way, medians of CPU time\n")
    sys.stdout.write("\n".join((*table(costs), reading_line(reading), "")))
    read.rows.keep(finding(costs, reading))
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
    read.rows.keep(kiosk_finding(found))
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
    read.rows.keep(ward_finding(found.engines, found.group_commit_ratio))
    if read.json:
        _say(ward_last_line(found.engines, found.group_commit_ratio))
    return 0


def _import(read: argparse.Namespace) -> int:
    found, each = {}, {}
    for residents in read.residents:
        beginning = each[residents] = measure_beginning(residents, read.processes, _say)
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
    read.rows.keep(import_finding(each))
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
