"""Calls between the processes of one machine, over a UNIX socket or one end of a socket pair.

A frame is four bytes of length (big-endian) and one CBOR array of that many bytes:

    request  [id, method, [argument, ...]]
    answer   [id, 0, result]      or      [id, 1, code]

Ids count up on each connection; answers come in any order. Only a `Refused` crosses, as its code alone: its detail
stays in the log of the process that refused. Anything else that a handler raises becomes `Code.INTERNAL`.

Invariants: a peer whose user is not in the configured set is hung up on before a byte of it is read (SO_PEERCRED); a
frame over the limit, or one that is no request, ends the connection; a handler that was started runs to its end even if
its caller has gone, because a caller that gave up does not know what became of its call and must be able to ask.

Limits: no encryption and no authentication beyond the kernel's word on the peer's user: for one machine only. A
request is not repeated here; whether it may be is the caller's knowledge.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

from konbini.process.config import Table
from konbini.process.log import logger
from konbini.process.peer_users import peer_user
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused

__all__ = ["AnswerLost", "CallAddress", "CallClient", "CallServer", "Handler", "PeerUnreachable", "together"]

Handler: TypeAlias = Callable[[Sequence[Value]], Awaitable[Value]]

"""One method: arguments as they came, result. It checks them itself and raises `Refused` for what it foresees."""

LONGEST = 1 << 20
_AT_ONCE = 256
_PARTING_SECONDS = 1.0
_LENGTH = struct.Struct(">I")
_ANSWERED, _REFUSED = 0, 1
_PARTS = 3


def together(*tables: Mapping[int, Handler]) -> Mapping[int, Handler]:
    """Put the methods of several rooms on one socket.

    Raises:
        ValueError: a method's number stands in two tables; one of them would be called in the other's place.
    """
    joined = {method: handler for table in tables for method, handler in table.items()}
    if len(joined) != sum(map(len, tables)):
        raise ValueError("a method's number stands twice on one socket")
    return joined


_log = logger("konbini.process.calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAddress:
    """A socket of calls, and the ids of the users that may be at its other end."""

    path: Path
    users: frozenset[int]

    @classmethod
    def read(cls, table: Table) -> Self:
        """Take an address from a process's configuration: `socket`, `users`.

        Raises:
            ConfigRefused: naming the place.
        """
        return cls(path=table.path("socket"), users=table.users("users"))


class PeerUnreachable(ConnectionError):  # noqa: N818 - a state of the call
    """Nobody was there: the call was not sent."""


class AnswerLost(ConnectionError):  # noqa: N818 - a state of the call
    """The connection ended before the answer came: the call may have been carried out."""


class CallServer:
    """Answers calls on one UNIX socket; made by `listen`, ended by `close`."""

    __slots__ = ("_calls", "_connections", "_handlers", "_listener", "_longest", "_peers")

    def __init__(self, handlers: Mapping[int, Handler], peers: frozenset[int], longest: int) -> None:
        self._handlers = dict(handlers)
        self._peers = peers
        self._longest = longest
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Task[None]] = set()

    @classmethod
    async def listen(
        cls,
        where: Path | socket.socket,
        handlers: Mapping[int, Handler],
        *,
        peers: frozenset[int],
        longest: int = LONGEST,
    ) -> Self:
        """Listen at a path (a socket left there by a process that died is replaced) or on a socket handed over.

        Args:
            where: the path, or a listening socket (socket activation).
            handlers: the methods by number.
            peers: the user ids that may call.
            longest: the largest frame, in bytes, in both directions.

        Raises:
            OSError: the path cannot be listened at.
        """
        server = cls(handlers, peers, longest)
        if isinstance(where, socket.socket):
            server._listener = await asyncio.start_unix_server(server._accept, sock=where)
        else:
            server._listener = await asyncio.start_unix_server(server._accept, path=where)
        return server

    @classmethod
    async def attend(
        cls,
        connection: socket.socket,
        handlers: Mapping[int, Handler],
        *,
        peers: frozenset[int],
        longest: int = LONGEST,
    ) -> Self:
        """Answer calls on one socket that is connected already, such as one end of a pair."""
        server = cls(handlers, peers, longest)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        server._connections.add(asyncio.create_task(server._accept(reader, writer)))
        return server

    async def ended(self) -> None:
        """Wait until every connection that is open now has ended (for `attend`: until the peer has gone)."""
        if self._connections:
            await asyncio.wait(self._connections)

    async def close(self, *, grace: float = 5.0) -> None:
        """Take no more calls, let those that run come to their end for `grace` seconds, and hang up."""
        if self._listener is not None:
            self._listener.close()
        if self._calls:
            await asyncio.wait(self._calls, timeout=grace)
        await _end(self._calls | self._connections)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._connections.add(task)
        try:
            with suppress(ConnectionError):
                if _allowed(writer, self._peers):
                    await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            await _hang_up(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        room = asyncio.Semaphore(_AT_ONCE)
        try:
            while (frame := await _read_frame(reader, self._longest)) is not None:
                request = _request(frame, self._longest)
                await room.acquire()
                call = asyncio.create_task(self._call(request, writer))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                call.add_done_callback(lambda _call: room.release())
        except Refused as refusal:
            _log.warning("hung up on a peer", code=refusal.code, detail=refusal.detail)

    async def _call(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        answer = await self._answer(request)
        if not writer.is_closing():
            with suppress(ConnectionError):  # the caller has gone; it will ask again
                writer.write(_frame(answer))
                await writer.drain()

    async def _answer(self, request: _Request) -> bytes:
        try:
            handler = self._handlers.get(request.method)
            if handler is None:
                raise Refused(Code.MALFORMED, "no such method")  # noqa: TRY301 - answered below like any refusal
            answer = encode([request.number, _ANSWERED, await handler(request.arguments)])
            if len(answer) > self._longest:
                raise ValueError("the answer is too long for a frame")  # noqa: TRY301 - the same
        except Refused as refusal:
            _log.info("refused a call", method=request.method, code=refusal.code, detail=refusal.detail)
            return encode([request.number, _REFUSED, int(refusal.code)])
        except Exception:  # noqa: BLE001 - anything untyped becomes INTERNAL without detail
            _log.exception("a call failed", method=request.method)
            return encode([request.number, _REFUSED, int(Code.INTERNAL)])
        return answer


class CallClient:
    """Calls one peer, over one connection that is made at the first call and again at the next call after it broke.

    `around` is entered for each call, and sees how it ends.
    """

    __slots__ = ("_around", "_connecting", "_connection", "_longest", "_peers", "_where")

    def __init__(
        self,
        where: Path | None,
        *,
        peers: frozenset[int],
        longest: int = LONGEST,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._where = where
        self._peers = peers
        self._around = around
        self._longest = longest
        self._connecting = asyncio.Lock()
        self._connection: _Connection | None = None

    @classmethod
    async def over(cls, connection: socket.socket, *, peers: frozenset[int], longest: int = LONGEST) -> Self:
        """Call over a socket that is connected already; once it breaks, every call is `PeerUnreachable`.

        Raises:
            PeerUnreachable: the peer's user is not one of `peers`.
        """
        client = cls(None, peers=peers, longest=longest)
        client._connection = await client._start(*await asyncio.open_unix_connection(sock=connection))
        return client

    async def call(self, method: int, *arguments: Value, within: float = 5.0) -> Value:
        """Call one method and return its result.

        Args:
            method: its number.
            arguments: values of the wire.
            within: seconds, connecting included.

        Raises:
            Refused: the peer refused; without detail. `OVERSIZE` here: the request is longer than a frame.
            PeerUnreachable: nothing was sent.
            AnswerLost: it was sent, and the connection ended before an answer.
            TimeoutError: no answer in time; it may yet be carried out.
        """
        with self._around():
            async with asyncio.timeout(within):
                connection = await self._connected()
                return await connection.call(method, arguments)

    async def close(self) -> None:
        """Hang up; calls that wait get `AnswerLost`. A later call connects again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self) -> _Connection:
        async with self._connecting:
            if self._connection is not None and self._connection.usable:
                return self._connection
            await self.close()
            if self._where is None:
                raise PeerUnreachable("the peer of the socket pair has gone")
            try:
                streams = await asyncio.open_unix_connection(self._where)
            except OSError as fault:
                raise PeerUnreachable(type(fault).__name__) from fault
            self._connection = await self._start(*streams)
            return self._connection

    async def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Connection:
        if not _allowed(writer, self._peers):
            await _hang_up(writer)
            raise PeerUnreachable("the peer's user is not allowed")
        return _Connection(reader, writer, self._longest)


