"""A few connections that only read, each used by one thread at a time."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from konbini.process.statements import Connection

__all__ = ["Reader", "Readers"]

T = TypeVar("T")


class Reader(Protocol):
    """One engine's reading connection; it may move between threads, one at a time."""

    def look(self, read: Callable[[Connection], T]) -> T:
        """Run `read` on one moment of the store, and keep nothing that it may have changed."""

    def close(self) -> None:
        """Close the connection."""


class Readers:
    """Runs functions on whichever connection is idle."""

    __slots__ = ("_all", "_idle", "_threads")

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._all = tuple(readers)
        self._idle: queue.SimpleQueue[Reader] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._threads = ThreadPoolExecutor(len(readers), thread_name_prefix="rows-reader")

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look`; see `konbini.process.rows.Rows.read`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, look)

    def close(self) -> None:
        """End the threads when what they run has ended, and close the connections. Safe to repeat."""
        self._threads.shutdown()
        for reader in self._all:
            reader.close()

    def _look(self, look: Callable[[Connection], T]) -> T:
        reader = self._idle.get()
        try:
            return reader.look(look)
        finally:
            self._idle.put(reader)
