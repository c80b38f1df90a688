"""The two ends between which everything relays the same bytes: kiosks that order, and a ward that answers.

A kiosk's ORDER is a frame of 1 KB, and says how long the answer is to be; the ward's DOCUMENT is one of 1 KB or of
200 KB. Bodies are random bytes, as sealed ones look. A center lets orders pass within a visit, so a kiosk there has
asked for a ticket and sent its OPEN before; a proxy is handed the same orders.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from konbini.protocol.errors import Code
from konbini.protocol.frames import Frame, LinkRefusal
from konbini.protocol.kinds import CENTER, MessageKind
from konbini.protocol.shape import from_bytes
from konbini.protocol.tls import client_context
from konbini.simulation.bench.relay.ground import Ground
from konbini.simulation.bench.relay.wire import Wire, masked, unmasked

__all__ = ["LARGE", "SMALL", "Kiosk", "RefusedError", "Ward"]

SMALL: Final = 1024
LARGE: Final = 200 * 1024
"""Bytes of a whole frame."""
_SIZES: Final = (SMALL, LARGE)
_ANSWERS: Final = frozenset({MessageKind.TICKET, MessageKind.DOCUMENT, MessageKind.LINK_REFUSED})
_VISIT_BYTES: Final = 16
_OPENING: Final = bytes(64)


class RefusedError(Exception):
    """The center refused a frame; the text is the code."""


class Kiosk:
    """One kiosk: its certificate, and its link while it is up."""

    def __init__(self, ground: Ground, name: str) -> None:
        """Read its files; nothing is dialled yet."""
        self.name = name
        self._ground = ground
        self._context: ssl.SSLContext = client_context(ground.kiosk_files(name))
        self._visit = os.urandom(_VISIT_BYTES)
        self._orders = {size: masked(self._order(size)) for size in _SIZES}
        self._wire: Wire | None = None
        self._came: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None

    async def dial(self, port: int) -> None:
        """Bring the link up.

        Raises:
            OSError, EOFError: it does not come up.
        """
        self._wire = await Wire.dial(port, self._context, CENTER)
        self._came = asyncio.Queue()
        # All the time: a link on which no ping is answered is cut.
        self._reading = asyncio.create_task(_read(self._wire, self._came))

    async def begin(self) -> None:
        """Begin a visit at the center.

        Raises:
            RefusedError: there is no ticket.
            OSError, EOFError: the link has gone.
        """
        await self._up.send(masked(self._ground.hello(self.name, self._visit)))
        await self._until(MessageKind.TICKET)
        await self._up.send(masked(self._frame(MessageKind.OPEN, _OPENING)))

    async def order(self, size: int) -> None:
        """Order an answer of `SMALL` or `LARGE` bytes, and have it.

        Raises:
            RefusedError: the center refused the order.
            OSError, EOFError: the link has gone.
        """
        await self._up.send(self._orders[size])
        await self._until(MessageKind.DOCUMENT)

    async def gone(self) -> None:
        """Wait until the link is gone."""
        if self._reading is not None:
            await self._reading

    def cut(self) -> None:
        """Cut the link at once."""
        if self._wire is not None:
            self._wire.abort()
            self._wire = None

    @property
    def _up(self) -> Wire:
        if self._wire is None:
            raise ConnectionError("the link is down")
        return self._wire

    async def _until(self, kind: MessageKind) -> None:
        while True:
            frame = await self._came.get()
            if frame is None:
                raise ConnectionError("the link has gone")
            if frame.kind is MessageKind.LINK_REFUSED:
                raise RefusedError(Code(from_bytes(LinkRefusal, frame.body).code).name)
            if frame.kind is kind:
                return

    def _order(self, size: int) -> bytes:
        first = bytes([_SIZES.index(size)])
        return _of_length(SMALL, lambda room: self._frame(MessageKind.ORDER, first + os.urandom(room - 1)))

    def _frame(self, kind: MessageKind, body: bytes) -> bytes:
        return Frame(kind=kind, visit_id=self._visit, kiosk=self.name, ward=self._ground.ward, body=body).to_bytes()


class Ward:
    """The ward: answers orders, whoever brought them."""

    def __init__(self, ground: Ground) -> None:
        """Take whose ward it is."""
        self._ground = ground
        self._answers: dict[tuple[bytes, int, bool], bytes] = {}

    @asynccontextmanager
    async def dialling(self, port: int, prekey: bytes) -> AsyncIterator[None]:
        """Be linked to a center, and answer what it brings, while the context lasts.

        Raises:
            OSError, EOFError: there is no center.
        """
        wire = await Wire.dial(port, client_context(self._ground.ward_dialling()), CENTER)
        answering = asyncio.create_task(self._answer_all(wire, dialled=True))
        try:
            await wire.send(masked(prekey))
            yield
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            wire.abort()

    async def take(self, wire: Wire) -> None:
        """Answer what a proxy, or a kiosk with nothing in between, brings; returns when the link has gone."""
        await self._answer_all(wire, dialled=False)

    async def _answer_all(self, wire: Wire, *, dialled: bool) -> None:
        try:
            while True:
                frame = Frame.from_bytes(await wire.receive())
                if frame.kind is MessageKind.ORDER:
                    await wire.send(self._answer(frame, dialled=dialled))
        except (OSError, EOFError):
            return

    def _answer(self, order: Frame, *, dialled: bool) -> bytes:
        size = _SIZES[order.body[0]]
        key = (order.visit_id, size, dialled)
        if key not in self._answers:
            content = _of_length(
                size,
                lambda room: Frame(
                    kind=MessageKind.DOCUMENT,
                    visit_id=order.visit_id,
                    kiosk=order.kiosk,
                    ward=order.ward,
                    body=os.urandom(room),
                ).to_bytes(),
            )
            self._answers[key] = masked(content) if dialled else unmasked(content)
        return self._answers[key]


async def _read(wire: Wire, came: asyncio.Queue[Frame | None]) -> None:
    """Hand on what answers a kiosk, and None once the link is gone; what the center says unasked is dropped."""
    try:
        while True:
            frame = Frame.from_bytes(await wire.receive())
            if frame.kind in _ANSWERS:
                came.put_nowait(frame)
    except (OSError, EOFError):
        came.put_nowait(None)


def _of_length(size: int, make: Callable[[int], bytes]) -> bytes:
    """Make a frame of a length, from what makes one of so much room for its body."""
    around = len(make(size)) - size
    return make(size - around)
