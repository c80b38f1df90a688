"""Where peers of a link server come in, and whose name each one proved: by TLS ended here, or behind an edge.

An *edge* is a proxy on this machine that ends the peers' TLS (HAProxy; systemd/examples/haproxy-center.cfg) and passes
plain WebSockets over a UNIX socket. With each connection's one request it hands over the certificate that the peer
proved to hold, in a header that it alone sets.

Invariants: behind an edge nobody is heard but processes of the configured users; a request names exactly one
certificate, which is judged here again (`konbini.protocol.peer_certificates`); a door that asks TLS of its peers reads
no such header.
Limits: whoever is the edge's user, or root, can name any peer whose certificate it has seen.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeAlias

from aiohttp import web

from konbini.process.clock import Clock, to_seconds
from konbini.process.config import Table
from konbini.process.peer_users import peer_user
from konbini.protocol.errors import Code, Refused
from konbini.protocol.peer_certificates import PeerAuthority
from konbini.protocol.tls import TlsFiles, peer_name, server_context

__all__ = ["CERTIFICATE_HEADER", "Connect", "Door", "EdgeAddress", "EdgeDoor", "LinkServerAddress", "TlsDoor"]

CERTIFICATE_HEADER = "X-SSL-Client-DER"
"""What the edge sets: the peer's certificate, DER in Base64."""
_BACKLOG = 4096
_LAST_PORT = 65_535


Connect: TypeAlias = Callable[[], asyncio.BufferedProtocol]
"""Makes what takes the bytes of one connection."""


class Door(Protocol):
    """One way in."""

    async def listen(self, connect: Connect) -> asyncio.Server:
        """Listen; raises `OSError` where the address cannot be used."""

    def name(self, request: web.Request) -> str:
        """Give the name that the peer proved; raises `Refused`, `PEER_UNKNOWN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkServerAddress:
    """Where one kind of peer dials; port 0 is any free one, named in the log."""

    host: str
    port: int
    tls: TlsFiles

    @classmethod
    def read(cls, table: Table) -> Self:
        """Take an address from a process's configuration: `host`, `port`, and the files of TLS.

        Raises:
            ConfigRefused: naming the place.
        """
        port = table.integer("port")
        if port > _LAST_PORT:
            raise table.refused("port", f"at most {_LAST_PORT}")
        return cls(host=table.text("host"), port=port, tls=table.tls_files())


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAddress:
    """Where the edge dials, as which users, and the authority of the peers behind it."""

    path: Path
    users: frozenset[int]
    authority: Path

    @classmethod
    def read(cls, table: Table) -> Self:
        """Take an address from a process's configuration: `socket`, `users`, `authority`.

        Raises:
            ConfigRefused: naming the place.
        """
        return cls(path=table.path("socket"), users=table.users("users"), authority=table.path("authority"))


class TlsDoor:
    """A `Door`: TLS 1.3 is ended here."""

    def __init__(self, address: LinkServerAddress) -> None:
        """Read the files.

        Raises:
            OSError, ssl.SSLError, ValueError: they cannot be used.
        """
        self._address = address
        self._context = server_context(address.tls)

    async def listen(self, connect: Connect) -> asyncio.Server:
        """Listen on a port."""
        host, port = self._address.host, self._address.port
        loop = asyncio.get_running_loop()
        return await loop.create_server(connect, host, port, ssl=self._context, backlog=_BACKLOG)

    def name(self, request: web.Request) -> str:
        """Read it off the handshake."""
        transport = request.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        if not isinstance(tls, ssl.SSLObject):
            raise Refused(Code.PEER_UNKNOWN, "no handshake, or the peer has gone")
        return peer_name(tls)


class EdgeDoor:
    """A `Door`: an edge on this machine has ended TLS."""

    def __init__(self, address: EdgeAddress, clock: Clock) -> None:
        """Read the authority.

        Raises:
            OSError, ValueError: its file cannot be used.
        """
        self._address, self._clock = address, clock
        self._authority = PeerAuthority(address.authority.read_bytes())

    async def listen(self, connect: Connect) -> asyncio.Server:
        """Listen at a path; a socket left there by a process that died is replaced."""
        loop = asyncio.get_running_loop()
        return await loop.create_unix_server(connect, self._address.path, backlog=_BACKLOG)

    def name(self, request: web.Request) -> str:
        """Read it off the certificate that the edge, and nobody else, may hand over."""
        transport = request.transport
        if transport is None or peer_user(transport) not in self._address.users:
            raise Refused(Code.PEER_UNKNOWN, "not the edge, or it has gone")
        match request.headers.getall(CERTIFICATE_HEADER, ()):
            case [str() as text]:
                return self._authority.name(text, to_seconds(self._clock.now()))
            case given:
                raise Refused(Code.PEER_UNKNOWN, f"{len(given)} certificates from the edge")
