"""`konbini faults`: everything that can break is broken at the real kiosk, and held against a table of what must come.

    konbini faults [--only WORD] [--json] [--page FILE] [--dir TOWN]

Owns: the words behind `faults`. 0 when every row is right, 1 when one is not, 2 when the town cannot run, 130 when it
is told to end.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.process.clock import SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import CANNOT_OPEN, AlreadyOwned
from konbini.protocol.errors import Refused
from konbini.simulation import device_process
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.card.pcsc import PcscdUnavailable
from konbini.simulation.demo.processes import DidNotStartError
from konbini.simulation.demo.town_running import TownPlan, run_town
from konbini.simulation.faults.report import last_line, page, row_name, table, trial_line
from konbini.simulation.faults.trials import TRIALS, Trial
from konbini.simulation.faults.trying import Tried, try_all

__all__ = ["faults"]

_NOT_RIGHT = 1
_CANNOT_RUN = 2
_INTERRUPTED = 130
_RESIDENTS = 1_000


def faults(given: Sequence[str]) -> int:
    """Make the trials; 0 when all is right, 1 when a row is not, 2 when nothing could begin."""
    parser = argparse.ArgumentParser(
        prog="konbini faults", description="Break everything at the real kiosk of a made-up town, one after the other."
    )
    parser.add_argument("--only", default="", metavar="WORD", help="rows in whose name this stands, no others")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page of the documents, if all is right")
    parser.add_argument("--dir", type=Path, metavar="TOWN", help="where the town is kept; else a folder of the run")
    read = parser.parse_args(given)
    trials = [trial for trial in TRIALS if read.only.casefold() in row_name(trial).casefold()]
    if not trials:
        sys.stderr.write(f"konbini faults: no row has {read.only!r} in its name\n")
        return _CANNOT_RUN
    folder = read.dir.absolute() if read.dir else Path(tempfile.mkdtemp(prefix="kf"))
    try:
        tried = asyncio.run(_until_told(folder, trials))
    except (
        *(DidNotStartError, PcscdUnavailable, device_process.DidNotStartError, LookupError, AlreadyOwned),
        *(ConfigRefused, Refused, ValueError, OSError, *CANNOT_OPEN),
    ) as error:
        sys.stderr.write(f"konbini faults: the town cannot run: {error or type(error).__name__}\n")
        return _CANNOT_RUN
    except asyncio.CancelledError:
        sys.stderr.write("everything has ended\n")
        return _INTERRUPTED
    finally:
        if read.dir is None:
            shutil.rmtree(folder)
    return _say(tried, read.page, programs=read.json)


async def _until_told(folder: Path, trials: Sequence[Trial]) -> tuple[Tried, ...]:
    """Make the trials, or be told to end; then everything that was started has ended."""
    trying = asyncio.create_task(_try(folder, trials))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, trying.cancel)
    return await trying


async def _try(folder: Path, trials: Sequence[Trial]) -> tuple[Tried, ...]:
    """Make them in one town after the other: one pays with coins here, at a terminal there."""
    tried: list[Tried] = []
    for means in Means:
        wanted = [trial for trial in trials if trial.means is means]
        if wanted:
            tried += await _try_paying(means, folder, wanted)
    return tuple(tried)


async def _try_paying(means: Means, folder: Path, trials: Sequence[Trial]) -> tuple[Tried, ...]:
    plan = TownPlan(
        directory=folder / means.value,
        tray=folder / "tray",
        residents=_RESIDENTS,
        latency=NO_LATENCY,
        own_printer=True,
        means=means,
    )
    async with run_town(plan, SystemClock(), SystemEntropy(), say=_tell) as town:
        return await try_all(town, trials, SystemClock(), told=lambda tried: _tell(trial_line(tried)))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _say(tried: Sequence[Tried], place: Path | None, *, programs: bool) -> int:
    wrong = sum(bool(each.faults) for each in tried)
    sys.stdout.write("\n".join((*table(tried), "", f"{len(tried)} tried, {wrong} not right", "")))
    if programs:
        sys.stdout.write(f"{last_line(tried)}\n")
    if place is not None and not wrong:
        place.write_text(page(catalogues()[Language.ENGLISH]), "utf-8")
    return _NOT_RIGHT if wrong else 0
