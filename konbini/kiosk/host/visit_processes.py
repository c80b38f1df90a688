"""The processes of visits as they are run in a shop: one program each, with the screen's socket and a channel."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from konbini.process.calls import CallServer, Handler

__all__ = ["VisitPrograms"]

_ENDING_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """One process, and its channel's end here."""

    process: asyncio.subprocess.Process
    server: CallServer

    @property
    def pid(self) -> int:
        return self.process.pid

    async def wait(self) -> int:
        return await self.process.wait()

    async def end(self) -> None:
        """End the process, by its own handle, and its channel."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(_ENDING_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self.server.close(grace=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPrograms:
    """A `konbini.kiosk.host.ports.VisitStarter` that runs a module.

    Attributes:
        config: the configuration that it reads.
        listener: the screen's listening socket, which every process is handed.
        program: the module that is run.
    """

    config: Path
    listener: socket.socket
    program: str

    async def start(self, answers: Mapping[int, Handler]) -> _Child:
        """Start a process that warms up; see `VisitStarter`."""
        ours, theirs = socket.socketpair()
        server = await CallServer.attend(ours, answers, peers=frozenset({os.getuid()}))
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self.program, str(self.config)),
                *(str(self.listener.fileno()), str(theirs.fileno())),
                pass_fds=(self.listener.fileno(), theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
            )
        return _Child(process=process, server=server)
