"""`konbini demo`: the made-up town on this machine, for a person or by itself.

Owns: the command line, where the town is kept, and that Ctrl-C ends all that was started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from konbini.kiosk.payment.means import Means
from konbini.process.calls import CallClient
from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.rows import CANNOT_OPEN, AlreadyOwned
from konbini.protocol.errors import Refused
from konbini.simulation.card.pcsc import PcscdUnavailable
from konbini.simulation.cash import running as cash
from konbini.simulation.demo.automatic import NotEnoughResidentsError, VisitEnd, plans, run_visits
from konbini.simulation.demo.hardware.server import hardware_page
from konbini.simulation.demo.processes import DidNotStartError
from konbini.simulation.demo.report import last_line, step_table, visit_line, visit_table
from konbini.simulation.demo.robot import VisitFailedError
from konbini.simulation.demo.step_times import spreads, visits_in
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.printer.virtual import PrinterDidNotStartError
from konbini.simulation.town.configs import file_store
from konbini.simulation.town.layout import make_town
from konbini.ward_server.console.machine import MachineLine

__all__ = ["demo"]

_NOT_AS_IT_SHOULD = 1
_CANNOT_START = 2
_INTERRUPTED = 130
_VISITS = 3
_RESIDENTS = 10_000
_SEED = 1
_ADMINISTRATOR = "sato"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What was typed."""

    auto: bool
    visits: int
    out: Path | None
    json: bool
    directory: Path
    residents: int
    seed: int
    database: str | None
    means: Means
    own_machine: bool


def demo(given: Sequence[str]) -> int:
    """Run the demo; 0 when all went as it should, 1 when a visit did not, 2 when the town cannot run, 130 at Ctrl-C."""
    wanted = _read(given)
    try:
        return asyncio.run(_until_told(wanted))
    except AlreadyOwned:
        sys.stderr.write(f"the town in {wanted.directory} is running already\n")
    except (
        *(DidNotStartError, PrinterDidNotStartError, PcscdUnavailable, cash.DidNotStartError, NotEnoughResidentsError),
        *(VisitFailedError, ConfigRefused, Refused, ValueError, OSError, *CANNOT_OPEN),
    ) as error:
        sys.stderr.write(f"the town cannot run: {error or type(error).__name__}\n")
    return _CANNOT_START


