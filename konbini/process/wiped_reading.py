"""Reading a connection's bytes through one buffer that is wiped at once.

The loop has buffers of its own for whoever takes bytes as they come (`asyncio.Protocol`): behind TLS a new one of 256
KiB for every read, and on a plain socket one for all connections, in which the last frames stand, masked and with their
mask, until others overwrite them. A protocol that brings its buffer (`asyncio.BufferedProtocol`) is spared both.

Invariant: nothing stands in the buffer when a call here returns.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

__all__ = ["ReadBuffer", "Taking", "WipedReading"]

_BYTES: Final = 256 * 1024
_NOUGHTS: Final = bytes(_BYTES)


class Taking(Protocol):
    """What takes bytes as they come: an `asyncio.Protocol`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection that is there."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that it has gone."""

    def data_received(self, data: bytes) -> None:
        """Take some bytes."""

    def eof_received(self) -> bool | None:
        """Learn that no more will come."""

    def pause_writing(self) -> None:
        """Learn that the other end takes nothing now."""

    def resume_writing(self) -> None:
        """Learn that it does again."""


class ReadBuffer:
    """One buffer for all connections of a loop: a read begins and ends within one call of it."""

    def __init__(self) -> None:
        self._bytes = memoryview(bytearray(_BYTES))

    @property
    def whole(self) -> memoryview:
        """All of it, to be written to."""
        return self._bytes

    def take(self, count: int) -> bytes:
        """Give the first bytes and wipe them."""
        taken = bytes(self._bytes[:count])
        self._bytes[:count] = _NOUGHTS[:count]
        return taken


class WipedReading(asyncio.BufferedProtocol):
    """One connection: hands on everything to what takes bytes as they come."""

    __slots__ = ("_buffer", "_to")

    def __init__(self, to: Taking, buffer: ReadBuffer) -> None:
        self._to, self._buffer = to, buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand on."""
        self._to.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on."""
        self._to.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the buffer for one read."""
        del sizehint
        return self._buffer.whole

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what was read."""
        self._to.data_received(self._buffer.take(nbytes))

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._to.eof_received()

    def pause_writing(self) -> None:
        """Hand on."""
        self._to.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._to.resume_writing()
