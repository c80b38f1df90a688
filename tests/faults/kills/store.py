"""A store under kills: who died where, what they had acknowledged, and whether it is there again."""

from __future__ import annotations

import contextlib
import itertools
import signal
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from konbini.process.statements import Connection
from konbini.process.stores import SqliteAddress, StoreAddress, look_once
from tests.faults.kills.rooms import Entries, Point, Room, Word
from tests.faults.kills.worker import Worker, fork

__all__ = ["Counts", "Store"]

_ENOUGH = 10
"""Words of a worker that shows that its store takes changes."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """Of one point: how often somebody died there, and what became of what they had acknowledged."""

    kills: int = 0
    acknowledged: int = 0
    found: int = 0

    @property
    def lost(self) -> int:
        """What was acknowledged and is not there."""
        return self.acknowledged - self.found


@dataclass(slots=True, kw_only=True)
class Store:
    """One store under the campaign."""

    room: Room
    address: StoreAddress
    counts: dict[Point, Counts] = field(default_factory=dict)
    _from: int = 0
    _seen: int = 0
    _owed: tuple[Point, list[Word]] | None = None
    _numbers: Iterator[int] = field(default_factory=partial(itertools.count, 1))

    def kill(self, point: Point, nth: int) -> None:
        """Let one worker die at a point, after a look at what the one before had acknowledged.

        Raises:
            RuntimeError: it ended otherwise.
        """
        worker = fork(self.room, self.address, point.crash(nth), next(self._numbers))
        if worker.started():
            self._look()
        status = worker.end()
        if status != -signal.SIGKILL:
            raise RuntimeError(f"a worker at {point} ended with {status}")
        self.counts.setdefault(point, Counts()).kills += 1
        self._owe(point, worker)

    def start(self) -> Worker:
        """Start a worker that dies nowhere by itself, and look at what those before it had acknowledged."""
        worker = fork(self.room, self.address, None, next(self._numbers))
        assert worker.started(), f"{self.room.name} did not start"
        self._look()
        return worker

    def end(self, worker: Worker, point: Point) -> None:
        """Kill a worker from outside; what it acknowledged is looked for at the next start."""
        worker.kill()
        worker.end()
        self._owe(point, worker)

    def close(self) -> Sequence[str]:
        """Start once more, look at what is owed still, and walk the whole store; give what is half there."""
        worker = self.start()
        worker.hear_until(lambda: len(worker.said) >= _ENOUGH)
        worker.kill()
        worker.end()
        found = list(look_once(self.address, self.room.whole))
        if isinstance(self.address, SqliteAddress):
            with contextlib.closing(sqlite3.connect(self.address.path)) as connection:
                found.extend(str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row != ("ok",))
        return found

    def _owe(self, point: Point, worker: Worker) -> None:
        """Keep what a worker acknowledged; one that died before its store was open leaves what was owed before."""
        if self._owed is None:
            self._owed = (point, worker.said)
        else:
            self._owed[1].extend(worker.said)

    def _look(self) -> None:
        if self._owed is None:
            return
        (point, words), self._owed = self._owed, None
        found = look_once(self.address, lambda connection: self._found(connection, words))
        counts = self.counts.setdefault(point, Counts())
        counts.acknowledged += len(words)
        counts.found += sum(found)
        for word, there in zip(words, found, strict=True):
            if not there:
                sys.stderr.write(f"LOST at {point}: {word}\n")

    def _found(self, connection: Connection, words: Sequence[Word]) -> list[bool]:
        entries = self._entries(connection)
        return [self.room.found(connection, word, entries) for word in words]

    def _entries(self, connection: Connection) -> Entries:
        """Read the log's entries since the look before the last; a journal has no log.

        The next worker is at work while somebody looks: some of its entries are older than the last look.
        """
        if self.room.name == "journal":
            return {}
        query = "SELECT position, entry FROM audit_entry WHERE position >= ?"
        found = {int(place): bytes(data) for place, data in connection.execute(query, (self._from,)).fetchall()}
        self._from, self._seen = self._seen, max(found, default=self._seen - 1) + 1
        return found