def _read(given: Sequence[str]) -> _Wanted:
    parser = argparse.ArgumentParser(prog="konbini demo", description="Run a made-up town on this machine.")
    parser.add_argument("--auto", action="store_true", help="without a person: residents come by themselves")
    parser.add_argument("--visits", type=_count, default=_VISITS, help=f"how many of them ({_VISITS})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where printed pages come out as PNG")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--dir", type=Path, metavar="TOWN", help="where the town is kept; a cache folder otherwise")
    parser.add_argument("--residents", type=_count, default=_RESIDENTS, help=f"of the town ({_RESIDENTS})")
    parser.add_argument("--seed", type=int, default=_SEED, help=f"of its people ({_SEED})")
    parser.add_argument("--cashless", action="store_true", help="one pays at a terminal, not with coins")
    parser.add_argument(
        "--own-machine", action="store_true", help="at the ward's own machine, which takes the ward's own card too"
    )
    parser.add_argument(
        "--store", metavar="ADDRESS", help="postgresql:… of a database for the ward's rows; files otherwise"
    )
    read = parser.parse_args(given)
    return _Wanted(
        database=read.store,
        auto=read.auto,
        visits=read.visits,
        out=read.out,
        json=read.json,
        directory=(read.dir or _kept(read.seed, read.residents)).absolute(),
        residents=read.residents,
        seed=read.seed,
        means=Means.CASHLESS if read.cashless else Means.COINS,
        own_machine=read.own_machine,
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _kept(seed: int, residents: int) -> Path:
    """Give the place of a town that is kept from run to run; another town has another place."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "konbini" / f"town-{seed}-{residents}"


async def _until_told(wanted: _Wanted) -> int:
    """Run until it is done, or told to end; then everything that was started has ended."""
    running = asyncio.create_task(_run(wanted))
    told = False

    def end() -> None:
        nonlocal told
        told = True
        running.cancel()

    loop = asyncio.get_running_loop()
    with ExitStack() as ending:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
            ending.callback(loop.remove_signal_handler, number)
        try:
            return await running
        except asyncio.CancelledError:
            if not told:
                raise
            _say("everything has ended")
            return _INTERRUPTED if wanted.auto else 0


async def _run(wanted: _Wanted) -> int:
    clock, entropy = SystemClock(), SystemEntropy()
    if wanted.auto:
        await asyncio.to_thread(_check_residents, wanted, clock, entropy)
    plan = TownPlan(
        directory=wanted.directory,
        tray=(wanted.out or wanted.directory / "papers").absolute(),
        seed=wanted.seed,
        residents=wanted.residents,
        own_printer=not wanted.auto,
        means=wanted.means,
        own_machine=wanted.own_machine,
        store=file_store if wanted.database is None else partial(_schema, wanted.database),
    )
    _say(f"the town is in {wanted.directory}")
    async with run_town(plan, clock, entropy, say=_say) as town:
        if wanted.auto:
            return await _visit(wanted, town)
        return await _stay(town)


def _check_residents(wanted: _Wanted, clock: Clock, entropy: Entropy) -> None:
    """Make the town, and count who can come: known before anything is started.

    Raises:
        NotEnoughResidentsError: not so many as visits are wanted.
        ValueError, OSError: the directory cannot hold a town.
    """
    town = make_town(wanted.directory, clock, entropy, seed=wanted.seed, residents=wanted.residents)
    plans(town.population, wanted.visits, own_machine=wanted.own_machine)


def _schema(database: str, process: str) -> str:
    """Give the address of a process's own schema in one database."""
    return f"{database}{'&' if '?' in database else '?'}schema={process}"


async def _stay(town: RunningTown) -> int:
    """Say where everything is, and stay until told to end."""
    async with hardware_page(town, SystemClock(), SystemEntropy()) as hardware:
        sys.stdout.write(
            f"\nkiosk's screen            {town.screen}"
            f"\nward's console            {town.console}"
            f"\n  its first administrator  {await _console_codes(town)}"
            f"\nhardware, for your hands  {hardware}"
            f"\nkiosk's service page      {town.shop.service_page}"
            f"  (name {town.shop.maintainer}, password {town.shop.password})"
            "\n\nCtrl-C ends everything.\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()
    return 0


async def _console_codes(town: RunningTown) -> str:
    """Name the console's first administrator and give the codes; nothing where somebody enrolled in an earlier run."""
    client = CallClient(town.town.run / "console.sock", peers=frozenset({os.getuid()}))
    try:
        person, terminal = await MachineLine(client).name_first(_ADMINISTRATOR, "佐藤 一", "demo")
    except Refused:
        return "enrolled in an earlier run"
    finally:
        await client.close()
    return f"code of the terminal {terminal}; at /enrol id {_ADMINISTRATOR}, code {person} (docs/console.md)"


async def _visit(wanted: _Wanted, town: RunningTown) -> int:
    """Let residents come, and say what became of each."""
    log = town.logs / "kiosk.log"
    begins = log.stat().st_size

    def told(turn: int, end: VisitEnd) -> None:
        _say(visit_line(turn, wanted.visits, end))

    _say(f"making {wanted.visits} cards")
    ends = await run_visits(town, wanted.visits, SystemClock(), told=told)
    with log.open(encoding="utf-8") as lines:
        lines.seek(begins)
        steps = spreads(list(visits_in(lines)))
    sys.stdout.write("\n".join(("", *visit_table(ends), "", *step_table(steps), "")) + "\n")
    if wanted.json:
        sys.stdout.write(last_line(ends, steps) + "\n")
    sys.stdout.flush()
    return _NOT_AS_IT_SHOULD if any(end.fault for end in ends) else 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
