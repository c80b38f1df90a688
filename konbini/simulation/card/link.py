"""The line from a card to vsmartcard's virtual reader (vpcd): frames over one TCP connection.

pcscd listens, the card connects: connecting is inserting, closing is removing. A frame is two octets of length, big
endian, and a body; a body of one octet is control (0 power off, 1 power on, 2 reset: no reply; 4: reply with the
ATR), anything else a command. Each frame leaves in one write, and delayed acknowledgement is switched off again
after every read and write: the kernel forgets it, and with Debian's vpcd every command would then take 44 ms.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

__all__ = ["CardGone", "Occupant", "connect", "serve"]

_POWER_OFF, _POWER_ON, _RESET, _ATR = 0, 1, 2, 4
_LENGTH = 2


class CardGone(Exception):  # noqa: N818 - an event, not a defect
    """The card left before it had answered."""


class Occupant(Protocol):
    """What lies in the slot."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        ...

    def reset(self) -> None:
        """The power went off or on, or the reader reset the card."""
        ...

    async def answer(self, command: bytes) -> bytes:
        """Answer one command; raises CardGone when the card left before it had answered."""
        ...


async def connect(port: int) -> socket.socket:
    """Lay a card into the virtual reader that listens on a loopback port.

    Raises:
        OSError: nobody listens there (now).
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(0)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    except BaseException:
        sock.close()
        raise
    _acknowledge_at_once(sock)
    return sock


async def serve(sock: socket.socket, occupant: Occupant) -> None:
    """Answer the reader until the line ends.

    Raises:
        ConnectionError: the reader (pcscd) is gone.
        CardGone: the occupant left in the middle of a command.
    """
    while True:
        body = await _receive(sock)
        if len(body) != 1:
            await _send(sock, await occupant.answer(body))
        elif body[0] == _ATR:
            await _send(sock, occupant.atr)
        elif body[0] in (_POWER_OFF, _POWER_ON, _RESET):
            occupant.reset()


async def _receive(sock: socket.socket) -> bytes:
    length = int.from_bytes(await _exactly(sock, _LENGTH), "big")
    return await _exactly(sock, length)


async def _exactly(sock: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = await asyncio.get_running_loop().sock_recv(sock, count - len(received))
        if not part:
            raise ConnectionResetError("the reader closed the line")
        _acknowledge_at_once(sock)
        received += part
    return bytes(received)


async def _send(sock: socket.socket, body: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, len(body).to_bytes(_LENGTH, "big") + body)
    _acknowledge_at_once(sock)


def _acknowledge_at_once(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
