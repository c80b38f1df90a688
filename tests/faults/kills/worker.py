"""A process that works on a store until it is killed: forked from who holds the keys, and heard through a pipe."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Final

from konbini.process.rows import CommitWatch
from konbini.process.stores import StoreAddress
from tests.faults.kills.rooms import REFUSED, Room, Teller, Word

__all__ = ["Worker", "fork"]

_MOST_SECONDS: Final = 60.0
"""A worker that reaches no place to die at is a defect of the campaign, and ends by itself."""
_FAILED: Final = 3


@dataclass(slots=True, kw_only=True)
class Worker:
    """One worker as its parent sees it, as far as it was heard.

    `said`: what it acknowledged. `refused`: what its callers were told was not stored.
    """

    pid: int
    voice: IO[str] = field(repr=False)
    said: list[Word] = field(default_factory=list)
    refused: list[Word] = field(default_factory=list)

    def started(self) -> bool:
        """Wait until its store is open again; say whether it lived to see that."""
        for line in self.voice:
            if line.strip() == "started":
                return True
            self._hear(line)
        return False

    def end(self) -> int:
        """Hear it out, and give its status as `os.waitstatus_to_exitcode` does."""
        for line in self.voice:
            self._hear(line)
        self.voice.close()
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """Kill it from outside."""
        os.kill(self.pid, signal.SIGKILL)

    def hear_until(self, enough: Callable[[], bool]) -> None:
        """Hear until it is enough, or no more comes."""
        while not enough() and (line := self.voice.readline()):
            self._hear(line)

    def _hear(self, line: str) -> None:
        """Keep a whole line; one that the kill cut off was heard by nobody."""
        if line.endswith("\n"):
            word = Word.read(line)
            (self.refused if word.kind == REFUSED else self.said).append(word)


def fork(room: Room, address: StoreAddress, watch: CommitWatch | None, number: int) -> Worker:
    """Start a worker on a store.

    Only a process of one thread forks here: what another thread holds locked would stay so in the child.
    """
    assert threading.active_count() == 1, threading.enumerate()
    hearing, speaking = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(hearing)
        os._exit(_live(room, address, watch, Teller(speaking), number))
    os.close(speaking)
    return Worker(pid=pid, voice=os.fdopen(hearing, encoding="utf-8"))


def _live(room: Room, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> int:
    async def work() -> None:
        async with asyncio.timeout(_MOST_SECONDS):
            await room.work(address, watch, tell, number)

    try:
        asyncio.run(work())
    except BaseException:  # noqa: BLE001 - a child ends here, whatever it was, and its parent sees by what
        traceback.print_exc()
        return _FAILED
    return 0
