"""The one writer of a process's rows: a thread that commits in groups, on either engine.

Callers hand in functions. The writer takes all that wait, runs each in a SAVEPOINT of its own inside one transaction,
and answers after the commit is durable. While it commits, the next group gathers: under load one fsync serves many
callers, and a lone caller waits for nobody (docs/adr/0002-one-writer-thread.md).

Invariants:
- an answer is given only after the COMMIT of its group came back;
- one caller's exception undoes that caller's change alone;
- a group whose COMMIT fails, or whose transaction the engine ended itself, is answered `NotStored` as a whole;
- after a fault that leaves the store unsound (a failed fsync of this process), or when another server has taken this
  one for gone, the writer stops for good.

Limits: a change that was handed in is run even if its caller is cancelled meanwhile. `NotStored` does not prove that
nothing is in the store (a power cut, a connection that broke after COMMIT had been sent); it says that nobody was
promised it. A caller that must know asks afterwards, or does the same again under the same key.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, NoMeasures
from konbini.process.statements import Connection

__all__ = ["Change", "CommitWatch", "GroupCommit", "NotStored", "Outcome", "Writer", "WritingConnection"]

T = TypeVar("T")

_MOST_IN_A_GROUP = 256


class NotStored(Exception):  # noqa: N818 - an answer about a change
    """The change was not acknowledged as durable: disk full, input or output fault, connection lost, writer stopped."""


class WritingConnection(Protocol):
    """One engine's connection for writing, used in the writer's thread alone.

    Attributes:
        faults: what its own methods raise when the transaction that was open is gone, or none could be begun.
    """

    faults: tuple[type[Exception], ...]

    def begin(self) -> None:
        """Begin the group's transaction: from here to its end nobody else writes this store."""

    def own(self, statement: str) -> None:
        """Run one of the owner's statements: SAVEPOINT, ROLLBACK TO, RELEASE."""

    def lent(self) -> AbstractContextManager[Connection]:
        """Lend the connection to a caller's function."""

    def commit(self) -> None:
        """Commit, and return when it is durable."""

    def abandon(self) -> None:
        """Roll back whatever is open."""

    def cause(self, fault: BaseException) -> str:
        """Name a fault in a word; no value of a row is in it."""

    def unsound(self, fault: BaseException) -> bool:
        """Say whether this process must write no more after a fault."""

    def close(self) -> None:
        """Close the connection."""


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
class Change:
    """One caller's function and the place where the caller waits."""

    run: Callable[[Connection], Any]
    step: str
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one change, not yet told to its caller."""

    change: Change
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


class GroupCommit:
    """Commits group after group on one connection: what the writer's thread does, and whoever has no threads.

    Args:
        guarded: the connection, used by one caller at a time.
        watch: told of each commit (tests and the simulation only).
        measures: told of each group.
    """

    def __init__(self, guarded: WritingConnection, watch: CommitWatch | None, measures: Measures) -> None:
        self._guarded = guarded
        self._watch = watch
        self._measures = measures
        self.stopped: str | None = None
        """Why nothing may be committed here any more; None while all is sound."""

    def commit(self, group: list[Change]) -> list[Outcome]:
        """Run a group in one transaction; when this returns, what it answers is durable.

        Raises:
            BaseException: no fault of the engine; the group is lost, and `fail` says so to its callers.
        """
        steps = tuple(change.step for change in group)
        began = time.monotonic()
        try:
            self._guarded.begin()
            outcomes = [_run(self._guarded, change) for change in group]
            if self._watch is not None:
                self._watch.before_commit(steps)
            self._guarded.commit()
        except self._guarded.faults as fault:
            return self.fail(group, fault)
        self._measures.observe(Metric.COMMIT_SECONDS, time.monotonic() - began)
        self._measures.observe(Metric.COMMIT_CHANGES, len(group))
        self._measures.count(Metric.COMMITS, outcome="durable")
        if self._watch is not None:
            self._watch.after_commit(steps)
        return outcomes

    def fail(self, group: list[Change], fault: BaseException) -> list[Outcome]:
        """Give a group up: nobody was promised anything of it."""
        self._measures.count(Metric.COMMITS, outcome="failed")
        # The group is lost either way, and the next BEGIN says so if it stays open.
        with suppress(*self._guarded.faults):
            self._guarded.abandon()
        cause = self._guarded.cause(fault)
        if self._guarded.unsound(fault):
            self.stopped = f"the writer stopped for good: {cause}"
        return [Outcome(change=change, fault=_not_stored(cause, fault)) for change in group]


class Writer:
    """Owns the writing connection and its thread.

    Args:
        connect: opens the connection; called in the writer's thread.
        watch: told of each commit (tests only).
        measures: told of each group, in the writer's thread.
    """

    def __init__(
        self,
        connect: Callable[[], WritingConnection],
        *,
        watch: CommitWatch | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._connect = connect
        self._watch = watch
        self._measures = measures or NoMeasures()
        self._waiting: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._entry = threading.Lock()
        self._ended: str | None = None
        self._broken = threading.Event()
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, name="rows-writer", daemon=True)

    def start(self) -> None:
        """Open the connection.

        Raises:
            Exception: it cannot be opened; the engine's own.
        """
        self._thread.start()
        self._opened.result()

    async def submit(self, run: Callable[[Connection], T], step: str) -> T:
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
            self._waiting.put(Change(run=run, step=step, loop=loop, answer=answer))
        return await answer

    @property
    def unfit(self) -> bool:
        """Whether it stopped for good by itself."""
        return self._broken.is_set()

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
        committing = GroupCommit(guarded, self._watch, self._measures)
        try:
            while group := self._gather():
                _answer(self._commit(committing, group))
        finally:
            self._stop("the writer has ended")
            guarded.close()

    def _gather(self) -> list[Change]:
        """Wait for a change and take all that came meanwhile; an empty group says: no more will come."""
        group: list[Change] = []
        change = self._waiting.get()
        while change is not None:
            group.append(change)
            if len(group) == _MOST_IN_A_GROUP or self._waiting.empty():
                return group
            change = self._waiting.get_nowait()
        if group:
            self._waiting.put(None)
        return group

    def _commit(self, committing: GroupCommit, group: list[Change]) -> list[Outcome]:
        try:
            outcomes = committing.commit(group)
        except BaseException as fault:
            _answer(committing.fail(group, fault))
            raise
        if committing.stopped is not None:
            self._broken.set()
            self._stop(committing.stopped)
        return outcomes

    def _stop(self, reason: str) -> None:
        """Take no more changes and answer those that wait."""
        with self._entry:
            self._ended = self._ended or reason
            left = []
            while not self._waiting.empty():
                if (change := self._waiting.get_nowait()) is not None:
                    left.append(Outcome(change=change, fault=NotStored(reason)))
            self._waiting.put(None)
        _answer(left)


def _run(guarded: WritingConnection, change: Change) -> Outcome:
    """Run one change in its savepoint.

    Raises:
        Exception: one of the engine's `faults`: the whole transaction is gone (disk full, input or output fault, out of
            memory, connection lost), and the savepoints before this one with it.
    """
    guarded.own("SAVEPOINT change")
    try:
        with guarded.lent() as connection:
            value = change.run(connection)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it belongs to this caller
        guarded.own("ROLLBACK TO change")
        guarded.own("RELEASE change")
        return Outcome(change=change, fault=_deliverable(fault))
    guarded.own("RELEASE change")
    return Outcome(change=change, value=value)


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


def _answer(outcomes: list[Outcome]) -> None:
    """Wake the callers: one wake-up for each run of callers of one loop."""
    for loop, batch in itertools.groupby(outcomes, key=lambda outcome: outcome.change.loop):
        answered = tuple(batch)
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_deliver, answered)


def _deliver(outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        outcome.deliver()