class _Connection:
    """One connection of a client: the calls that wait on it, and the task that hands out the answers."""

    __slots__ = ("_longest", "_numbers", "_reader", "_task", "_waiting", "_writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, longest: int) -> None:
        self._reader = reader
        self._writer = writer
        self._longest = longest
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Value]] = {}
        self._task = asyncio.create_task(self._receive())

    @property
    def usable(self) -> bool:
        """Whether answers can still come."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def call(self, method: int, arguments: Sequence[Value]) -> Value:
        """Send one request and wait for its answer; an answer that comes after the caller left is dropped."""
        number = next(self._numbers)
        request = encode([number, method, arguments])
        if len(request) > self._longest:
            raise Refused(Code.OVERSIZE, f"{len(request)} bytes, {self._longest} allowed")
        waiting: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            self._writer.write(_frame(request))
            await self._drain()
            return await waiting
        finally:
            self._waiting.pop(number, None)
            if not waiting.cancel() and not waiting.cancelled():
                waiting.exception()  # it was looked at: asyncio need not complain that nobody did

    async def close(self) -> None:
        """End the connection."""
        await _end({self._task})

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except ConnectionError as fault:
            raise AnswerLost(type(fault).__name__) from fault

    async def _receive(self) -> None:
        try:
            with suppress(ConnectionError):
                while (frame := await _read_frame(self._reader, self._longest)) is not None:
                    self._hand_out(frame)
        except Refused as refusal:
            _log.warning("hung up on a peer", code=refusal.code, detail=refusal.detail)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(AnswerLost("the connection ended"))
            await _hang_up(self._writer)

    def _hand_out(self, frame: bytes) -> None:
        number, status, content = _parts(frame, self._longest)
        waiting = self._waiting.get(number)
        if waiting is None or waiting.done():
            return
        if status == _ANSWERED:
            waiting.set_result(content)
        else:
            waiting.set_exception(Refused(_code(content), "answered by the peer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    number: int
    method: int
    arguments: Sequence[Value]


def _parts(frame: bytes, longest: int) -> tuple[int, int, Value]:
    """Take a frame apart: id, method or status, arguments or result.

    Raises:
        Refused: `MALFORMED`.
    """
    value = decode(frame, longest)
    if isinstance(value, list) and len(value) == _PARTS:
        number, second, content = value
        if type(number) is int and type(second) is int:
            return number, second, content
    raise Refused(Code.MALFORMED, "not a call and not an answer")


def _request(frame: bytes, longest: int) -> _Request:
    number, method, arguments = _parts(frame, longest)
    if not isinstance(arguments, list):
        raise Refused(Code.MALFORMED, "a call's arguments are an array")
    return _Request(number=number, method=method, arguments=arguments)


def _code(content: Value) -> Code:
    """Return the code of a refusal; one that this build does not know is an internal fault of the peer."""
    return Code(content) if isinstance(content, int) and content in set(Code) else Code.INTERNAL


def _frame(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body


async def _read_frame(reader: asyncio.StreamReader, longest: int) -> bytes | None:
    """Read one frame; None when the peer hung up, between frames or within one.

    Raises:
        Refused: `OVERSIZE`, before anything of it is kept.
        ConnectionError: the connection broke.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > longest:
            raise Refused(Code.OVERSIZE, f"{length} bytes, {longest} allowed")
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


def _allowed(writer: asyncio.StreamWriter, peers: frozenset[int]) -> bool:
    """Ask the kernel who is at the other end."""
    uid = peer_user(writer)
    if uid not in peers:
        _log.warning("a peer of another user", uid=uid)
    return uid in peers


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection; a peer that does not take what was already written for it is cut off."""
    writer.close()
    try:
        async with asyncio.timeout(_PARTING_SECONDS):
            await writer.wait_closed()
    except (ConnectionError, TimeoutError):
        writer.transport.abort()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they are over; what they raised is theirs and logged by the loop."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
