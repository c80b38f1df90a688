"""The least that speaks WebSocket (RFC 6455) at either end of a relay: what a peer costs here is not to be measured.

Frames are binary and whole. Limits: no fragments, no extensions; the masking key is the same for a whole run.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Final, Self

from konbini.process.link import LINK_PATH

__all__ = ["Wire", "masked", "serve_wires", "unmasked"]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BINARY, _CLOSE, _PING, _PONG = 0x82, 0x88, 0x89, 0x8A
_MASK: Final = os.urandom(4)
_SHORT, _LONG = 126, 127
_MOST_SHORT, _MOST_MIDDLE = 125, 0xFFFF
_LIMIT: Final = 1 << 20
_BACKLOG: Final = 4096


class Wire:
    """One open WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def dial(cls, port: int, context: ssl.SSLContext, name: str) -> Self:
        """Dial whoever listens on a port of the loopback address.

        Args:
            port: there.
            context: the dialling end's.
            name: that the certificate there must carry.

        Raises:
            OSError, asyncio.IncompleteReadError: no connection.
            ConnectionRefusedError: no WebSocket.
        """
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=name, limit=_LIMIT
        )
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        writer.write(
            f"GET {LINK_PATH} HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode("ascii")
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            _cut(writer)
            raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode("ascii", "replace"))
        return cls(reader, writer)

    async def send(self, frame: bytes) -> None:
        """Send what `masked` or `unmasked` gave."""
        self._writer.write(frame)
        await self._writer.drain()

    async def receive(self) -> bytes:
        """Give the content of the next binary frame; pings are answered.

        Raises:
            asyncio.IncompleteReadError, OSError: the connection has gone.
            ConnectionError: the other end closed the WebSocket.
        """
        while True:
            kind, content = await self._next()
            if kind == _BINARY:
                return content
            if kind == _CLOSE:
                raise ConnectionError("closed")
            if kind == _PING:
                await self.send(_frame(_PONG, content, _MASK))

    def abort(self) -> None:
        """Cut the connection at once."""
        _cut(self._writer)

    async def _next(self) -> tuple[int, bytes]:
        kind, length = await self._reader.readexactly(2)
        is_masked, length = length & 0x80, length & 0x7F
        if length == _SHORT:
            (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif length == _LONG:
            (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
        mask = await self._reader.readexactly(4) if is_masked else b""
        content = await self._reader.readexactly(length)
        return kind, _covered(content, mask) if mask else content


def masked(content: bytes) -> bytes:
    """Frame what the dialling end sends."""
    return _frame(_BINARY, content, _MASK)


def unmasked(content: bytes) -> bytes:
    """Frame what the answering end sends."""
    return _frame(_BINARY, content, b"")


async def serve_wires(context: ssl.SSLContext, take: Callable[[Wire], Awaitable[None]]) -> asyncio.Server:
    """Answer at a free port of the loopback address; `take` has each WebSocket until it returns or is cut."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_accepting(head))
            await take(Wire(reader, writer))
        except (OSError, EOFError):  # whoever dialled has gone: an IncompleteReadError is an EOFError
            return
        finally:
            _cut(writer)

    return await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context, limit=_LIMIT, backlog=_BACKLOG)


def _cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    writer.close()  # asyncio's own TLS calls what was aborted open until it is told


def _accepting(head: bytes) -> bytes:
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    key = next(value.strip() for name, _, value in lines if name.strip().lower() == b"sec-websocket-key")
    accepted = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455, section 4.2.2
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
    )


def _frame(kind: int, content: bytes, mask: bytes) -> bytes:
    bit, length = 0x80 if mask else 0, len(content)
    if length <= _MOST_SHORT:
        head = struct.pack(">BB", kind, bit | length)
    elif length <= _MOST_MIDDLE:
        head = struct.pack(">BBH", kind, bit | _SHORT, length)
    else:
        head = struct.pack(">BBQ", kind, bit | _LONG, length)
    return head + mask + (_covered(content, mask) if mask else content)


def _covered(content: bytes, mask: bytes) -> bytes:
    length = len(content)
    whole = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(content) ^ int.from_bytes(whole)).to_bytes(length)
