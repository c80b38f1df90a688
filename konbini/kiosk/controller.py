"""How a device's controller is asked: one line for one line over its UNIX socket (coin device, paper exit).

One connection a question, so that a controller may be restarted between any two of them. Limits: nothing is waited for
with a bound here, and what the lines say is their rooms' own.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

__all__ = ["ask"]


async def ask(path: Path, question: str, *, most_bytes: int) -> bytes:
    r"""Ask one line; give the answer with its `\n`, or without one where the controller hung up before it.

    Args:
        path: the controller's socket.
        question: ASCII, without the end of its line.
        most_bytes: of the answer.

    Raises:
        OSError: nobody answers there.
        ValueError: the answer is longer, or the question is not ASCII.
    """
    reader, writer = await asyncio.open_unix_connection(path, limit=most_bytes)
    try:
        writer.write(f"{question}\n".encode("ascii"))
        return await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # the answer is whole or not, whatever the goodbye was
            await writer.wait_closed()
