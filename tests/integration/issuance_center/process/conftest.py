"""The center in a process of its own, with the environment that its unit sets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from tests.integration.issuance_center.conftest import End, Town, edge_before


class CenterProcess:
    """The center as its unit starts it: a process of its own, its log in a file."""

    def __init__(self, town: Town) -> None:
        """Nothing runs before `start`."""
        self.town = town
        self.log = town.folder / "center.log"
        self.kiosk_port = self.ward_port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._dialling: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it listens; the environment is the unit's."""
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "konbini.issuance_center", str(self.town.config), stderr=log, env=ENVIRONMENT
            )
        async with asyncio.timeout(30):
            while not {"kiosks", "wards"} <= (ports := _ports(self.log.read_bytes()[begin:])).keys():
                assert self._process.returncode is None, self.log.read_text(encoding="utf-8")
                await asyncio.sleep(0.05)
        self.kiosk_port, self.ward_port = ports["kiosks"], ports["wards"]

    async def end(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, SIGKILL unless told otherwise, and wait for the process."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()

    async def connect(self, name: str) -> End:
        """Connect a scripted end; a ward has sent its PREKEY."""
        port = self.kiosk_port if name in self.town.kiosks else self.ward_port
        end = self.town.end(name, port)
        self._dialling.append(asyncio.create_task(end.link.run()))
        async with asyncio.timeout(10):
            await end.up.wait()
        if name in self.town.wards:
            end.send(self.town.wards[name].prekey(int(time.time())))
            end.send(Frame(kind=MessageKind.HELLO, ward=name, body=b""))
            assert await end.refused() is Code.MISROUTED
        return end

    async def hang_up(self) -> None:
        """End all scripted ends."""
        for task in self._dialling:
            task.cancel()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        self._dialling.clear()


ENVIRONMENT = os.environ | {
    "PYTHONMALLOC": "malloc",
    "MALLOC_PERTURB_": "165",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}


@pytest.fixture
async def process(town_of_today: Town) -> AsyncIterator[CenterProcess]:
    """A center in a process of its own, running."""
    running = CenterProcess(town_of_today)
    await running.start()
    try:
        yield running
    finally:
        await running.hang_up()
        await running.end()


@pytest.fixture
async def process_behind_edge(town_of_today: Town) -> AsyncIterator[CenterProcess]:
    """The same behind an edge, to whose port the kiosks come."""
    town_of_today.configure(edge_user=os.getuid())
    running = CenterProcess(town_of_today)
    await running.start()
    try:
        async with edge_before(town_of_today) as port:
            running.kiosk_port = port
            yield running
            await running.hang_up()
    finally:
        await running.end()


def _ports(log: bytes) -> dict[str, int]:
    lines = (json.loads(line) for line in log.splitlines() if line.endswith(b"}"))
    return {line["kind"]: line["port"] for line in lines if line["event"] == "listening"}
