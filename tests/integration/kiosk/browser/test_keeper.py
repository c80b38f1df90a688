"""The browser's keeper: a fresh one for each visit, nothing of the last one left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from konbini.kiosk.browser.keeper import BrowserKeeper
from konbini.process.clock import SystemClock

# A browser's bad habits: several processes, one of which ignores SIGTERM; files written into the profile.
PROGRAM = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
record = pathlib.Path(sys.argv[1])
child = os.fork()
profile = pathlib.Path(sys.argv[2].partition("=")[2])
(profile / f"seen-{os.getpid()}").write_text(sys.argv[3])
with record.open("a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[BrowserKeeper]:
    """A keeper of a small program in a browser's place."""
    program = (sys.executable, "-c", PROGRAM, str(tmp_path / "record"))
    keeper = BrowserKeeper(
        program=program, profile=tmp_path / "profile", address="http://127.0.0.1:1/", clock=SystemClock()
    )
    yield keeper
    await keeper.end()


async def processes(tmp_path: Path, count: int) -> list[int]:
    """Wait until so many processes have said that they run."""
    record = tmp_path / "record"
    async with asyncio.timeout(20):
        while not record.exists() or len(record.read_text().split()) < count:  # noqa: ASYNC110 - the event is in another program
            await asyncio.sleep(0.02)
    return [int(pid) for pid in record.read_text().split()]


def runs(pid: int) -> bool:
    """Whether a process still has memory."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


async def test_nothing_of_the_last_browser_is_left(keeper: BrowserKeeper, tmp_path: Path) -> None:
    """All of its processes are gone, its profile too, and the next begins with an empty one."""
    await keeper.renew()
    first = await processes(tmp_path, 2)
    await keeper.renew()
    assert not [pid for pid in first if runs(pid)]
    second = (await processes(tmp_path, 4))[2:]
    seen = {path.name for path in (tmp_path / "profile").glob("seen-*")}
    assert seen == {f"seen-{pid}" for pid in second}
    assert (tmp_path / "profile").stat().st_mode & 0o777 == 0o700
    await keeper.end()
    assert not [pid for pid in second if runs(pid)]
    assert not (tmp_path / "profile").exists()


async def test_a_browser_that_dies_is_followed_by_another(keeper: BrowserKeeper, tmp_path: Path) -> None:
    """A crash of the browser ends no visit: its remains are removed, and a new one finds the state."""
    await keeper.renew()
    first = await processes(tmp_path, 2)
    os.kill(first[0], signal.SIGKILL)
    os.kill(first[1], signal.SIGKILL)
    assert len(await processes(tmp_path, 4)) == 4
