"""Preparing chunks: in this process, or in several of their own while this one writes.

A process of the pool reads the registry's keys from their files as the registry does; no key is handed over. The key of
the claims of one import goes to it through the pipe that starts it. Chunks come back in their order, and only a few are
on their way at a time, so that memory stays what it is.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from konbini.ward_server.residents.importing.files import Chunk
from konbini.ward_server.residents.importing.preparing import Prepared, Preparer

__all__ = ["MakePreparer", "Preparing", "here", "in_processes"]

_AHEAD = 3
"""Chunks on their way for each process."""

MakePreparer = Callable[[], Preparer]
"""Makes the preparer of one process; picklable where processes are several."""


class Preparing(Protocol):
    """Prepares chunks, in order."""

    def __call__(self, chunks: Iterator[Chunk], judge_only: Callable[[], bool]) -> Iterator[Prepared]:
        """Prepare each chunk; `judge_only` is asked as each is handed out."""


def here(make: MakePreparer) -> Preparing:
    """Prepare in this process."""
    preparer = make()

    def prepare(chunks: Iterator[Chunk], judge_only: Callable[[], bool]) -> Iterator[Prepared]:
        for chunk in chunks:
            yield preparer.prepare(chunk, judge_only=judge_only())

    return prepare


@contextmanager
def in_processes(make: MakePreparer, count: int) -> Iterator[Preparing]:
    """Prepare in processes of their own, which end with the context.

    Raises:
        concurrent.futures.process.BrokenProcessPool: one of them ended by itself; raised where chunks are waited for.
    """
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(make,)
    )

    def prepare(chunks: Iterator[Chunk], judge_only: Callable[[], bool]) -> Iterator[Prepared]:
        waiting: deque[Future[Prepared]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_prepare, chunk, judge_only()))
            if len(waiting) >= count * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield prepare
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class _Process:
    """What a process of the pool holds."""

    preparer: Preparer | None = None


_this = _Process()


def _begin(make: MakePreparer) -> None:
    gc.set_threshold(100_000)  # a chunk's rows live until it is handed back: looking through them finds nothing
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _this.preparer = make()
    gc.freeze()  # what was loaded to begin stays, and is not looked through again for each chunk


def _end_with_parent() -> None:
    """End this process when the one that writes has ended: a pool's processes would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this is a process of a pool
    parent.join()
    os._exit(1)


def _prepare(chunk: Chunk, judge_only: bool) -> Prepared:  # noqa: FBT001 - called by the pool
    assert _this.preparer is not None  # noqa: S101 - `_begin` ran first
    return _this.preparer.prepare(chunk, judge_only=judge_only)
