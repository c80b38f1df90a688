"""A process beside a benchmark's own, spoken to in lines: it ends when its input does, and with whoever started it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO, Final

__all__ = ["side_process"]

_ENDING_SECONDS: Final = 10.0


@asynccontextmanager
async def side_process(
    module: str, *, longest_line: int, log: BinaryIO | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a module as a process while the context lasts.

    Args:
        module: what is run.
        longest_line: of its output, in bytes.
        log: where its standard error goes; this process's own where None.
    """
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        limit=longest_line,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.close()
        try:
            async with asyncio.timeout(_ENDING_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
