"""The world's disks: the port of rows over databases in memory, with the moments at which a disk can fail.

A disk outlives the processes that open it; what was committed is there for the next. Changes gather while one group is
on its way to the disk, and are committed together by the writer's own code (`konbini.process.writer.GroupCommit`).

Invariants: a process that was killed before its commit left nothing, one that was killed after it left all of it; a
store has one living owner, unless it is shared by servers, whose epochs are then looked at before each commit.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Any, Protocol, TypeVar

from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures, NoMeasures
from konbini.process.membership import Member, join, leave
from konbini.process.rows import AlreadyOwned, CommitWatch, NotStored
from konbini.process.schema import Migration, read_migrations
from konbini.process.sqlite.connection import GuardedConnection, SqliteConnection
from konbini.process.sqlite.migrating import migrate
from konbini.process.statements import Connection
from konbini.process.writer import Change, GroupCommit, Outcome
from konbini.simulation.world.processes import Process, Step, current
from konbini.simulation.world.sharing import MemberConnection, Pulse

__all__ = ["Disk", "DiskFaults", "Sound"]

T = TypeVar("T")

_MOST_IN_A_GROUP = 256
_STATEMENTS_KEPT = 512
_MADE = itertools.count()


class DiskFaults(Protocol):
    """What a disk does to those who write on it."""

    def seconds(self, owner: Process) -> float:
        """Give how long the next commit takes."""

    def refuses(self, owner: Process) -> bool:
        """Say whether the next commit fails for want of space."""

    def kills(self, owner: Process, steps: tuple[str, ...], *, committed: bool) -> bool:
        """Say whether the process dies here: before its commit is durable, or after that and before anybody knows."""


class Sound:
    """A disk that does what it is told."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def seconds(self, _owner: Process) -> float:
        """Give up to two milliseconds."""
        return self._chance.random() * 2e-3

    def refuses(self, _owner: Process) -> bool:
        """Never."""
        return False

    def kills(self, _owner: Process, _steps: tuple[str, ...], *, committed: bool) -> bool:
        """Never."""
        del committed
        return False


@dataclass(eq=False, kw_only=True)
class Disk:
    """One process's place to keep things, opened by each of its lives.

    Attributes:
        name: for the report.
        faults: what it does to those who write.
        shared: whether several servers may hold it open.
        wall: gives Unix milliseconds, for the members' table.
        committed: told of the writer and the steps of each group when it is durable.
    """

    name: str
    faults: DiskFaults
    wall: Callable[[], int]
    shared: bool = False
    committed: Callable[[Process, tuple[str, ...]], None] = field(default=lambda _owner, _steps: None, repr=False)
    _owner: Process | None = None
    _writer: GuardedConnection = field(init=False, repr=False)
    _reader: GuardedConnection = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Be empty."""
        place = f"file:world-{next(_MADE)}?mode=memory&cache=shared"
        self._writer, self._reader = _connection(place), _connection(place)
        self._reader.connection.execute("PRAGMA query_only = ON")

    def open(
        self,
        migrations: Traversable,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> SimulatedRows:
        """Open the rows as the process that asks.

        Raises:
            AlreadyOwned: another living process holds them, and they are not shared.
            SchemaRefused, NotInStep: as the engines'.
        """
        if self._owner is not None and self._owner.alive and not self.shared:
            raise AlreadyOwned(self.name)
        self._owner = current()
        guarded, steps = self._writer, _migrations(migrations)
        migrate(guarded.connection, steps)
        epoch = 0
        if member is not None:
            epoch = self._join(guarded, member, steps)
        connection = MemberConnection(guarded=guarded, epoch=epoch, entropy=entropy)
        rows = SimulatedRows(self, epoch, GroupCommit(connection, watch, measures or NoMeasures()))
        if self.shared and epoch:
            rows.beat(Pulse(guarded=guarded, epoch=epoch))
        return rows

    def released(self, owner: Process, epoch: int) -> None:
        """Take back what its owner closed."""
        if self._owner is owner:
            self._owner = None
        if self.shared and epoch:
            self._writer.begin()
            leave(self._writer.connection, epoch)
            self._writer.commit()

    def image(self) -> bytes:
        """Give all that is committed, byte for byte."""
        return self._writer.connection.serialize()

    def backup(self) -> sqlite3.Connection:
        """Keep a copy of all that is committed, for `restore`."""
        copy = sqlite3.connect(":memory:")
        self._writer.connection.backup(copy)
        return copy

    def restore(self, copy: sqlite3.Connection) -> None:
        """Put a copy in the place of what is there.

        Raises:
            AlreadyOwned: a living process has it open.
        """
        if self._owner is not None and self._owner.alive:
            raise AlreadyOwned(self.name)
        copy.backup(self._writer.connection)

    def query(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Look at what is committed, as nobody in the world can."""
        return self._reader.connection.execute(statement, parameters).fetchall()

    def look(self, read: Callable[[Connection], T]) -> T:
        """Run a function on one moment of what is committed; it changes nothing."""
        return self._reader.look(read)

    def close(self) -> None:
        """Forget everything."""
        self._reader.close()
        self._writer.close()

    def _join(self, guarded: GuardedConnection, member: Member, steps: tuple[Migration, ...]) -> int:
        build = f"{member.version}+{current().build}"
        guarded.begin()
        try:
            if not self.shared:
                guarded.connection.execute("UPDATE member SET gone = 1 WHERE gone = 0")
            epoch = join(guarded.connection, replace(member, version=build), steps, self.wall())
            guarded.commit()
        finally:
            guarded.abandon()
        return epoch


