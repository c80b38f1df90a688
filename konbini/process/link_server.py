"""The answering end of links: a listening socket for one kind of peer, one WebSocket for each peer.

The center answers kiosks and wards so, and a ward its own machines. Who a peer is, its door says
(`konbini.process.doors`); what is done with a frame is its hub's.

Invariants: a peer whose name is not on the list gets no WebSocket; a connection asks once, and whatever the answer, no
second request of it is read; what is read of a link is judged frame by frame, the next one not before the last was
handed on; nothing of a frame stays in a variable or a buffer of reading while the next one is awaited; damaged or
oversize bytes end the link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NoReturn, Protocol, Self, TypeVar

import aiohttp
from aiohttp import web

from konbini.process.doors import Door
from konbini.process.link import LINK_PATH, Outlet, forget_locals
from konbini.process.log import logger
from konbini.process.tasks import until_one_fails
from konbini.process.wiped_reading import ReadBuffer, WipedReading
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import to_bytes
from konbini.protocol.tls import expect_name

__all__ = ["Hub", "Line", "LinkServer", "LinkServerLimits", "Peers"]

_log = logger("konbini.process.link_server")

Peer = TypeVar("Peer")
Peer_contra = TypeVar("Peer_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkServerLimits:
    """How long a peer may be silent or deaf, in seconds.

    `heartbeat_seconds` is longer than the dialling end's, which asks first. A connection on which nobody asked for a
    link after `asking_seconds` is hung up on: the library would hold it for an hour.
    """

    heartbeat_seconds: float = 45.0
    asking_seconds: float = 10.0
    stall_seconds: float = 20.0
    closing_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One open link; `cut` ends it at once and drops what waits."""

    outlet: Outlet
    cut: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers(Generic[Peer]):
    """Who may dial, by the names in their certificates, and how much passes.

    Attributes:
        by_name: the peers.
        most_frame_bytes: the longest frame that is taken.
        waiting_bytes: how much may wait for one peer.
        label: what a peer is called in the log.
    """

    by_name: dict[str, Peer]
    most_frame_bytes: int
    waiting_bytes: int
    label: Callable[[Peer], str]


class Hub(Protocol[Peer_contra]):
    """Whoever the links lead to."""

    def joined(self, peer: Peer_contra, line: Line) -> None:
        """Take a link that came up."""

    def left(self, peer: Peer_contra, line: Line) -> None:
        """Forget a link that went down."""

    async def received(self, peer: Peer_contra, data: bytes) -> None:
        """Take one frame; raises `Refused` where it is none, and the link ends."""


class _LinkOverError(Exception):
    """The peer closed, or spoke out of form."""


class _Site(web.BaseSite):
    """Where a runner listens: at a door, each connection read through one buffer that is wiped at once."""

    def __init__(self, runner: web.AppRunner, door: Door) -> None:
        super().__init__(runner)
        self._door, self._buffer = door, ReadBuffer()

    @property
    def name(self) -> str:
        """Needed by the library; nobody reads it."""
        return "link"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        self._server = await self._door.listen(self._connect)

    def _connect(self) -> WipedReading:
        server = self._runner.server
        assert server is not None  # noqa: S101 - the library's constructor has looked
        return WipedReading(server(), self._buffer)


class LinkServer(Generic[Peer]):
    """One listening socket; made by `listen`, ended by `close`."""

    def __init__(self, door: Door, hub: Hub[Peer], peers: Peers[Peer], limits: LinkServerLimits) -> None:
        self._door, self._hub, self._peers, self._limits = door, hub, peers, limits
        application = web.Application()
        application.router.add_get(LINK_PATH, self._link)
        application.on_response_prepare.append(_ask_once)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=limits.closing_seconds,
            keepalive_timeout=limits.asking_seconds,
        )

    @classmethod
    async def listen(
        cls, door: Door, hub: Hub[Peer], peers: Peers[Peer], limits: LinkServerLimits | None = None
    ) -> Self:
        """Listen where the door is.

        Raises:
            OSError: its address cannot be used.
        """
        server = cls(door, hub, peers, limits or LinkServerLimits())
        await server._runner.setup()
        await _Site(server._runner, door).start()
        return server

    @property
    def port(self) -> int:
        """The port that was bound; 0 where the door is a UNIX socket."""
        address = self._runner.addresses[0]
        return 0 if isinstance(address, str) else int(address[1])

    async def close(self) -> None:
        """Stop listening and wait for the links' tasks; whoever holds the lines cuts the links themselves before."""
        await self._runner.cleanup()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        peer, cut = self._peer(request)
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=self._limits.heartbeat_seconds,
            max_msg_size=self._peers.most_frame_bytes + 1,  # the library wants less than this
            timeout=self._limits.closing_seconds,
        )
        await socket.prepare(request)
        await self._serve(peer, socket, Line(outlet=Outlet(self._peers.waiting_bytes), cut=cut))
        return socket

    def _peer(self, request: web.Request) -> tuple[Peer, Callable[[], None]]:
        transport = request.transport
        if transport is None:
            raise web.HTTPForbidden
        try:
            name = expect_name(self._door.name(request), self._peers.by_name)
        except Refused as refused:
            _log.warning("peer refused", code=refused.code, detail=refused.detail)
            raise web.HTTPForbidden from refused
        return self._peers.by_name[name], transport.abort

    async def _serve(self, peer: Peer, socket: web.WebSocketResponse, line: Line) -> None:
        name = self._peers.label(peer)
        _log.info("link up", peer=name)
        self._hub.joined(peer, line)
        try:
            await until_one_fails(
                line.outlet.empty_into(socket.send_bytes, self._limits.stall_seconds),
                self._read(peer, socket),
            )
        except _LinkOverError:
            _log.info("link down", peer=name)
        except OSError as fault:  # a TimeoutError is one
            _log.info("link cut", peer=name, error=type(fault).__name__)
            line.cut()
        except Exception:  # noqa: BLE001 - a defect ends the link that met it, not the process
            _log.exception("link ended by a defect", peer=name)
            line.cut()
        finally:
            self._hub.left(peer, line)
            line.outlet.drop()

    async def _read(self, peer: Peer, socket: web.WebSocketResponse) -> NoReturn:
        try:
            while True:
                await self._read_one(peer, socket)
        except Refused as refused:
            forget_locals(refused)
            _log.warning("no frame", code=refused.code, detail=refused.detail)
            await self._dismiss(socket, refused.code)
            raise _LinkOverError from refused
        except BaseException as fault:
            forget_locals(fault)
            raise

    async def _read_one(self, peer: Peer, socket: web.WebSocketResponse) -> None:
        """Read and judge one frame in a call of its own: its bytes are gone when the next one is awaited."""
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise _LinkOverError
        await self._hub.received(peer, message.data)

    async def _dismiss(self, socket: web.WebSocketResponse, code: Code) -> None:
        """Tell a peer that speaks out of form why its link ends."""
        async with asyncio.timeout(self._limits.closing_seconds):
            await socket.send_bytes(_no_frame(code))
            await socket.close(code=aiohttp.WSCloseCode.PROTOCOL_ERROR)


async def _ask_once(_request: web.Request, response: web.StreamResponse) -> None:
    """End the connection with its first answer: behind an edge, a second request could be of a peer's own making."""
    response.force_close()


def _no_frame(code: Code) -> bytes:
    """Answer bytes that were no frame: there is no body whose hash could be named."""
    body = to_bytes(LinkRefusal(code=int(code), answered=b""))
    return Frame(kind=MessageKind.LINK_REFUSED, body=body).to_bytes()
