"""Whether the reader works and whether a card lies on it, for as long as somebody asks.

Owns a thread that blocks in PC/SC and starts over after any error at all: pcscd stopped or restarted, the reader
unplugged or plugged in again under another number, a call that fails for a reason nobody documented. While that
lasts the answer is "no reader"; it comes back by itself. (pyscard's own CardMonitor ends without a word instead.)
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable

from konbini.kiosk.card.pcsc import Context, PcscError
from konbini.kiosk.card.ports import Presence

__all__ = ["watch"]

_NOTHING = Presence(reader=False, card=False)
_AGAIN_SECONDS = 0.2  # between two attempts while there is no pcscd
_ONE_WAIT_SECONDS = 10.0  # a wait is over sooner when something happens; pcsc-lite once lost an event
_ONE_READER_WAIT_SECONDS = 1.0
_END_SECONDS = 0.05


async def watch(prefix: str) -> AsyncGenerator[Presence, None]:
    """Presence of the reader whose name begins so: what is there now, then each change, for ever; never raises.

    Close the iterator (`contextlib.aclosing`) to end its thread.
    """
    loop = asyncio.get_running_loop()
    seen: asyncio.Queue[Presence] = asyncio.Queue()
    watcher = _Watcher(prefix, lambda presence: loop.call_soon_threadsafe(seen.put_nowait, presence))
    watcher.start()
    try:
        last: Presence | None = None
        while True:
            presence = await seen.get()
            if presence != last:
                last = presence
                yield presence
    finally:
        await watcher.end()


class _Watcher:
    """The thread behind one `watch`."""

    def __init__(self, prefix: str, report: Callable[[Presence], object]) -> None:
        self._prefix = prefix
        self._report = report
        self._ending = threading.Event()
        self._context: Context | None = None
        self._thread = threading.Thread(target=self._run, name="card monitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def end(self) -> None:
        """End the thread; a cancel that comes just before the wait is lost, so it is repeated until it took."""
        self._ending.set()
        while self._thread.is_alive():
            if self._context is not None:
                await asyncio.to_thread(self._context.cancel)
            await asyncio.to_thread(self._thread.join, _END_SECONDS)

    def _run(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(PcscError), Context() as context:
                self._context = context
                self._follow(context)
            self._context = None
            if not self._ending.is_set():
                self._report(_NOTHING)
                self._ending.wait(_AGAIN_SECONDS)

    def _follow(self, context: Context) -> None:
        """Report what this context sees until it fails; raises PcscError."""
        while not self._ending.is_set():
            reader = context.reader(self._prefix)
            if reader is None:
                self._report(_NOTHING)
                context.wait_for_readers(seconds=_ONE_READER_WAIT_SECONDS)
            else:
                self._follow_reader(context, reader)

    def _follow_reader(self, context: Context, reader: str) -> None:
        state = context.look(reader)
        while state.works and not self._ending.is_set():
            self._report(Presence(reader=True, card=state.card))
            state = context.wait(state, seconds=_ONE_WAIT_SECONDS)