def _connection(place: str) -> GuardedConnection:
    connection = sqlite3.connect(
        place, uri=True, isolation_level=None, cached_statements=_STATEMENTS_KEPT, factory=SqliteConnection
    )
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return GuardedConnection(connection)


class SimulatedRows:
    """Rows that one life of a process has open; see `konbini.process.rows.Rows`."""

    def __init__(self, disk: Disk, epoch: int, committing: GroupCommit) -> None:
        self.epoch = epoch
        self._disk = disk
        self._committing = committing
        self._owner = current()
        self._waiting: list[Change] = []
        self._under_way = False
        self._closed = False
        self._unfit = asyncio.Event()
        self._pulse: asyncio.Task[None] | None = None

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` with the next group and return once that is durable; see `Rows`."""
        if self._closed or not self._owner.alive:
            raise NotStored("the rows are closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(Change(run=change, step=step, loop=loop, answer=answer))
        if not self._under_way:
            self._under_way = True
            loop.call_later(self._disk.faults.seconds(self._owner), self._commit)
        return await answer

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment; see `Rows`."""
        await asyncio.sleep(0)
        if not self._owner.alive:
            raise NotStored("the process is dead")
        return self._disk.look(look)

    def beat(self, pulse: Pulse) -> None:
        """Let the other members see this one from now on, and be unfit once they took it for gone."""
        faults, owner = self._disk.faults, self._owner
        self._pulse = asyncio.create_task(pulse.beat_until_gone(lambda: not faults.refuses(owner), self._disk.wall))
        self._pulse.add_done_callback(lambda _task: self._unfit.set())

    async def until_unfit(self) -> None:
        """Return when these rows take no change any more; see `Rows`."""
        await self._unfit.wait()

    async def close(self) -> None:
        """Commit what was handed in and give the store up; see `Rows`."""
        while self._waiting and self._owner.alive:
            await asyncio.wait({change.answer for change in self._waiting})
        self._closed = True
        if self._pulse is not None:
            self._pulse.cancel()
        if self._owner.alive:
            self._disk.released(self._owner, self.epoch)

    def _commit(self) -> None:
        self._under_way = False
        group, self._waiting = self._waiting[:_MOST_IN_A_GROUP], self._waiting[_MOST_IN_A_GROUP:]
        if not self._owner.alive:
            self._answer([Outcome(change=change, fault=NotStored("the process is dead")) for change in group])
            return
        faults, steps = self._disk.faults, tuple(change.step for change in group)
        if faults.kills(self._owner, steps, committed=False) or not self._owner.step(Step.COMMIT):
            self._owner.kill()
            self._answer([Outcome(change=change, fault=NotStored("killed")) for change in group])
            return
        if faults.refuses(self._owner):
            full = sqlite3.OperationalError("database or disk is full")
            self._answer(self._committing.fail(group, full))
            return
        outcomes = self._committing.commit(group)
        if self._committing.stopped is not None:
            self._unfit.set()
        self._disk.committed(self._owner, steps)
        if faults.kills(self._owner, steps, committed=True) or not self._owner.step(Step.COMMITTED):
            self._owner.kill()
        loop = asyncio.get_running_loop()
        loop.call_soon(self._answer, outcomes)
        if self._waiting:
            self._under_way = True
            loop.call_later(faults.seconds(self._owner), self._commit)

    def _answer(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if self._owner.alive or outcome.fault is not None:
                outcome.deliver()
            elif not outcome.change.answer.done():
                outcome.change.answer.set_exception(NotStored("the process is dead"))


_READ: dict[str, tuple[Migration, ...]] = {}


def _migrations(folder: Traversable) -> tuple[Migration, ...]:
    """Read the migrations of a folder once: they do not change while a world lasts."""
    if str(folder) not in _READ:
        _READ[str(folder)] = read_migrations(folder)
    return _READ[str(folder)]
