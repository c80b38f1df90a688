"""Processes of the town: started as in production, ready when they say so, logged to files, ended by their handles."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DidNotStartError", "Service", "end_process", "running"]

_STARTING_SECONDS = 60.0
_ENDING_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_LAST_WORDS = 2000


class DidNotStartError(Exception):
    """A process ended or stayed silent; the text is the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process: its name, the module that it runs, its configuration."""

    name: str
    module: str
    config: Path


@asynccontextmanager
async def running(
    service: Service, *, run: Path, logs: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process while the context lasts; entered once it says that it is ready.

    Args:
        service: what to run.
        run: where its notification socket goes.
        logs: where its log goes, as `NAME.log`.
        environment: beside this process's own.

    Raises:
        DidNotStartError: it ended, or did not say that it is ready in time.
    """
    notified = run / f"{service.name}.notify"
    notified.unlink(missing_ok=True)
    log = logs / f"{service.name}.log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as told, log.open("ab") as lines:
        told.bind(str(notified))
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", service.module, str(service.config)),
            env={**os.environ, **(environment or {}), "NOTIFY_SOCKET": str(notified)},
            stdin=asyncio.subprocess.DEVNULL,
            stderr=lines,
            start_new_session=True,
        )
        try:
            await _ready(process, told, log)
            yield process
        finally:
            await end_process(process)
            notified.unlink(missing_ok=True)


async def _ready(process: asyncio.subprocess.Process, told: socket.socket, log: Path) -> None:
    try:
        async with asyncio.timeout(_STARTING_SECONDS):
            while process.returncode is None:
                try:
                    if b"READY=1" in told.recv(4096):
                        return
                except BlockingIOError:
                    await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        pass  # said below, with the process's last words
    words = await asyncio.to_thread(log.read_text, errors="replace")
    raise DidNotStartError(f"{log.stem} did not start: {words[-_LAST_WORDS:]}")


async def end_process(process: asyncio.subprocess.Process) -> None:
    """End a process by its own handle: politely, and by force where it does not go."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
