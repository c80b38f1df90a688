"""Processes of the ward that a test starts, kills and starts again."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from konbini.process.calls import CallClient
from tests.integration.ward_server.front import FrontMethod, SocketFront
from tests.integration.ward_server.ward import Ward

__all__ = ["Apart", "clerk_apart", "front_of", "issuing_apart"]

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_SECONDS = 40.0


class Apart:
    """One program, started again and again on the same files."""

    def __init__(self, program: str, *arguments: str) -> None:
        """Nothing runs before `start`."""
        self._command = (str(_HERE / program), *arguments)
        self._process: Process | None = None

    async def start(self, *crash: str) -> None:
        """Start, and wait until it serves.

        Args:
            crash: `before` or `after`, and the step of the commit at whose edge it ends itself.
        """
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *self._command, *crash), stdout=PIPE, env={**os.environ, "PYTHONPATH": str(_ROOT)}
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            assert await self._process.stdout.readline() == b"ready\n"

    @property
    def process_id(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    async def died(self) -> int:
        """Wait for its end and give its status."""
        assert self._process is not None
        async with asyncio.timeout(_SECONDS):
            return await self._process.wait()

    async def end(self) -> None:
        """End it, if it has not ended."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._process is not None:
            await self._process.wait()


@asynccontextmanager
async def issuing_apart(ward: Ward) -> AsyncIterator[Apart]:
    """Run `issuing` in a process of its own while the context lasts."""
    socket = ward.town.run / "front.sock"
    config = ward.town.configs / "issuing.toml"
    program = Apart("issuing_child.py", str(config), str(socket), str(ward.clock.now()))
    try:
        yield program
    finally:
        await program.end()


@asynccontextmanager
async def clerk_apart(ward: Ward) -> AsyncIterator[Apart]:
    """Run the clerk in a process of its own while the context lasts."""
    program = Apart("clerk_child.py", str(ward.town.configs / "clerk.toml"), str(ward.clock.now()))
    try:
        yield program
    finally:
        await program.end()


@asynccontextmanager
async def front_of(ward: Ward) -> AsyncIterator[None]:
    """Hand kiosks' messages to the `issuing` that runs now, while the context lasts."""
    client = CallClient(ward.town.run / "front.sock", peers=frozenset({os.getuid()}))
    try:
        prekey = await client.call(FrontMethod.PREKEY)
        assert isinstance(prekey, bytes)
        ward.apart = SocketFront(client, prekey)
        yield
    finally:
        await client.close()
