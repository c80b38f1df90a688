"""How many connections the console's port holds: whoever opens more is hung up on, and the process keeps its files."""

from __future__ import annotations

import asyncio

from aiohttp import web

__all__ = ["Bounded"]


class Bounded:
    """Makes the protocol of each connection.

    Args:
        server: serves those that are let in.
        most: so many at a time.
    """

    def __init__(self, server: web.Server, most: int) -> None:
        self._server = server
        self._most = most

    def __call__(self) -> asyncio.Protocol:
        """Let a connection in, or hang up on it."""
        return self._server() if len(self._server.connections) < self._most else _HungUp()


class _HungUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hang up before a byte of it is read."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream's
        transport.abort()
