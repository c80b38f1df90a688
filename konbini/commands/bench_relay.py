"""`konbini bench relay`: the issuance center, alone and behind an edge, against nginx and HAProxy on the same work.

    konbini bench relay [--json] [--rounds N] [--idle N] [--rate N] [--seconds N]

Owns: the words behind `bench relay`. nginx and HAProxy are Debian packages that only this needs
(requirements/relay-packages.txt); where one is missing the command says so.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

import uvloop

from konbini.simulation.bench.relay.ends import RefusedError
from konbini.simulation.bench.relay.figures import rows
from konbini.simulation.bench.relay.proxies import missing
from konbini.simulation.bench.relay.report import last_line, lines
from konbini.simulation.bench.relay.running import FEWEST_IDLE, Plan, measure_relay
from konbini.simulation.bench.relay.ways import DIRECT
from konbini.simulation.demo.processes import DidNotStartError

__all__ = ["add_words", "relay"]

_CANNOT_RUN = 2
_ROUNDS = 10
_IDLE = 1000
_RATE = 100
_SECONDS = 4
_SMALL, _LARGE, _HANDSHAKES = 320, 128, 64
"""Of a turn: as many as a way needs for its CPU to stand out, and as few as the ways still meet the same machine."""


def add_words(parser: argparse.ArgumentParser, at_least: Callable[[int], Callable[[str], int]]) -> None:
    """Declare what may be said behind `bench relay`; `at_least` makes what reads a whole number."""
    parser.add_argument(
        "--rounds", type=at_least(1), default=_ROUNDS, metavar="N", help=f"each way in its turn ({_ROUNDS})"
    )
    parser.add_argument(
        "--idle", type=at_least(FEWEST_IDLE), default=_IDLE, metavar="N", help=f"kiosks connected and cut ({_IDLE})"
    )
    parser.add_argument(
        "--rate", type=at_least(1), default=_RATE, metavar="N", help=f"orders due in a second ({_RATE})"
    )
    parser.add_argument(
        "--seconds", type=at_least(1), default=_SECONDS, metavar="N", help=f"at that rate, of a turn ({_SECONDS})"
    )
    parser.add_argument("--json", action="store_true", help="a last line for programs")
    parser.set_defaults(carry_out=relay)


def relay(read: argparse.Namespace) -> int:
    """Measure; 0 when all was measured, 2 where the machine lacks what it takes."""
    if lacking := missing():
        sys.stderr.write(
            f"konbini bench: not installed: {', '.join(lacking)}; requirements/install.sh --with relay-packages.txt\n"
        )
        return _CANNOT_RUN
    plan = Plan(
        rounds=read.rounds,
        small=_SMALL,
        large=_LARGE,
        handshakes=_HANDSHAKES,
        idle=read.idle,
        rate=read.rate,
        seconds=read.seconds,
    )
    try:
        found = uvloop.run(measure_relay(plan, _say))
    except (DidNotStartError, RefusedError, OSError, EOFError, ValueError) as fault:
        sys.stderr.write(f"konbini bench: {type(fault).__name__}: {fault}\n")
        return _CANNOT_RUN
    load = os.getloadavg()
    figures = tuple(rows(found.figures, DIRECT, found.listed_kib))
    _say(f"load of this machine, 1 and 5 minutes: {load[0]:.1f}, {load[1]:.1f}")
    for line in lines(figures):
        _say(line)
    _say(f"a kiosk on a center's list takes {found.listed_kib:.1f} KiB of its idle link")
    if read.json:
        _say(last_line(figures, load[0]))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
