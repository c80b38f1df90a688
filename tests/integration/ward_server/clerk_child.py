"""The clerk in a process of its own, with real files and sockets; run as a program by the tests.

    clerk_child.py CONFIG NOW [before|after STEP]

As issuing_child.py; it is called over the socket that its configuration names.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from konbini.process.entropy import SystemEntropy
from konbini.process.tasks import StandingTasks
from konbini.simulation.clock import SettableClock
from konbini.ward_server.clerk.config import read_config
from konbini.ward_server.clerk.main import serve
from tests.crashing import Crash


async def main() -> None:
    """Serve until the process is ended."""
    config, now, *crash = sys.argv[1:]
    clock = SettableClock(int(now))
    watch = Crash(crash[0], step=crash[1]) if crash else None
    async with serve(read_config(Path(config)), clock, SystemEntropy(), StandingTasks(), watch=watch) as clerk:
        while not clerk._current.lease_holds():  # noqa: ASYNC110 - a lease sets no event
            await asyncio.sleep(0.01)
        os.write(1, b"ready\n")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
