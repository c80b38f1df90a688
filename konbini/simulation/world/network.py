"""The world's network: listeners, connections and the weather between processes.

A connection is a pair of endpoints; bytes are handed over in their order, after a delay that the weather decides, and
are lost only with the connection, as with TCP. Processes on one machine speak over paths, machines over ports.

Invariants: a process that is dead neither sends nor hears; bytes never overtake each other within a connection.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import ssl
import struct
from asyncio import protocols
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from konbini.simulation.world.processes import Process, Step, current

if TYPE_CHECKING:
    from konbini.simulation.world.loop import WorldLoop

__all__ = ["Clear", "Endpoint", "Listener", "Network", "Weather"]

Place: TypeAlias = str | tuple[str | None, int | None]

_FIRST_FREE_PORT = 40_000
_HIGH_WATER = 1 << 20
"""Bytes that may be under way in one direction before the sender is told to wait."""
_TRIES_SECONDS = 0.5


def _plain(place: Place) -> Place:
    """Give a path without detours; two ways of writing it are one place."""
    return os.path.normpath(place) if isinstance(place, str) else place


class Weather(Protocol):
    """What lies between two processes."""

    def delay(self, sender: Process, receiver: Process, *, near: bool) -> float | None:
        """Give the seconds that bytes take now; None while nothing gets through."""

    def cuts(self, sender: Process, receiver: Process, *, near: bool) -> bool:
        """Say whether the connection breaks at these bytes, after a part of them."""

    def spoils(self, sender: Process, receiver: Process, *, near: bool) -> bool:
        """Say whether a bit of these bytes turns over on the way."""


class Clear:
    """Fair weather."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def delay(self, _sender: Process, _receiver: Process, *, near: bool) -> float | None:
        """Give some milliseconds between machines, some tens of microseconds within one."""
        return self._chance.random() * (5e-5 if near else 5e-3)

    def cuts(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Never."""
        del near
        return False

    def spoils(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Never."""
        del near
        return False


class Network:
    """All listeners and connections of the world."""

    def __init__(self, loop: WorldLoop, chance: random.Random) -> None:
        self.loop = loop
        self.weather: Weather = Clear(chance)
        self.chance = chance
        self._listeners: dict[Place, Listener] = {}
        self._meant: dict[int, Endpoint] = {}
        self._connections: dict[int, Endpoint] = {}
        self._next_port = _FIRST_FREE_PORT

    def listen(
        self, place: Place, factory: Callable[[], asyncio.BaseProtocol], context: ssl.SSLContext | None
    ) -> Listener:
        """Listen at a place; whoever listened there before must be gone, unless it is a path.

        Raises:
            OSError: somebody listens at this port.
        """
        place = _plain(place)
        if isinstance(place, tuple) and place[1] == 0:
            self._next_port += 1
            place = (place[0], self._next_port)
        before = self._listeners.get(place)
        if before is not None and before.owner.alive and not isinstance(place, str):
            raise OSError("address already in use")
        listener = Listener(self, place, factory, context)
        self._listeners[place] = listener
        return listener

    def forget(self, listener: Listener) -> None:
        """Take a listener away."""
        if self._listeners.get(listener.place) is listener:
            del self._listeners[listener.place]

    async def connect(self, place: Place) -> Endpoint:
        """Give one end of a new connection; the other is the listener's.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        place = _plain(place)
        near = isinstance(place, str)
        while True:
            listener = self._listeners.get(place)
            delay = self.weather.delay(current(), current() if listener is None else listener.owner, near=near)
            if delay is not None:
                await asyncio.sleep(delay)
                break
            await asyncio.sleep(_TRIES_SECONDS)
        listener = self._listeners.get(place)
        if listener is None or not listener.owner.alive or not current().alive:
            raise ConnectionRefusedError(place)
        ours, theirs = Endpoint(self, current(), near=near), Endpoint(self, listener.owner, near=near)
        ours.join(theirs)
        theirs.join(ours)
        listener.accept(theirs)
        return ours

    def meant(self, sock: socket.socket, endpoint: Endpoint) -> None:
        """Remember where a socket leads that the machine's network never sees."""
        self._meant[sock.fileno()] = endpoint

    def led(self, sock: socket.socket) -> Endpoint:
        """Give the endpoint for a socket, and close that."""
        endpoint = self._meant.pop(sock.fileno())
        sock.close()
        return endpoint

    def add(self, endpoint: Endpoint) -> None:
        """Keep an open endpoint."""
        self._connections[endpoint.number] = endpoint

    def drop(self, endpoint: Endpoint) -> None:
        """Forget one that is closed."""
        self._connections.pop(endpoint.number, None)

    def between(self, one: str, other: str) -> list[Endpoint]:
        """Give the open connections between processes of two names, one endpoint each."""
        return [
            endpoint
            for endpoint in self._connections.values()
            if (endpoint.owner.name, endpoint.peer.owner.name) == (one, other)
        ]


class Listener(asyncio.AbstractServer):
    """A place where connections are taken."""

    def __init__(
        self,
        network: Network,
        place: Place,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self.place = place
        self.owner = current()
        self._network = network
        self._factory = factory
        self._tls = context
        self.sockets = [_Named(place)]
        self.owner.at_death(self.close)

    def accept(self, endpoint: Endpoint) -> None:
        """Serve a connection, in the listener's process."""
        self.owner.run(self._accept, endpoint)

    def _accept(self, endpoint: Endpoint) -> None:
        protocol = self._factory()
        if self._tls is None:
            endpoint.begin(protocol)
        else:
            self._network.loop.secure(endpoint, protocol, self._tls)

    def close(self) -> None:
        """Take no more."""
        self._network.forget(self)
        self.owner.spare(self.close)

    async def wait_closed(self) -> None:
        """Return: nothing is left to wait for."""

    async def start_serving(self) -> None:
        """Return: it serves already."""

    async def serve_forever(self) -> None:
        """Serve until cancelled."""
        await asyncio.Event().wait()

    def is_serving(self) -> bool:
        """Say whether it still takes connections."""
        return self.owner.alive

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Give the loop."""
        return self._network.loop


class _Named:
    """What asks a socket for its name, or for its peer's user, is told."""

    type = socket.SOCK_STREAM
    proto = 0

    def __init__(self, place: Place) -> None:
        self._place = place
        self.family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET

    def getsockname(self) -> Place:
        return self._place

    def getsockopt(self, _level: int, option: int, _length: int = 0) -> bytes:
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
        super().__init__({"socket": _Named(str(self.number)), "peername": ("127.0.0.1", self.number)})
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
            self._loop.call_later(_TRIES_SECONDS, self._try_again)
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
