"""A proxy between two ends of a TCP connection that does to their bytes what a bad network does.

It knows nothing of what it carries: what comes is handed on as it came until a fault is set, and again once it is
mended. It listens at an address of this machine and forwards to a port of loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["Direction", "Fault", "FaultProxy", "proxied"]

_LOOPBACK = "127.0.0.1"
_CHUNK = 16_384
_PIECE = 512
"""Bytes of a trickle at a time."""
_PARTING_SECONDS = 2.0
"""A peer that does not read what is left for it loses it after so long."""
_LINGER_NONE = struct.pack("ii", 1, 0)
"""For SO_LINGER: a close is a reset."""


@unique
class Fault(Enum):
    """What is done to the bytes."""

    NONE = "none"
    DELAY = "delay"
    """Each chunk is late by `seconds`."""
    TRICKLE = "trickle"
    """512 bytes every `seconds`."""
    BLACK_HOLE = "black hole"
    """Nothing goes on, nothing is closed, and who dials is accepted and hears nothing."""
    CORRUPT = "corrupt"
    """One bit of each chunk is another."""
    CUT = "cut"
    """Half of a chunk goes on, then both ends are closed."""
    RESET = "reset"
    """Half of a chunk goes on, then both ends are reset."""


@unique
class Direction(Enum):
    """From whom the bytes come that are harmed."""

    DIALLER = "from the dialler"
    ANSWERER = "to the dialler"
    BOTH = "both ways"


class _CutError(Exception):
    """This connection is over."""


@dataclass(slots=True, kw_only=True)
class FaultProxy:
    """One proxy; see `proxied`.

    Attributes:
        port: where it listens.
        upstream: to whom it forwards: a port on loopback.
        harmed: how many chunks it has done something to.
        dialled: how many connections it took.
    """

    upstream: int
    port: int = 0
    harmed: int = 0
    dialled: int = 0
    _fault: Fault = Fault.NONE
    _direction: Direction = Direction.BOTH
    _seconds: float = 0.0
    _least: int = 0
    _left: int | None = None
    _mended: asyncio.Event

    def set(
        self,
        fault: Fault,
        *,
        direction: Direction = Direction.BOTH,
        seconds: float = 0.3,
        least: int = 0,
        times: int | None = None,
    ) -> None:
        """Begin to do harm, also to connections that are open.

        Args:
            fault: which.
            direction: to the bytes of whom.
            seconds: of a delay, or between the pieces of a trickle.
            least: chunks that are smaller are let through: a heartbeat is no frame with a document.
            times: so many chunks are harmed, then it is mended; None: until somebody mends it.
        """
        self._fault, self._direction, self._seconds = fault, direction, seconds
        self._least, self._left = least, times
        self._mended.clear()

    def mend(self) -> None:
        """Do no more harm; what a black hole held goes on."""
        self._fault = Fault.NONE
        self._mended.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end is done with it."""
        self.dialled += 1
        dialling = asyncio.create_task(asyncio.open_connection(_LOOPBACK, self.upstream))
        try:
            ahead, behind = await asyncio.shield(dialling)
        except OSError:
            await _drop(writer, reset=True)
            return
        except asyncio.CancelledError:
            writer.transport.abort()
            with contextlib.suppress(OSError):  # whoever is being dialled may answer yet
                _, behind = await dialling
                behind.transport.abort()
            raise
        pumps = [
            asyncio.create_task(self._pump(reader, behind, Direction.DIALLER)),
            asyncio.create_task(self._pump(ahead, writer, Direction.ANSWERER)),
        ]
        reset = False
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            reset = any(isinstance(one.exception(), ConnectionResetError) for one in done)
        finally:
            for pump in pumps:
                pump.cancel()
            try:
                await asyncio.gather(*pumps, return_exceptions=True)
                for end in (behind, writer):
                    await _drop(end, reset=reset)
            finally:
                for end in (behind, writer):
                    end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whence: Direction) -> None:
        with contextlib.suppress(_CutError):
            while data := await reader.read(_CHUNK):
                if self._harms(data, whence):
                    await self._harm(data, writer)
                else:
                    writer.write(data)
                await writer.drain()

    def _harms(self, data: bytes, whence: Direction) -> bool:
        """Say whether this chunk is harmed, and count it."""
        if self._fault is Fault.NONE or self._direction not in (Direction.BOTH, whence) or len(data) < self._least:
            return False
        self.harmed += 1
        return True

    async def _harm(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self._fault
        self._count_down()
        match fault:
            case Fault.DELAY:
                await asyncio.sleep(self._seconds)
                writer.write(data)
            case Fault.TRICKLE:
                for first in range(0, len(data), _PIECE):
                    writer.write(data[first : first + _PIECE])
                    await writer.drain()
                    await asyncio.sleep(self._seconds)
            case Fault.BLACK_HOLE:
                await self._mended.wait()
                writer.write(data)
            case Fault.CORRUPT:
                middle = len(data) // 2
                writer.write(data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :])
            case Fault.CUT | Fault.RESET:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                raise ConnectionResetError if fault is Fault.RESET else _CutError

    def _count_down(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self._fault = Fault.NONE


@asynccontextmanager
async def proxied(upstream: int, *, at: str = _LOOPBACK) -> AsyncIterator[FaultProxy]:
    """Run a proxy in front of a port of loopback while the context lasts; every connection ends with it.

    Args:
        upstream: the port.
        at: the address of this machine where it listens.
    """
    proxy = FaultProxy(upstream=upstream, _mended=asyncio.Event())
    proxy._mended.set()
    carried: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.carry(reader, writer))
        carried[task] = writer
        task.add_done_callback(lambda done: carried.pop(done, None))

    server = await asyncio.start_server(take, at, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        while carried:  # one more may have been taken meanwhile
            open_still = dict(carried)
            for task, writer in open_still.items():
                task.cancel()
                writer.transport.abort()  # also of one that has not begun
            await asyncio.gather(*open_still, return_exceptions=True)
        await server.wait_closed()


async def _drop(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    """End a connection: politely, so that what was handed on arrives, or with a reset."""
    if reset:
        connection = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        writer.transport.abort()
    else:
        writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PARTING_SECONDS):
            await writer.wait_closed()
