"""The log of a process that has no link to the center, as `issuing` carries its checkpoints there and back.

    LOG_REQUEST  [old size]           -> a witness's request (bytes), or null where there is nothing to ask
    LOG_TAKE     [bytes of Cosigned]  -> whether to ask again at once

`issuing` can neither sign nor co-sign what it carries; the process checks what comes back itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from konbini.process.calls import CallClient, Handler
from konbini.process.log_keeping import CheckpointKeeper
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.witnessing import Cosigned

__all__ = ["CalledLog", "KeptLog", "OwnLog", "log_handlers"]


class OwnLog(Protocol):
    """One of the ward's logs. Each method may raise `Refused`, `ConnectionError` or `TimeoutError`."""

    async def request(self, old_size: int) -> bytes | None:
        """Give what a witness is asked with, from the size that it co-signed last."""

    async def take(self, answer: Cosigned) -> bool:
        """Take its answer, and say whether to ask again at once."""


class KeptLog:
    """The log of this process."""

    def __init__(self, keeper: CheckpointKeeper) -> None:
        self._keeper = keeper

    async def request(self, old_size: int) -> bytes | None:
        """Give the newest checkpoint with its proof."""
        request = await self._keeper.request(old_size)
        return None if request is None else request.to_bytes()

    async def take(self, answer: Cosigned) -> bool:
        """Take an answer."""
        return await self._keeper.take(answer)


class CalledLog:
    """The log of another process of this ward, behind two methods of its socket."""

    def __init__(self, client: CallClient, *, request: int, take: int) -> None:
        self._client = client
        self._request = request
        self._take = take

    async def request(self, old_size: int) -> bytes | None:
        """Ask for the newest checkpoint with its proof."""
        answer = await self._client.call(self._request, old_size)
        if answer is None or isinstance(answer, bytes):
            return answer
        raise Refused(Code.MALFORMED, "LOG_REQUEST")

    async def take(self, answer: Cosigned) -> bool:
        """Hand an answer over."""
        again = await self._client.call(self._take, to_bytes(answer))
        if isinstance(again, bool):
            return again
        raise Refused(Code.MALFORMED, "LOG_TAKE")


def log_handlers(log: OwnLog, *, request: int, take: int) -> Mapping[int, Handler]:
    """Give the two methods of a process's socket."""

    async def requested(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [int() as old_size] if old_size >= 0:
                return await log.request(old_size)
        raise Refused(Code.MALFORMED, "LOG_REQUEST")

    async def taken(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [bytes() as answer]:
                return await log.take(from_bytes(Cosigned, answer))
        raise Refused(Code.MALFORMED, "LOG_TAKE")

    return {request: requested, take: taken}
