"""How a device's controller is asked: one line for one line over its UNIX socket (coin device, terminal).

One connection a question, so that a controller may be restarted between any two of them. What the lines say is their
rooms' own; a small controller (sensor, switch, bell) answers one word.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import Protocol

__all__ = ["Ask", "SilentError", "ask", "at", "word"]

_WORD_BYTES = 16


class Ask(Protocol):
    """Asks one controller one line; `at` gives one for a socket."""

    async def __call__(self, question: str, *, most_bytes: int) -> bytes:
        """See `ask`."""


class SilentError(Exception):
    """A controller did not answer one whole word in time; the text says how, and nothing that came."""


async def word(path: Path, question: str, *, patience: float) -> str:
    """Ask a small controller; `patience`: seconds that its answer may take.

    Raises:
        SilentError: it is not there, silent, or answered something else than one whole word of ASCII.
    """
    try:
        async with asyncio.timeout(patience):
            answer = await ask(path, question, most_bytes=_WORD_BYTES)
        found = answer.decode("ascii")
    except (OSError, TimeoutError, ValueError) as error:  # a line beyond the limit is a ValueError, as is no ASCII
        raise SilentError(type(error).__name__) from error
    if not found.endswith("\n"):
        raise SilentError("cut short")
    return found[:-1]


async def ask(path: Path, question: str, *, most_bytes: int) -> bytes:
    r"""Ask one line, without a bound of time; give the answer with its `\n`, or without one where it was cut short.

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


def at(path: Path) -> Ask:
    """Give the controller behind a socket, to be asked."""
    return partial(ask, path)
