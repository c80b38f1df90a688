"""One end of a connection of the world: bytes leave it in their order, when the weather lets them.

A connection is a pair of endpoints; what is written at one is handed over at the other after a delay, and lost only
with the connection, as with TCP.

Invariants: a process that is dead neither sends nor hears; bytes never overtake each other within a connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from asyncio import protocols
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from konbini.simulation.world.processes import Process, Step

if TYPE_CHECKING:
    from konbini.simulation.world.network import Network

__all__ = ["TRIES_SECONDS", "Endpoint", "Named", "Place"]

Place: TypeAlias = str | tuple[str | None, int | None]
"""Of a listener: a path, or a host and a port."""

TRIES_SECONDS = 0.5
"""How often it is tried again where nothing gets through."""
_HIGH_WATER = 1 << 20
"""Bytes that may be under way in one direction before the sender is told to wait."""


class Named:
    """What asks a socket for its name, or for its peer's user, is told."""

    type = socket.SOCK_STREAM
    proto = 0

    def __init__(self, place: Place) -> None:
        self._place = place
        self.family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET

    def getsockname(self) -> Place:
        """Give the place."""
        return self._place

    def getsockopt(self, _level: int, option: int, _length: int = 0) -> bytes:
        """Give the peer's process and user: all of the world's run as this one.

        Raises:
            OSError: another option is asked for.
        """
        if option != socket.SO_PEERCRED:
            raise OSError("the world's sockets have no such option")
        return struct.pack("3i", os.getpid(), os.getuid(), os.getgid())

    def setsockopt(self, *_option: object) -> None:
        """Nothing to set."""


class Endpoint(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: Network, owner: Process, *, near: bool) -> None:
        self.owner = owner
        self.near = near
        self.number = network.loop.number()
        super().__init__({"socket": Named(str(self.number)), "peername": ("127.0.0.1", self.number)})
        self.peer: Endpoint = self
        self._network = network
        self._loop = network.loop
        self._protocol: asyncio.BaseProtocol | None = None
        self._came: deque[bytes | None] = deque()
        self._last = 0.0
        self._under_way = 0
        self._held_back = False
        self._reading_paused = False
        self._closing = False
        self._lost = False
        self._stuck: deque[bytes | None] = deque()

    def join(self, peer: Endpoint) -> None:
        """Know the other end."""
        self.peer = peer
        self._network.add(self)
        self.owner.at_death(self._die)

    def begin(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to whoever speaks on it."""
        self._protocol = protocol
        self._loop.call_soon(protocol.connection_made, self)
        self._loop.call_soon(self._hand_over)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes; those of the dead go nowhere."""
        if self._closing or self._lost or not data or not self.owner.step(Step.SEND):
            return
        self._send(bytes(data))

    def write_eof(self) -> None:
        """Say that no more comes."""
        if not (self._closing or self._lost) and self.owner.alive:
            self._send(None)

    def can_write_eof(self) -> bool:
        """Say yes."""
        return True

    def close(self) -> None:
        """Send what was written, then part."""
        if self._closing or self._lost or self._loop.is_closed():
            return
        self._closing = True
        if self.owner.alive:
            self._send(None, after=True)
        self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        """Part at once; the peer sees a reset."""
        self.cut(None)

    def _force_close(self, fault: BaseException | None) -> None:
        """Part at once: what asyncio's TLS calls where it gives up."""
        self.cut(fault if isinstance(fault, Exception) else None)

    def cut(self, fault: Exception | None) -> None:
        """Break the connection; both ends hear of it, the other one a little later."""
        if self._lost:
            return
        self._closing = True
        self._loop.call_soon(self._lose, fault)
        delay = self._network.weather.delay(self.owner, self.peer.owner, near=self.near)
        self._loop.call_later(0.0 if delay is None else delay, self.peer._reset)  # noqa: SLF001 - the same connection

    def is_closing(self) -> bool:
        """Say whether it is over, or about to be."""
        return self._closing or self._lost

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to somebody else."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give whoever speaks on it."""
        assert self._protocol is not None  # noqa: S101 - asked after the beginning
        return self._protocol

    def pause_reading(self) -> None:
        """Keep what comes."""
        self._reading_paused = True

    def resume_reading(self) -> None:
        """Hand over what came."""
        self._reading_paused = False
        self._loop.call_soon(self._hand_over)

    def is_reading(self) -> bool:
        """Say whether what comes is handed over."""
        return not self._reading_paused and not self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take none: the world's limits are its own."""

    def get_write_buffer_size(self) -> int:
        """Give the bytes that are under way."""
        return self._under_way

    def _send(self, data: bytes | None, *, after: bool = False) -> None:
        """Put bytes, or the end of them, on the way."""
        if self._stuck:
            self._stuck.append(data)
            return
        weather = self._network.weather
        delay = weather.delay(self.owner, self.peer.owner, near=self.near)
        if delay is None:
            self._stuck.append(data)
            self._loop.call_later(TRIES_SECONDS, self._try_again)
            return
        if data is not None and not after:
            if weather.cuts(self.owner, self.peer.owner, near=self.near):
                part = data[: self._network.chance.randrange(len(data))]
                if part:
                    self._deliver(part, delay)
                self.cut(ConnectionResetError("cut"))
                return
            if weather.spoils(self.owner, self.peer.owner, near=self.near):
                at = self._network.chance.randrange(len(data))
                data = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        self._deliver(data, delay)

    def _deliver(self, data: bytes | None, delay: float) -> None:
        self._last = max(self._last + 2e-6, self._loop.time() + delay)
        if data is not None:
            self._under_way += len(data)
            if self._under_way > _HIGH_WATER and not self._held_back and self._protocol is not None:
                self._held_back = True
                self._protocol.pause_writing()
        self._loop.call_at(self._last, self.peer._arrive, data)  # noqa: SLF001 - the same connection

    def _try_again(self) -> None:
        waiting, self._stuck = self._stuck, deque()
        if self._lost and not self._closing:
            return
        for data in waiting:
            self._send(data)

    def _arrive(self, data: bytes | None) -> None:
        self.peer._arrived(0 if data is None else len(data))  # noqa: SLF001 - the same connection
        if self._lost or not self.owner.alive:
            return
        self._came.append(data)
        self._hand_over()

    def _arrived(self, size: int) -> None:
        self._under_way -= size
        if self._held_back and self._under_way <= _HIGH_WATER // 4:
            self._held_back = False
            if self._protocol is not None and not self._lost:
                self._protocol.resume_writing()

    def _hand_over(self) -> None:
        """Give what came to the protocol, in its process."""
        while self._came and self._protocol is not None and not (self._reading_paused or self._lost):
            data = self._came.popleft()
            self.owner.run(self._feed, data)

    def _feed(self, data: bytes | None) -> None:
        protocol: Any = self._protocol
        if data is None:
            if not protocol.eof_received():
                self.close()
        elif isinstance(protocol, asyncio.BufferedProtocol):
            protocols._feed_data_to_buffered_proto(protocol, data)  # type: ignore[attr-defined]  # noqa: SLF001 - as asyncio's loops do
        else:
            protocol.data_received(data)

    def _reset(self) -> None:
        if not self._lost:
            self._closing = True
            self._lose(ConnectionResetError("reset by the peer"))

    def _die(self) -> None:
        """The owner was killed: the peer sees a reset when the news comes."""
        if not self._lost:
            self.cut(ConnectionResetError("killed"))

    def _lose(self, fault: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        self._network.drop(self)
        self.owner.spare(self._die)
        if self._protocol is not None:
            self.owner.run(self._protocol.connection_lost, fault)
