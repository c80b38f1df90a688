"""A listening socket for one kind of peer: kiosks, or wards. TLS 1.3, one WebSocket for each peer.

Invariants: a peer whose name is not on the list gets no WebSocket; what is read of a link is judged frame by frame, the
next one not before the last was handed on; nothing of a frame stays in a variable while the next one is awaited;
damaged or oversize bytes end the link.
Limits: TLS is ended in this process; a fleet of tens of thousands wants an edge in front (see docs/protocol.md).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import aiohttp
from aiohttp import web

from konbini.issuance_center.center import Center
from konbini.issuance_center.config import GatewayConfig
from konbini.issuance_center.lines import KIOSK_WAITING_BYTES, WARD_WAITING_BYTES, Line
from konbini.issuance_center.relay.routing import KioskEnd, Sender, WardEnd
from konbini.issuance_center.trust import Trust
from konbini.process.link import LINK_PATH, Outlet, forget_locals
from konbini.process.log import logger
from konbini.process.tasks import until_one_fails
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import MOST_FRAME_BYTES, Frame, LinkRefusal
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import to_bytes
from konbini.protocol.tls import expect_peer, server_context

__all__ = ["Gateway", "GatewayLimits", "PeerKind", "kiosks", "wards"]

_MOST_FROM_KIOSK = 64 * 1024
_BACKLOG = 4096

_log = logger("konbini.issuance_center.gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """How long a peer may be silent or deaf, in seconds.

    `heartbeat_seconds` is longer than the dialling end's, which asks first.
    """

    heartbeat_seconds: float = 45.0
    stall_seconds: float = 20.0
    closing_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerKind:
    """What differs between the two gateways: the names on the list, and how much passes."""

    peers: dict[str, Sender]
    most_frame_bytes: int
    waiting_bytes: int


def kiosks(trust: Trust) -> PeerKind:
    """Give the gateway's side for kiosks: certificates name `kiosk:<id>`."""
    return PeerKind(
        peers={f"kiosk:{name}": KioskEnd(name) for name in trust.kiosk_names},
        most_frame_bytes=_MOST_FROM_KIOSK,
        waiting_bytes=KIOSK_WAITING_BYTES,
    )


def wards(trust: Trust) -> PeerKind:
    """Give the gateway's side for wards: certificates name `ward:<code>`, or `ward:<code>:<server>` of several."""
    return PeerKind(
        peers={
            f"ward:{name}:{server}" if server else f"ward:{name}": WardEnd(name, server)
            for name, server in trust.servers
        },
        most_frame_bytes=MOST_FRAME_BYTES,
        waiting_bytes=WARD_WAITING_BYTES,
    )


class _LinkOverError(Exception):
    """The peer closed, or spoke out of form."""


class Gateway:
    """One listening socket; made by `listen`, ended by `close`."""

    def __init__(self, center: Center, kind: PeerKind, limits: GatewayLimits) -> None:
        self._center, self._kind, self._limits = center, kind, limits
        application = web.Application()
        application.router.add_get(LINK_PATH, self._link)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=limits.closing_seconds)

    @classmethod
    async def listen(
        cls, config: GatewayConfig, center: Center, kind: PeerKind, limits: GatewayLimits | None = None
    ) -> Gateway:
        """Listen where the configuration says.

        Raises:
            OSError, ssl.SSLError, ValueError: address or files cannot be used.
        """
        gateway = cls(center, kind, limits or GatewayLimits())
        context = server_context(config.tls)
        await gateway._runner.setup()
        await web.TCPSite(gateway._runner, config.host, config.port, ssl_context=context, backlog=_BACKLOG).start()
        return gateway

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening and wait for the links' tasks; the links themselves are cut by `Lines.cut_all` before."""
        await self._runner.cleanup()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        peer, cut = self._peer(request)
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=self._limits.heartbeat_seconds,
            max_msg_size=self._kind.most_frame_bytes + 1,  # the library wants less than this
            timeout=self._limits.closing_seconds,
        )
        await socket.prepare(request)
        await self._serve(peer, socket, Line(outlet=Outlet(self._kind.waiting_bytes), cut=cut))
        return socket

    def _peer(self, request: web.Request) -> tuple[Sender, Callable[[], None]]:
        transport = request.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        if transport is None or not isinstance(tls, ssl.SSLObject):
            raise web.HTTPForbidden
        try:
            return self._kind.peers[expect_peer(tls, self._kind.peers)], transport.abort
        except Refused as refused:
            _log.warning("peer refused", code=refused.code, detail=refused.detail)
            raise web.HTTPForbidden from refused

    async def _serve(self, peer: Sender, socket: web.WebSocketResponse, line: Line) -> None:
        name = peer.kiosk if isinstance(peer, KioskEnd) else f"{peer.ward} {peer.server}".rstrip()
        _log.info("link up", peer=name)
        self._center.joined(peer, line)
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
        except Exception:  # noqa: BLE001 - a defect ends the link that met it, not the center
            _log.exception("link ended by a defect", peer=name)
            line.cut()
        finally:
            self._center.left(peer, line)
            line.outlet.drop()

    async def _read(self, peer: Sender, socket: web.WebSocketResponse) -> NoReturn:
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

    async def _read_one(self, peer: Sender, socket: web.WebSocketResponse) -> None:
        """Read and judge one frame in a call of its own: its bytes are gone when the next one is awaited."""
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise _LinkOverError
        await self._center.received(peer, message.data)

    async def _dismiss(self, socket: web.WebSocketResponse, code: Code) -> None:
        """Tell a peer that speaks out of form why its link ends."""
        async with asyncio.timeout(self._limits.closing_seconds):
            await socket.send_bytes(_no_frame(code))
            await socket.close(code=aiohttp.WSCloseCode.PROTOCOL_ERROR)


def _no_frame(code: Code) -> bytes:
    """Answer bytes that were no frame: there is no body whose hash could be named."""
    body = to_bytes(LinkRefusal(code=int(code), answered=b""))
    return Frame(kind=MessageKind.LINK_REFUSED, body=body).to_bytes()
