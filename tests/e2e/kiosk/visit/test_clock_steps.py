"""The wall clock of one real process is set by an hour in the middle of visits.

Leases are counted on the monotonic clock and do not notice. What is dated (tickets, prekeys, the last moment to print)
is refused while a clock is wrong: nothing is printed that is not paid, and all is well when the clock is right again.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from konbini.process.stores import SqliteAddress, StoreAddress, look_once
from konbini.protocol.errors import Code
from konbini.simulation.demo.town_running import RunningTown
from konbini.ward_server.decisions import commands
from konbini.ward_server.residents.feed import LEASE_SECONDS
from tests.e2e.kiosk.visit.breaking import Breaker, serves_again, settled
from tests.e2e.kiosk.visit.guest import Guest, fresh, says
from tests.e2e.kiosk.visit.pids import pids_of_visits

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
    pytest.mark.faults,
    pytest.mark.long,
]

_SOURCE = Path(__file__).parents[3] / "stepping_clock.c"
_HOUR = 3600.0
_STEPPED = ("kiosk", "center", "issuing", "clerk", "registry")
_NOBODY = "nobody"


class Clocks:
    """The wall clocks of some processes, each a file that `stepping_clock.c` reads."""

    def __init__(self, folder: Path) -> None:
        """Have every clock right."""
        self._folder = folder
        for name in (*_STEPPED, _NOBODY):
            self.path(name).write_bytes(bytes(8))

    def path(self, name: str) -> Path:
        """Give the file of a process."""
        return self._folder / name

    def step(self, name: str, seconds: float) -> None:
        """Set a clock beside the right time by so much; 0 sets it right."""
        # In place: the file is mapped by the process, and a file in its stead would be another one.
        with self.path(name).open("r+b") as file:
            file.write(struct.pack("=q", int(seconds * 1e9)))


def _mapped(pid: int) -> set[str]:
    """Give the names of the clocks that a process reads."""
    lines = Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    return {Path(line.split()[-1]).name for line in lines if "/clocks/" in line}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def clocks(town: RunningTown, breaker: Breaker, folder: Path) -> AsyncIterator[Clocks]:
    """Start every process of the town anew under a clock that can be set."""
    compiler = shutil.which("gcc")
    assert compiler is not None
    library = (folder / "stepping.so").absolute()
    subprocess.run(  # noqa: ASYNC221, S603 - the compiler found on PATH
        [compiler, "-shared", "-fPIC", "-o", str(library), str(_SOURCE)], check=True
    )
    made = folder / "clocks"
    made.mkdir()
    found = Clocks(made.absolute())
    for name in ("registry", "clerk", "center", "issuing", "kiosk"):
        environment = {"LD_PRELOAD": str(library), "STEPPED_CLOCK": str(found.path(name))}
        await breaker.rewire(name, environment=environment)
    for name, pid in town.processes.items():
        if name in _STEPPED:
            assert name in _mapped(pid), name
    async with asyncio.timeout(120):  # a visit's process begins in its own time
        while not all("kiosk" in _mapped(pid) for pid in pids_of_visits(town.processes["kiosk"])):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.2)
    # A clock of nobody's: the kiosk has just begun, and a PREKEY that it is handed at a wrong time it does not take.
    found.step(_NOBODY, _HOUR)
    stepped = {"LD_PRELOAD": str(library), "STEPPED_CLOCK": str(found.path(_NOBODY))}
    told = subprocess.run(  # noqa: ASYNC221 - our own program
        [sys.executable, "-c", "import time; print(time.time())"], check=True, capture_output=True, env=stepped
    )
    assert abs(float(told.stdout) - time.time() - _HOUR) < _HOUR / 60
    yield found


async def released(town: RunningTown) -> dict[str, Code]:
    """Have two persons release what has stopped at the ward; give why each had."""
    found = {}
    for process in ("issuing", "clerk"):
        rows = look_once(address_of(town, process), lambda reading: reading.execute("SELECT code FROM stop").fetchall())
        if rows:
            found[process] = Code(rows[0][0])
            (decision,) = await said(town, process, "aoki", "release", "--reason", "its clock was wrong, and is right")
            await said(town, process, "bando", "agree", decision)
    return found


def address_of(town: RunningTown, process: str) -> StoreAddress:
    """Give where a process of the ward keeps its rows."""
    return SqliteAddress(path=town.town.data / f"{process}.db")


async def said(town: RunningTown, process: str, operator: str, command: str, *words: str) -> list[str]:
    """Type an operator's command at a process, and give what it shows."""
    parser, shown = argparse.ArgumentParser(), list[str]()
    commands.add_commands(parser.add_subparsers(required=True))
    place = ("--socket", str(town.town.run / f"{process}-operators.sock"), "--operator", operator)
    await commands.carry_out(parser.parse_args([command, *place, *words]), shown.append)
    return shown


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("name", _STEPPED)
async def test_a_clock_is_set_at_an_order(
    town: RunningTown, session: aiohttp.ClientSession, clocks: Clocks, name: str, hours: int
) -> None:
    """Set when the money is asked for, right again when the visit is over: paid iff printed, once at most.

    A clerk whose clock went back sees a ticket of an hour ahead: evidence that cannot be, so that it stops and
    `issuing` with it, until two persons release both.
    """
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    clocks.step(name, hours * _HOUR)
    try:
        guest.coins = True
        await guest.reach("end", "refused", "look again")
    finally:
        clocks.step(name, 0)
    stopped = await released(town)
    both = dict.fromkeys(("issuing", "clerk"), Code.EVIDENCE_MISMATCH)
    assert stopped == (both if (name, hours) == ("clerk", -1) else {})
    await settled(guest, before)
    await serves_again(town, session)


@pytest.mark.parametrize("name", ["issuing", "clerk"])
async def test_a_clock_that_jumps_ends_no_lease(
    town: RunningTown, session: aiohttp.ClientSession, clocks: Clocks, name: str
) -> None:
    """Forth and back within a second: a lease that was counted on the wall clock would have run out.

    What is dated may end: the visit that is open, as one does after a quarter of an hour.
    """
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    for seconds in (_HOUR, -_HOUR, 0.0):
        clocks.step(name, seconds)
        await asyncio.sleep(0.3)
    guest.coins = True
    seen = await guest.reach("end", "refused", "look again")
    assert not says(seen, Code.WARD_NOT_CURRENT), seen.text
    assert await released(town) == {}
    await settled(guest, before)
    await serves_again(town, session)


async def test_a_clock_set_back_prolongs_no_lease(
    town: RunningTown, session: aiohttp.ClientSession, clocks: Clocks, breaker: Breaker
) -> None:
    """The registry stands still and the clock of `issuing` is set back by an hour, and right again at the order."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    with breaker.stopped("registry"):
        begun = time.monotonic()
        clocks.step("issuing", -_HOUR)
        await asyncio.sleep(LEASE_SECONDS - 25)
        clocks.step("issuing", 0)
        guest.coins = False
        await guest.reach("pay")
        await asyncio.sleep(max(0.0, begun + LEASE_SECONDS + 2 - time.monotonic()))
        guest.coins = True
        seen = await guest.reach("refused")
        assert says(seen, Code.WARD_NOT_CURRENT), seen.text
    await settled(guest, before)
    assert town.printer.impressions == before
    await serves_again(town, session)
