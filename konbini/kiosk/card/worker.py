"""One thread that speaks to one reader, and the watchdog over it.

A blocking call to a mute card never comes back, and no call of PC/SC can end it. So the event loop never makes one:
it hands jobs to this thread and waits for so long and no longer. A thread that overstays is given up: it ends, and
lets the card go, when its call comes back because the card was pulled; until then nothing else is asked of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from konbini.protocol.errors import Code, Refused

__all__ = ["ReaderThread"]

_Result = TypeVar("_Result")
_Told = TypeVar("_Told")
_Job = Callable[[], None]


class ReaderThread:
    """One thread, started at once; used from one event loop.

    Args:
        watchdog: seconds that a job may take.
    """

    def __init__(self, *, watchdog: float) -> None:
        self._watchdog = watchdog
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._stuck = False
        # A daemon, because a mute card must not keep the visit's process alive.
        self._thread = threading.Thread(target=self._work, name="card reader", daemon=True)
        self._thread.start()

    @property
    def is_stuck(self) -> bool:
        """Whether the thread was given up and has still not come back."""
        return self._stuck and self._thread.is_alive()

    async def run(self, job: Callable[[], _Result]) -> _Result:
        """Do `job` in the thread; what it raises is raised here.

        Raises:
            Refused: CARD_MUTE when it took longer than the watchdog allows.
        """
        if self._stuck:
            raise Refused(Code.CARD_MUTE, "an earlier command is still unanswered")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[_Result] = loop.create_future()
        self._jobs.put(lambda: _do(job, outcome, loop))
        try:
            async with asyncio.timeout(self._watchdog):
                return await outcome
        except TimeoutError as error:
            self._stuck = True
            raise Refused(Code.CARD_MUTE, f"no answer within {self._watchdog} s") from error

    async def finish(self, last: Callable[[], None]) -> None:
        """Do `last` and end the thread; of a stuck thread it is the last thing it does, and nobody waits for it."""
        stuck = self._stuck
        if not stuck:
            try:
                await self.run(last)
            except Refused:
                stuck = True
        else:
            self._jobs.put(last)
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _do(job: Callable[[], _Result], outcome: asyncio.Future[_Result], loop: asyncio.AbstractEventLoop) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
        _tell(loop, outcome.set_exception, outcome, error)
    else:
        _tell(loop, outcome.set_result, outcome, result)


def _tell(
    loop: asyncio.AbstractEventLoop, settle: Callable[[_Told], None], outcome: asyncio.Future[_Result], what: _Told
) -> None:
    """Settle the outcome in its loop, unless nobody waits for it any more."""

    def settle_if_awaited() -> None:
        if not outcome.done():
            settle(what)

    with contextlib.suppress(RuntimeError):  # the loop is closed: the process is on its way out
        loop.call_soon_threadsafe(settle_if_awaited)
