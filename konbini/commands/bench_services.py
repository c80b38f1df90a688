"""The benchmarks of the services as a whole: whole issues, growth, and the ways to commit.

    konbini bench whole [--json] [--rates N,N,...] [--seconds N] [--kiosks N]
    konbini bench growth [--json] [--quick] [--rounds N] [--orders N]
    konbini bench ledger [--json] [--rounds N] [--commits N]

Owns the words behind these three.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import uvloop

from konbini.simulation.bench.figures.finding import Finding
from konbini.simulation.bench.figures.marked import markdown
from konbini.simulation.bench.growth import report as growth_report
from konbini.simulation.bench.growth.axes import AXES, QUICK
from konbini.simulation.bench.growth.running import Plan as GrowthPlan
from konbini.simulation.bench.growth.running import measure_growth
from konbini.simulation.bench.ledger import report as ledger_report
from konbini.simulation.bench.ledger.running import FEWEST_COMMITS, measure_ledger
from konbini.simulation.bench.ledger.running import Plan as LedgerPlan
from konbini.simulation.bench.whole import report as whole_report
from konbini.simulation.bench.whole.running import MOST_KIOSKS, VisitWentWrongError, measure_whole
from konbini.simulation.bench.whole.running import Plan as WholePlan
from konbini.simulation.demo.processes import DidNotStartError
from konbini.simulation.postgresql import is_installed
from konbini.simulation.town.typeface import TYPEFACE

if TYPE_CHECKING:
    Words = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives its type no other name

__all__ = ["add_services"]

_NOT_AS_IT_SHOULD: Final = 1
_CANNOT_RUN: Final = 2
_RATES: Final = (10, 100)
_SECONDS: Final = 20
_LEAST_SECONDS: Final = 3
_KIOSKS: Final = 64
_ROUNDS: Final = 24
_ORDERS: Final = 40
_QUICK_ORDERS: Final = 15
_COMMIT_ROUNDS: Final = 10
_COMMITS: Final = 1_920


def add_services(words: Words, at_least: Callable[[int], Callable[[str], int]]) -> None:
    """Add the three sub-commands.

    Args:
        words: where to.
        at_least: makes the type of a number that has a least.
    """
    whole = words.add_parser("whole", help="issues a second from card to paper, and where the time goes")
    whole.add_argument("--rates", type=_rates, default=_RATES, metavar="N,N,...", help="residents a second")
    whole.add_argument("--seconds", type=at_least(_LEAST_SECONDS), default=_SECONDS, metavar="N", help="of each rate")
    whole.add_argument(
        "--kiosks", type=_kiosks, default=_KIOSKS, metavar="N", help=f"that are played, {MOST_KIOSKS} at most"
    )
    whole.set_defaults(carry_out=_whole)
    growth = words.add_parser("growth", help="an issue's CPU as residents, log, history, kiosks and wards grow")
    growth.add_argument("--quick", action="store_true", help="smaller sizes, and fewer orders in a round")
    growth.add_argument("--rounds", type=at_least(2), default=_ROUNDS, metavar="N", help="each size in turn")
    growth.add_argument("--orders", type=at_least(1), metavar="N", help="of each size in one round")
    growth.set_defaults(carry_out=_growth)
    ledger = words.add_parser("ledger", help="durable commits a second, in the ways a ledger may be written")
    ledger.add_argument("--rounds", type=at_least(1), default=_COMMIT_ROUNDS, metavar="N", help="each way in turn")
    ledger.add_argument(
        "--commits", type=at_least(FEWEST_COMMITS), default=_COMMITS, metavar="N", help="of each way in one round"
    )
    ledger.set_defaults(carry_out=_ledger)
    for one in (whole, growth, ledger):
        one.add_argument("--json", action="store_true", help="a last line for programs")


def _whole(read: argparse.Namespace) -> int:
    """Measure whole issues; 1 when a visit went wrong."""
    if not TYPEFACE.exists():
        return _lacks(f"{TYPEFACE} is missing; Debian's fonts-ipamj-mincho has it")
    plan = WholePlan(rates=read.rates, seconds=read.seconds, kiosks=read.kiosks)
    try:
        found = uvloop.run(measure_whole(plan, _say))
    except VisitWentWrongError as error:
        sys.stderr.write(f"konbini bench: {error}\n")
        return _NOT_AS_IT_SHOULD
    except (DidNotStartError, ConnectionError, TimeoutError) as error:
        return _lacks(str(error))
    return _told(whole_report.finding(found), read)


def _growth(read: argparse.Namespace) -> int:
    orders = read.orders or (_QUICK_ORDERS if read.quick else _ORDERS)
    plan = GrowthPlan(axes=QUICK if read.quick else AXES, rounds=read.rounds, orders=orders)
    try:
        found = uvloop.run(measure_growth(plan, _say))
    except ValueError as error:
        return _lacks(str(error))
    return _told(growth_report.finding(found), read)


def _ledger(read: argparse.Namespace) -> int:
    if not is_installed():
        return _lacks("Debian's package postgresql is not installed")
    found = uvloop.run(measure_ledger(LedgerPlan(rounds=read.rounds, commits=read.commits), _say))
    return _told(ledger_report.finding(found), read)


def _told(found: Finding, read: argparse.Namespace) -> int:
    """Say it to people, and to programs where they ask."""
    load = os.getloadavg()
    _say(f"load of this machine, 1 and 5 minutes: {load[0]:.1f}, {load[1]:.1f}")
    for table in found.tables:
        _say(markdown(found, table))
    for line in found.says:
        _say(line)
    read.rows.keep(found)
    if read.json:
        _say(json.dumps({table.name: asdict(table)["rows"] for table in found.tables}, ensure_ascii=False))
    return 0


def _lacks(what: str) -> int:
    sys.stderr.write(f"konbini bench: {what}\n")
    return _CANNOT_RUN


def _rates(text: str) -> tuple[float, ...]:
    rates = tuple(sorted({float(one) for one in text.split(",")}))
    if not rates or rates[0] <= 0:
        raise argparse.ArgumentTypeError("rates above 0")
    return rates


def _kiosks(text: str) -> int:
    kiosks = int(text)
    if not 2 <= kiosks <= MOST_KIOSKS:  # noqa: PLR2004 - one for each process that plays them
        raise argparse.ArgumentTypeError(f"from 2 to {MOST_KIOSKS}")
    return kiosks


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
