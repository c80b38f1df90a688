"""What servers that share a disk are to each other: each commits as the member that it joined as, and is seen to live.

What PostgreSQL's engine does with sessions and a thread of its own (`konbini.process.postgresql.pulse`), on a disk of
the world: the rows of `konbini.process.membership`, its judgement of who is gone, and its fence before each commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from konbini.process.entropy import Entropy
from konbini.process.membership import Fenced, Marks, beat, check, expel, others
from konbini.process.sqlite.connection import GuardedConnection, SqliteConnection

__all__ = ["MemberConnection", "Pulse"]

_BEAT_SECONDS = 4.0
"""Rarer than production's: a world's loop does nothing else in between."""


@dataclass(eq=False, slots=True, kw_only=True)
class MemberConnection:
    """The disk's writing connection in one member's hands, while it commits a group.

    Attributes:
        guarded: the connection, which all members use one after the other.
        epoch: the member's; each transaction begins by holding that it is one still. 0: rows without members.
        entropy: what is random in its rows; the connection's own where None.
        faults: see `WritingConnection`.
    """

    guarded: GuardedConnection
    epoch: int = 0
    entropy: Entropy | None = None
    faults: tuple[type[Exception], ...] = (sqlite3.Error, Fenced)

    def begin(self) -> None:
        """Begin a transaction that writes.

        Raises:
            Fenced: this member is gone.
        """
        if self.entropy is not None:
            self.guarded.connection.entropy = self.entropy
        self.guarded.begin()
        if self.epoch:
            with self.guarded.lent() as connection:
                check(connection, self.epoch)

    def own(self, statement: str) -> None:
        """Run one of the owner's statements."""
        self.guarded.own(statement)

    def lent(self) -> AbstractContextManager[SqliteConnection]:
        """Lend the connection to a caller's function."""
        return self.guarded.lent()

    def commit(self) -> None:
        """Commit."""
        self.guarded.commit()

    def abandon(self) -> None:
        """Roll back whatever is open."""
        self.guarded.abandon()

    def cause(self, fault: BaseException) -> str:
        """Name what went wrong."""
        return self.guarded.cause(fault)

    def unsound(self, fault: BaseException) -> bool:
        """Say that this member is gone, or that a sync failed."""
        return isinstance(fault, Fenced) or self.guarded.unsound(fault)

    def close(self) -> None:
        """Leave the connection to the disk, whose it is."""


@dataclass(eq=False, slots=True, kw_only=True)
class Pulse:
    """Lets the other members see this one, and takes for gone whoever does not beat."""

    guarded: GuardedConnection
    epoch: int
    marks: Marks = field(default_factory=Marks)

    async def beat_until_gone(self, reaches: Callable[[], bool], wall: Callable[[], int]) -> None:
        """Beat until the others took this member for gone.

        Args:
            reaches: whether the store can be reached now.
            wall: Unix milliseconds, by the store's own clock.
        """
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            if reaches() and not self._turn(wall()):
                return

    def _turn(self, now: int) -> bool:
        self.guarded.begin()
        with self.guarded.lent() as connection:
            alive = beat(connection, self.epoch, now)
            for epoch, seen in self.marks.still(others(connection, self.epoch), asyncio.get_running_loop().time()):
                expel(connection, epoch, seen)
        self.guarded.commit()
        return alive
