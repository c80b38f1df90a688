"""The channel from a visit to its kiosk's long-lived process, without a socket.

As `konbini.process.calls` has it: a refusal crosses as its code alone, anything else as INTERNAL; a call that was begun
is carried out whether or not its caller waits; where either end is gone, whoever waits is told that the answer is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from konbini.process.calls import AnswerLost, Handler, PeerUnreachable
from konbini.process.log import logger
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.counter.life import Being, Home, check

__all__ = ["Channel"]

_log = logger("konbini.simulation.world.counter.channel")


class Channel:
    """One visit's channel; made by the long-lived process, called by the visit (`konbini.kiosk.channel.host.Caller`).

    Args:
        answers: the methods by number.
        host: the long-lived process; None for one that never dies.
        visit: the visit's process.
    """

    def __init__(self, answers: Mapping[int, Handler], host: Being | None, visit: Being) -> None:
        self._answers = answers
        self._host = host
        self._visit = visit
        self._home = Home()
        self._open = True
        self._waiting: dict[asyncio.Future[Value], None] = {}
        self._running: dict[asyncio.Task[None], None] = {}
        if host is not None:
            host.at_death(self.cut)

    async def call(self, method: int, *arguments: Value, within: float = 5.0) -> Value:
        """Call one method; see `Caller`."""
        check(self._visit)
        if not self._open:
            raise PeerUnreachable("the peer of the channel has gone")
        answer: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = None
        try:
            task = self._home.start(self._carry(method, arguments, answer))
            self._running[task] = None
            task.add_done_callback(lambda done: self._running.pop(done, None))
            async with asyncio.timeout(within):
                return await answer
        finally:
            self._waiting.pop(answer, None)
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # it was looked at: asyncio need not complain that nobody did

    def cut(self) -> None:
        """End it for both; what was begun goes on in the long-lived process, if that lives."""
        self._open = False
        for answer in tuple(self._waiting):
            if not answer.done():
                answer.set_exception(AnswerLost("the channel ended"))

    async def close(self) -> None:
        """End it, and what is still being answered."""
        self.cut()
        if self._host is not None:
            self._host.spare(self.cut)
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _carry(self, method: int, arguments: Sequence[Value], answer: asyncio.Future[Value]) -> None:
        """Answer as the long-lived process."""
        try:
            handler = self._answers.get(method)
            if handler is None:
                raise Refused(Code.MALFORMED, "no such method")  # noqa: TRY301 - answered below like any refusal
            result = await handler(arguments)
        except Refused as refused:
            self._tell(answer, Refused(refused.code, "answered by the peer"))
        except Exception:  # noqa: BLE001 - anything untyped becomes INTERNAL without detail
            _log.exception("a call failed", method=method)
            self._tell(answer, Refused(Code.INTERNAL, "answered by the peer"))
        else:
            if self._may_tell(answer):
                answer.set_result(result)

    def _tell(self, answer: asyncio.Future[Value], refused: Refused) -> None:
        if self._may_tell(answer):
            answer.set_exception(refused)

    def _may_tell(self, answer: asyncio.Future[Value]) -> bool:
        return not answer.done() and self._open and (self._host is None or self._host.alive)
