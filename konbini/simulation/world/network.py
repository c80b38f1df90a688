"""The world's network: who listens where, which connections there are, and the weather between processes.

Processes on one machine speak over paths, machines over ports; what a connection does to bytes is its endpoints'.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from konbini.simulation.world.endpoint import TRIES_SECONDS, Endpoint, Named, Place
from konbini.simulation.world.processes import current
from konbini.simulation.world.weather import Clear, Weather

if TYPE_CHECKING:
    from konbini.simulation.world.loop import WorldLoop

__all__ = ["Listener", "Network"]

_FIRST_FREE_PORT = 40_000


def _plain(place: Place) -> Place:
    """Give a path without detours; two ways of writing it are one place."""
    return os.path.normpath(place) if isinstance(place, str) else place


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
            await asyncio.sleep(TRIES_SECONDS)
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
        self.sockets = [Named(place)]
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
