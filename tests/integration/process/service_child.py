"""A service of two lines, so that a test can see its life: CONFIG holds what becomes of the task it stands on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from konbini.process.clock import Clock
from konbini.process.config import read_table
from konbini.process.entropy import Entropy
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks


def read(path: Path) -> str:
    """Read what the task does: `runs` or `fails`."""
    with read_table(path) as table:
        return table.text("task")


async def work(task: str) -> None:
    """Run for ever, or fail soon."""
    if task == "runs":
        await asyncio.Event().wait()
    raise OSError("the disk is full")


@asynccontextmanager
async def serve(task: str, _clock: Clock, _entropy: Entropy, tasks: StandingTasks) -> AsyncIterator[None]:
    """Serve while the context lasts."""
    if task == "cannot":
        raise LookupError("no such thing")
    tasks.start(work(task), "work")
    try:
        yield
    finally:
        await tasks.close()
        sys.stdout.write("wound up\n")


if __name__ == "__main__":
    service = Service(
        name="two-lines", duty="A service", config="here", read=read, serve=serve, cannot_start=(LookupError,)
    )
    sys.exit(run_service(service, sys.argv[1:]))
