"""A town for proofs, its kiosk's browser a real Chromium that the kiosk itself starts and ends."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Playwright, async_playwright

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.evidence.memory import descendants
from tests import chromium

RESIDENTS = 300
CHROMIUM = (
    *("setpriv", "--pdeathsig", "KILL", chromium.PROGRAM, "--headless=new", *chromium.FLAGS),
    *("--disable-breakpad", "--disable-crash-reporter", "--window-size=1080,1920"),
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory whose path is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="kb"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def debugging_port() -> int:
    """Where the kiosk's browser can be driven."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    """What drives a browser: the person's eyes and hands, and no part of the kiosk."""
    async with async_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def strangers() -> frozenset[int]:
    """What runs under this process before the town does: other tests' servers and trackers."""
    return frozenset(each.pid for each in descendants(os.getpid()))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(folder: Path, debugging_port: int, strangers: frozenset[int]) -> AsyncIterator[RunningTown]:
    """A town whose people nobody else has: no marker of theirs is left by another run.

    The strangers are counted before it begins.
    """
    assert os.getpid() not in strangers
    plan = TownPlan(
        directory=folder / "town",
        tray=folder / "tray",
        seed=int.from_bytes(os.urandom(4)),
        residents=RESIDENTS,
        latency=NO_LATENCY,
        browser=(*CHROMIUM, f"--remote-debugging-port={debugging_port}"),
        browser_profile=Path(f"/dev/shm/{folder.name}-browser"),  # noqa: S108 - a tmpfs, this run's own name
        kiosk="tests.e2e.proofs.older_kernel",
    )
    async with run_town(plan, SystemClock(), SystemEntropy()) as running:
        yield running
