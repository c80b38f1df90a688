"""Rotation of key-encryption keys while the process runs (docs/runbooks/rotate-keys.md).

A new key stands first in the configuration, the process is told (two persons decide it, or SIGHUP) and reads the list
again. From then on new data keys are wrapped by it, and those that another one wraps are wrapped anew, a small portion
in each transaction, so that nothing else waits for long. That a pass found nothing of an old one any more is put on
record, for each that is still on the list: it may be taken off then, and destroyed. A process that ended in the middle
goes on at its next start; each day a pass looks for stragglers, which another server of the same store may have
written.

Invariants: a list is taken only whole, and only if every data key of the store is wrapped by one of its keys, so that
a key that went too early leaves the process on the list it had; each data key is written only over the bytes it was
read from; what a data key seals is not touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from konbini.process.clock import Clock, wait_within
from konbini.process.config import ConfigRefused
from konbini.process.log import logger
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.wrapped_keys import RowKey, StoredKey, WrappedKeys, keys_after, wrapped_by
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer

__all__ = ["KeyRotation", "Progress", "RotationEvents", "Stage", "Wrapping"]

DAY_SECONDS: Final = 86_400.0
_PORTION: Final = 200
_READ_AT_ONCE: Final = 2000
_TOLD_EVERY: Final = 10_000
_PAUSE_SECONDS: Final = 0.01

_log = logger("konbini.ward_server.keeping")


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationEvents:
    """Under which events a process records a rotation."""

    begun: AuditEvent
    went_on: AuditEvent
    done: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """Data keys that one list of key-encryption keys wraps.

    Attributes:
        name: of the list, as the configuration has it.
        sealer: what wraps and unwraps with it.
        columns: where the data keys stand.
        read: reads the list again.
    """

    name: str
    sealer: Sealer
    columns: Sequence[WrappedKeys]
    read: Callable[[], KeyEncryptionKeys]


@dataclass(slots=True, kw_only=True)
class _Count:
    """How many were wrapped anew, and of how many the log was told."""

    moved: int = 0
    told: int = 0


@unique
class Stage(IntEnum):
    """Where the going over a list's data keys stands, since this process was started."""

    WAITS = 0
    """Not begun yet."""
    RUNS = 1
    """The list was taken, and data keys are being wrapped anew."""
    DONE = 2
    """Every data key is wrapped by the first of the list."""
    FAILED = 3
    """The list was not taken, or the store took no change: what was in use goes on, and it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the last going over is: how many were wrapped anew, and when it came to where it stands."""

    stage: Stage = Stage.WAITS
    moved: int = 0
    since: int = 0


class KeyRotation:
    """Keeps one process's data keys wrapped by its current key-encryption keys."""

    def __init__(self, rows: Rows, wrappings: Sequence[Wrapping], events: RotationEvents, clock: Clock) -> None:
        self._rows = rows
        self.wrappings = tuple(wrappings)
        self._events = events
        self._clock = clock
        self._wanted = asyncio.Event()
        self._free: set[bytes] = set()
        self._progress = {wrapping.name: Progress() for wrapping in self.wrappings}

    def progress(self, name: str) -> Progress:
        """Give how far a list's is."""
        return self._progress[name]

    def told(self) -> None:
        """Read the lists again and go over the data keys, as soon as it can be."""
        self._wanted.set()

    async def read_again(self) -> None:
        """Be told by two persons."""
        self.told()

    async def run(self) -> None:
        """Go over the data keys now, whenever it is told, and each day."""
        while True:
            self._wanted.clear()
            await self.turn()
            await wait_within(self._wanted, DAY_SECONDS, self._clock)

    async def turn(self) -> None:
        """Take the lists as they stand now, and wrap anew what another key than the first one wraps.

        A list that cannot be taken is logged, and the one before it stays; so does what the store does not take now.
        """
        for wrapping in self.wrappings:
            try:
                await self._take(wrapping)
                self._stands(wrapping, Stage.RUNS, 0)
                moved = await self._wrap_all(wrapping)
                self._stands(wrapping, Stage.DONE, moved)
            except (ConfigRefused, Refused, OSError, ValueError, NotStored) as error:
                self._stands(wrapping, Stage.FAILED, self._progress[wrapping.name].moved)
                _log.error("keys not rotated", kind=wrapping.name, error=type(error).__name__, exc_info=error)

    def _stands(self, wrapping: Wrapping, stage: Stage, moved: int) -> None:
        self._progress[wrapping.name] = Progress(stage=stage, moved=moved, since=self._clock.now())

    async def _take(self, wrapping: Wrapping) -> None:
        """Take the list, if it has every key that is in use.

        Raises:
            ValueError: it lacks one; or as `Wrapping.read`.
        """
        keys = await asyncio.to_thread(wrapping.read)
        if keys.ids == wrapping.sealer.keys.ids and keys.current == wrapping.sealer.keys.current:
            return
        used = await self._rows.read(lambda connection: wrapped_by(connection, wrapping.columns))
        missing = set(used) - keys.ids
        if missing:
            raise ValueError(f"the list lacks a key that still wraps: {_named(missing)}")
        wrapping.sealer.take(keys)

    async def _wrap_all(self, wrapping: Wrapping) -> int:
        """Go over the columns until a whole pass, begun after the list was taken, finds nothing to do; count them."""
        count = _Count()
        while await self._pass(wrapping, count):
            pass
        keys = wrapping.sealer.keys
        self._free -= {keys.current} | (set() if not count.moved else keys.ids)
        for key_id in sorted(keys.ids - {keys.current} - self._free):
            await self._record(self._events.done, f"{wrapping.name}: nothing by {key_id.hex()}")
            self._free.add(key_id)
        return count.moved

    async def _pass(self, wrapping: Wrapping, count: _Count) -> bool:
        found = False
        for column in wrapping.columns:
            after: RowKey | None = None
            while portion := await self._portion(column, after):
                after = portion[-1].key
                stale = [key for key in portion if key.wrapping != wrapping.sealer.keys.current]
                found = found or bool(stale)
                for begin in range(0, len(stale), _PORTION):
                    await self._wrap(wrapping, column, stale[begin : begin + _PORTION], count)
        return found

    async def _portion(self, column: WrappedKeys, after: RowKey | None) -> tuple[StoredKey, ...]:
        return await self._rows.read(lambda connection: keys_after(connection, column, after, _READ_AT_ONCE))

    async def _wrap(self, wrapping: Wrapping, column: WrappedKeys, stale: Sequence[StoredKey], count: _Count) -> None:
        if not count.moved:
            await self._record(self._events.begun, f"{wrapping.name}: by {wrapping.sealer.keys.current.hex()}")

        def change(connection: Connection) -> None:
            for key in stale:
                anew = wrapping.sealer.wrapped_anew(key.wrapped, key.whose)
                column.put(connection, key.key, anew, instead_of=key.wrapped)

        await self._rows.write(change, step="rotate keys")
        count.moved += len(stale)
        self._stands(wrapping, Stage.RUNS, count.moved)
        if count.moved - count.told >= _TOLD_EVERY:
            count.told = count.moved
            await self._record(self._events.went_on, f"{wrapping.name}: {count.moved}")
        await self._clock.sleep(_PAUSE_SECONDS)

    async def _record(self, event: AuditEvent, about: str) -> None:
        entry = AuditEntry(moment=self._clock.now(), event=event, about=about)
        await self._rows.write(lambda connection: append(connection, entry), step="audit")
        _log.info("keys rotated", state=event.name, detail=about)


def _named(ids: set[bytes]) -> str:
    return " ".join(sorted(key_id.hex() for key_id in ids))
