"""The link: one WebSocket to the issuance center, dialled by kiosks and wards, kept, and dialled again.

Owns the waiting room in front of a WebSocket (`Outlet`, used at both ends) and the dialling end (`Link`). A frame is
handed over whole or not at all; nothing is repeated here, because kiosk and ward repeat end to end.

Invariants: what waits is bounded in bytes; a peer that does not take a frame within a set time is cut off; the
center's name is compared before a frame is sent; a frame that is none ends the connection. After a cut the next dial
waits a random part of a growing bound, so that a fleet does not come back in one moment.
Limits: `send` says that a frame waits for the socket, not that it arrived.
"""

from __future__ import annotations

import asyncio
import ssl
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, Protocol, Self

import aiohttp

from konbini.process.clock import Clock
from konbini.process.config import Table
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.tasks import until_one_fails
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import MOST_FRAME_BYTES, Frame
from konbini.protocol.kinds import CENTER
from konbini.protocol.tls import expect_peer

__all__ = ["LINK_PATH", "Link", "LinkAddress", "LinkLimits", "LinkUser", "Outlet", "forget_locals"]

LINK_PATH = "/link"
"""Where the center answers."""
_STEADY_SECONDS = 30.0
_MOST_DOUBLINGS = 10

_log = logger("konbini.process.link")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAddress:
    """Where to dial, and whose name the certificate there must carry."""

    host: str
    port: int
    name: str = CENTER

    @classmethod
    def read(cls, table: Table, name: str = CENTER) -> Self:
        """Take an address from a process's configuration: `host`, `port`.

        Raises:
            ConfigRefused: naming the place.
        """
        return cls(host=table.text("host"), port=table.integer("port", least=1), name=name)

    @property
    def url(self) -> str:
        """Give the address for a WebSocket."""
        return f"wss://{self.host}:{self.port}{LINK_PATH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """How long and how much.

    Attributes:
        dial_seconds: for name, connection, handshake and upgrade together.
        heartbeat_seconds: silence after which the peer is asked whether it lives.
        stall_seconds: how long one frame may wait for the peer to take it.
        parting_seconds: how long a goodbye may take.
        waiting_bytes: how much may wait in all.
        first_pause_seconds: upper bound of the first pause before dialling again; it doubles each time.
        longest_pause_seconds: where it stops doubling.
    """

    dial_seconds: float = 15.0
    heartbeat_seconds: float = 30.0
    stall_seconds: float = 20.0
    parting_seconds: float = 1.0
    waiting_bytes: int = 8 << 20
    first_pause_seconds: float = 2.0
    longest_pause_seconds: float = 30.0


class LinkUser(Protocol):
    """Whoever holds a link, told of what happens on it. What these raise ends `Link.run`."""

    async def opened(self) -> None:
        """The link is up: send what is owed. Frames are received meanwhile."""

    async def received(self, frame: Frame) -> None:
        """One frame came; the next one is read when this returns."""

    async def closed(self) -> None:
        """The link is down; what was sent and not answered may or may not have arrived."""


class Outlet:
    """Frames that wait for one WebSocket; while none does, nothing but this is held for it."""

    __slots__ = ("_held", "_more", "_most", "_waiting")

    def __init__(self, waiting_bytes: int) -> None:
        """Take the bound on all that waits, the frame under way included."""
        self._most = waiting_bytes
        self._held = 0
        self._waiting: deque[bytes] | None = None
        self._more: asyncio.Future[None] | None = None

    @property
    def held(self) -> int:
        """Bytes that wait or are under way."""
        return self._held

    def offer(self, data: bytes) -> bool:
        """Take one frame, or say that there is no room for it."""
        if self._held + len(data) > self._most:
            return False
        self._held += len(data)
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(data)
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
        return True

    def drop(self) -> None:
        """Forget all that waits; its link is gone."""
        self._waiting = None
        self._held = 0

    async def empty_into(self, send: Callable[[bytes], Awaitable[None]], stall_seconds: float) -> NoReturn:
        """Send frame after frame; each is forgotten as soon as the transport has it. One caller at a time.

        Raises:
            TimeoutError: the peer did not take one within `stall_seconds`.
            OSError: the connection is gone.
        """
        while True:
            while self._waiting:
                size = len(self._waiting[0])
                async with asyncio.timeout(stall_seconds):
                    await _send_and_forget(send, self._waiting.popleft)
                self._held -= size
            self._waiting = None
            self._more = asyncio.get_running_loop().create_future()
            await self._more


async def _send_and_forget(send: Callable[[bytes], Awaitable[None]], take: Callable[[], bytes]) -> None:
    try:
        await send(take())
    except BaseException as fault:
        forget_locals(fault)
        raise


def forget_locals(fault: BaseException) -> None:
    """Empty the frames that a fault and its causes passed.

    A traceback holds the local variables of every frame in it, and with them the bytes of a body, for as long as the
    exception lives; caught in a cycle, that is until the collector's next full turn, which may be hours away.
    """
    waiting: list[BaseException | None] = [fault]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        waiting += [one.__cause__, one.__context__]


class _LinkEndedError(Exception):
    """The other end closed the connection or spoke out of form."""


class Link:
    """The dialling end."""

    def __init__(  # noqa: PLR0913 - a wiring room hands each over by name
        self,
        *,
        address: LinkAddress,
        tls: ssl.SSLContext,
        user: LinkUser,
        clock: Clock,
        entropy: Entropy,
        limits: LinkLimits | None = None,
    ) -> None:
        """Take what the link stands on; nothing is dialled before `run`."""
        self._address, self._tls, self._user = address, tls, user
        self._clock, self._entropy = clock, entropy
        self._limits = limits or LinkLimits()
        self._outlet: Outlet | None = None

    @property
    def up(self) -> bool:
        """Whether frames can be sent now."""
        return self._outlet is not None

    def send(self, frame: Frame) -> None:
        """Hand one frame over.

        Raises:
            Refused: `CENTER_UNREACHABLE` while the link is down, `BUSY` while too much waits.
        """
        if self._outlet is None:
            raise Refused(Code.CENTER_UNREACHABLE, "the link is down")
        if not self._outlet.offer(frame.to_bytes()):
            raise Refused(Code.BUSY, "too much waits for the center")

    async def run(self) -> NoReturn:
        """Dial, keep and dial again until cancelled.

        Raises:
            Exception: the user's own defect.
        """
        attempt = 0
        while True:
            began = self._clock.monotonic()
            await self._connect(attempt)
            attempt = 0 if self._clock.monotonic() - began >= _STEADY_SECONDS else attempt + 1
            await self._clock.sleep(self._pause(attempt))

    def _pause(self, attempt: int) -> float:
        """Give a random part of a bound that doubles with each attempt in a row."""
        doubled = self._limits.first_pause_seconds * 2.0 ** min(max(attempt - 1, 0), _MOST_DOUBLINGS)
        part = int.from_bytes(self._entropy.token(4)) / 2**32
        return part * min(doubled, self._limits.longest_pause_seconds)

    async def _connect(self, attempt: int) -> None:
        try:
            # Leaving the session aborts the connection: nothing lingers for a peer that does not read.
            async with aiohttp.ClientSession() as session:
                socket = await self._dial(session)
                try:
                    await self._converse(socket)
                finally:
                    await self._part(socket)
        except (aiohttp.ClientError, OSError, Refused, _LinkEndedError) as fault:
            _log.warning("link down", peer=self._address.name, attempt=attempt, error=type(fault).__name__)

    async def _dial(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(self._limits.dial_seconds):
            return await session.ws_connect(
                self._address.url,
                ssl=self._tls,
                server_hostname=self._address.name,
                heartbeat=self._limits.heartbeat_seconds,
                max_msg_size=MOST_FRAME_BYTES + 1,  # the library wants less than this
            )

    async def _part(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say goodbye to a peer that listens."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.parting_seconds):
                await socket.close()

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        tls = socket.get_extra_info("ssl_object")
        if tls is None:
            raise _LinkEndedError
        expect_peer(tls, {self._address.name})
        self._outlet = outlet = Outlet(self._limits.waiting_bytes)
        _log.info("link up", peer=self._address.name)
        try:
            await until_one_fails(
                self._read(socket),
                outlet.empty_into(socket.send_bytes, self._limits.stall_seconds),
                self._user.opened(),
            )
        finally:
            self._outlet = None
            await self._user.closed()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> NoReturn:
        while True:
            await self._user.received(await _receive(socket))


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> Frame:
    """Read one frame in a function of its own, so that nothing keeps its bytes while the next one is awaited."""
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.BINARY:
        raise _LinkEndedError
    return Frame.from_bytes(message.data)
