"""The one writer of a file of rows: a thread that commits in groups.

Callers hand in functions. The writer takes all that wait, runs each in a SAVEPOINT of its own inside one
BEGIN IMMEDIATE ... COMMIT, and answers after the commit is durable. While it commits, the next group gathers: under
load one fsync serves many callers, and a lone caller waits for nobody (docs/adr/0002-one-writer-thread.md).

Invariants:
- an answer is given only after the COMMIT of its group came back;
- one caller's exception undoes that caller's change alone;
- a group whose COMMIT fails, or whose transaction SQLite ended itself, is answered `NotStored` as a whole;
- after a failed fsync the writer stops for good: what the kernel then holds is unknown, and a later fsync that
  succeeds proves nothing.

Limits: a change that was handed in is run even if its caller is cancelled meanwhile. `NotStored`, like a lost
connection, does not prove that nothing is on the disk after a power cut; it says that nobody was promised it.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from konbini.process.connection import GuardedConnection

__all__ = ["CommitWatch", "NotStored", "Writer"]

T = TypeVar("T")

_MOST_IN_A_GROUP = 256
# SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC, which Python 3.11 names only as extended codes of the library.
_FSYNC_FAILED = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})


class NotStored(Exception):  # noqa: N818 - an answer about a change
    """The change was not acknowledged as durable: disk full, input or output fault, writer stopped or closed."""


class CommitWatch(Protocol):
    """Told of each group at the two edges of its COMMIT, in the writer's thread.

    No configuration can name one: only a program that builds its own `Rows` hands it in. Tests do, in a process of
    their own that then ends itself with SIGKILL exactly there.
    """

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """All changes of the group have run; nothing is durable."""

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """The group is durable; nobody has been answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One caller's function and the place where the caller waits."""

    run: Callable[[sqlite3.Connection], Any]
    step: str
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    change: _Change
    value: Any = None
    fault: Exception | None = None

    def deliver(self) -> None:
        """Answer the caller, in the caller's loop; one that was cancelled no longer listens."""
        if self.change.answer.done():
            return
        if self.fault is None:
            self.change.answer.set_result(self.value)
        else:
            self.change.answer.set_exception(self.fault)


class Writer:
    """Owns the writing connection and its thread.

    Args:
        connect: opens the connection; called in the writer's thread.
        watch: told of each commit (tests only).
    """

    def __init__(self, connect: Callable[[], GuardedConnection], *, watch: CommitWatch | None = None) -> None:
        self._connect = connect
        self._watch = watch
        self._waiting: queue.SimpleQueue[_Change | None] = queue.SimpleQueue()
        self._entry = threading.Lock()
        self._ended: str | None = None
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, name="rows-writer", daemon=True)

    def start(self) -> None:
        """Open the connection.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        self._thread.start()
        self._opened.result()

    async def submit(self, run: Callable[[sqlite3.Connection], T], step: str) -> T:
        """Run one change and return its answer when it is durable.

        Raises:
            NotStored: see there.
            Exception: what `run` raised; its change is undone.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._entry:
            if self._ended is not None:
                raise NotStored(self._ended)
            self._waiting.put(_Change(run=run, step=step, loop=loop, answer=answer))
        return await answer

    def finish(self) -> None:
        """Commit what was handed in before, close the connection and end the thread. Blocks; safe to repeat."""
        with self._entry:
            if self._ended is None:
                self._ended = "the rows are closed"
                self._waiting.put(None)
        self._thread.join()

    def _live(self) -> None:
        try:
            guarded = self._connect()
        except BaseException as fault:  # noqa: BLE001 - it is raised again in the thread that opens
            self._opened.set_exception(fault)
            return
        self._opened.set_result(None)
        try:
            while group := self._gather():
                _answer(self._commit(guarded, group))
        finally:
            self._stop("the writer has ended")
            guarded.close()

    def _gather(self) -> list[_Change]:
        """Wait for a change and take all that came meanwhile; an empty group says: no more will come."""
        group: list[_Change] = []
        change = self._waiting.get()
        while change is not None:
            group.append(change)
            if len(group) == _MOST_IN_A_GROUP or self._waiting.empty():
                return group
            change = self._waiting.get_nowait()
        if group:
            self._waiting.put(None)
        return group

    def _commit(self, guarded: GuardedConnection, group: list[_Change]) -> list[_Outcome]:
        steps = tuple(change.step for change in group)
        try:
            guarded.own("BEGIN IMMEDIATE")
            outcomes = [_run(guarded, change) for change in group]
            if self._watch is not None:
                self._watch.before_commit(steps)
            guarded.own("COMMIT")
        except sqlite3.Error as fault:
            return self._fail(guarded, group, fault)
        except BaseException as fault:
            _answer(self._fail(guarded, group, fault))
            raise
        if self._watch is not None:
            self._watch.after_commit(steps)
        return outcomes

    def _fail(self, guarded: GuardedConnection, group: list[_Change], fault: BaseException) -> list[_Outcome]:
        with suppress(sqlite3.Error):  # the group is lost either way, and the next BEGIN says so if it stays open
            guarded.abandon()
        cause = getattr(fault, "sqlite_errorname", type(fault).__name__)
        if getattr(fault, "sqlite_errorcode", None) in _FSYNC_FAILED:
            self._stop(f"the writer stopped for good: {cause}")
        return [_Outcome(change=change, fault=_not_stored(cause, fault)) for change in group]

    def _stop(self, reason: str) -> None:
        """Take no more changes and answer those that wait."""
        with self._entry:
            self._ended = self._ended or reason
            left = []
            while not self._waiting.empty():
                if (change := self._waiting.get_nowait()) is not None:
                    left.append(_Outcome(change=change, fault=NotStored(reason)))
            self._waiting.put(None)
        _answer(left)


def _run(guarded: GuardedConnection, change: _Change) -> _Outcome:
    """Run one change in its savepoint.

    Raises:
        sqlite3.Error: SQLite ended the whole transaction (disk full, input or output fault, out of memory): the
            savepoints before this one are gone with it.
    """
    guarded.own("SAVEPOINT change")
    try:
        with guarded.lent() as connection:
            value = change.run(connection)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it belongs to this caller
        guarded.own("ROLLBACK TO change")
        guarded.own("RELEASE change")
        return _Outcome(change=change, fault=_deliverable(fault))
    guarded.own("RELEASE change")
    return _Outcome(change=change, value=value)


def _deliverable(fault: Exception) -> Exception:
    """Return `fault`, or what a future can carry in its place: it cannot carry StopIteration."""
    if isinstance(fault, StopIteration):
        replacement = RuntimeError("a change raised StopIteration")
        replacement.__cause__ = fault
        return replacement
    return fault


def _not_stored(cause: str, fault: BaseException) -> NotStored:
    refusal = NotStored(f"the group was not committed: {cause}")
    refusal.__cause__ = fault
    return refusal


def _answer(outcomes: list[_Outcome]) -> None:
    """Wake the callers: one wake-up for each run of callers of one loop."""
    for loop, batch in itertools.groupby(outcomes, key=lambda outcome: outcome.change.loop):
        answered = tuple(batch)
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_deliver, answered)


def _deliver(outcomes: tuple[_Outcome, ...]) -> None:
    for outcome in outcomes:
        outcome.deliver()
