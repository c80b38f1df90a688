"""A loop of virtual time: everything asyncio needs of a loop, without the operating system.

Time stands still while something can run and jumps to the next timer when nothing can. Timers that are due at one
moment run in an order that the seed decides. Sockets are the world's network's; work that was meant for a thread is
done when its turn comes, and its result arrives later, as a thread's would.

Invariants: one seed gives one order of everything; no task, future or timer is ordered by where it lies in memory.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from asyncio import events, sslproto
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from konbini.simulation.world.endpoint import Endpoint
from konbini.simulation.world.network import Network
from konbini.simulation.world.processes import current

__all__ = ["WorldAtRestError", "WorldLoop"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: the library of TLS knows only the machine's clock, which is not the world's."""
_TIES_SECONDS = 1e-6
_THREAD_SECONDS = 0.004
"""The most that a piece of work in a thread takes."""


class WorldAtRestError(RuntimeError):
    """Nothing can ever happen again."""


class WorldFuture(asyncio.Future[T]):
    """A future with a place in the order of the world."""

    def __init__(self, *, loop: WorldLoop) -> None:
        super().__init__(loop=loop)
        self.number = loop.number()

    def __hash__(self) -> int:
        return self.number


class WorldTask(asyncio.Task[T]):
    """A task with a place in the order of the world."""

    def __init__(self, work: Coroutine[Any, Any, T], *, loop: WorldLoop, **named: Any) -> None:  # noqa: ANN401 - asyncio's
        self.number = loop.number()
        super().__init__(work, loop=loop, **named)
        current().owns(self, self.number)

    def __hash__(self) -> int:
        return self.number


class _NoSelector:
    """In the place of the operating system: waiting is moving the clock."""

    def __init__(self, loop: WorldLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Move the clock to the next timer."""
        if timeout is None:
            raise WorldAtRestError("nothing can ever happen again")
        if timeout > 0:
            self._loop.pass_time(timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class WorldLoop(asyncio.BaseEventLoop):
    """The world's loop.

    Args:
        seed: of every order and every delay.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._now = 0.0
        self._count = 0
        self._ties = random.Random(f"ties {seed}")  # noqa: S311 - reproducible, for a simulation
        self._selector = _NoSelector(self)
        self._clock_resolution = 1e-9
        self.network = Network(self, random.Random(f"network {seed}"))  # noqa: S311 - the same
        self.set_task_factory(_begin)

    def time(self) -> float:
        """Give the seconds that have passed in the world."""
        return self._now

    def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += seconds

    def number(self) -> int:
        """Give the next number in the order of the world."""
        self._count += 1
        return self._count

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future of this loop."""
        return WorldFuture(loop=self)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> events.TimerHandle:
        """Run something at a time; what is due together comes in an order that the seed decides."""
        return super().call_at(when + self._ties.random() * _TIES_SECONDS, callback, *args, context=context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> events.Handle:
        """Run something soon; there are no threads."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]  # the base declares it for threads
        self,
        _executor: object,
        function: Callable[..., T],
        *args: Any,  # noqa: ANN401 - asyncio's
    ) -> asyncio.Future[T]:
        """Do what was meant for a thread, now; whoever waits hears of it when a thread would have been done."""
        done: asyncio.Future[T] = self.create_future()
        try:
            result = function(*args)
        except Exception as fault:  # noqa: BLE001 - as a thread's, it is the waiter's
            self.call_later(self._ties.random() * _THREAD_SECONDS, _fail, done, fault)
        else:
            self.call_later(self._ties.random() * _THREAD_SECONDS, _succeed, done, result)
        return done

    async def create_server(  # type: ignore[override]  # what the world's callers hand over
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        ssl: ssl.SSLContext | None = None,
        **_how: Any,  # noqa: ANN401 - backlog and the like
    ) -> asyncio.AbstractServer:
        """Listen at a port of the world."""
        return self.network.listen((host or "127.0.0.1", port or 0), factory, ssl)

    async def create_unix_server(  # type: ignore[override]  # the same
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        path: str | Path | None = None,
        **_how: Any,  # noqa: ANN401
    ) -> asyncio.AbstractServer:
        """Listen at a path of the world; nothing appears in a folder."""
        return self.network.listen(str(path), factory, None)

    async def create_unix_connection(  # type: ignore[override]  # the same
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        path: str | Path | None = None,
        **_how: Any,  # noqa: ANN401
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        """Connect to a path of the world.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        protocol = factory()
        endpoint = await self.network.connect(str(path))
        endpoint.begin(protocol)
        return endpoint, protocol

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - asyncio's
        """Remember where a socket was meant to lead; the machine's network is not touched.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        self.network.meant(sock, await self.network.connect((address[0], address[1])))

    async def create_connection(  # type: ignore[override]  # noqa: PLR0913 - the same; asyncio has more
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        ssl: ssl.SSLContext | None = None,
        sock: socket.socket | None = None,
        server_hostname: str | None = None,
        ssl_shutdown_timeout: float | None = None,
        **_how: Any,  # noqa: ANN401 - what is asyncio's alone
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        """Connect to a port of the world, with TLS where it is asked for.

        Raises:
            ConnectionRefusedError, ssl.SSLError, ConnectionError: as on a network.
        """
        endpoint = await self.network.connect((host, port)) if sock is None else self.network.led(sock)
        protocol = factory()
        if ssl is None:
            endpoint.begin(protocol)
            return endpoint, protocol
        ready = self.create_future()
        secured = self.secure(
            endpoint, protocol, ssl, ready=ready, server_hostname=server_hostname, parting=ssl_shutdown_timeout
        )
        try:
            await ready
        except BaseException:
            endpoint.abort()
            raise
        return secured, protocol

    def secure(  # noqa: PLR0913 - what TLS stands between
        self,
        endpoint: Endpoint,
        protocol: asyncio.BaseProtocol,
        context: ssl.SSLContext,
        *,
        ready: asyncio.Future[Any] | None = None,
        server_hostname: str | None = None,
        parting: float | None = None,
    ) -> asyncio.BaseTransport:
        """Put TLS between an endpoint and its protocol: real, but for the clock that certificates are held against."""
        context.verify_flags |= _NO_CHECK_TIME
        secured = sslproto.SSLProtocol(
            self,
            protocol,
            context,
            ready,  # type: ignore[arg-type]  # whoever serves waits for nothing: asyncio's own loops hand over None
            server_side=ready is None,
            server_hostname=server_hostname,
            ssl_shutdown_timeout=parting,
        )
        endpoint.begin(secured)
        transport: asyncio.BaseTransport = secured._app_transport  # noqa: SLF001 - asyncio's own loops do the same
        return transport

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Take a signal's handler; nobody sends one in this world."""

    def remove_signal_handler(self, sig: int) -> bool:
        """Forget a signal's handler."""
        del sig
        return True

    def _process_events(self, event_list: list[Any]) -> None:
        """No operating system, no events."""

    def _write_to_self(self) -> None:
        """No thread, nobody to wake."""


def _begin(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, T] | Generator[Any, None, T],
    **named: Any,  # noqa: ANN401
) -> asyncio.Task[T]:
    assert isinstance(loop, WorldLoop)  # noqa: S101 - its own factory
    context: Context | None = named.get("context")
    if context is None:
        return WorldTask(work, loop=loop, **named)  # type: ignore[arg-type]  # a coroutine in all that we run
    return context.run(lambda: WorldTask(work, loop=loop, **named))  # type: ignore[arg-type]  # the same


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], fault: Exception) -> None:
    if not done.done():
        done.set_exception(fault)
