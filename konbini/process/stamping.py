"""Has checkpoints of logs time-stamped by a third party (RFC 3161), beside what witnesses co-sign.

The process that speaks with the network asks for the logs of those that do not. A checkpoint is owed a time-stamp where
none of its log was owed one for as many minutes as are set; and the last one that was seen of a day in Japan is. What
is owed is a row, is asked for each minute, and nobody waits for it: a service that is silent holds no log up.

Rows: `process/stamps.sql`. A time-stamp is over the whole note, signatures and co-signatures as it then had them, so
the note is kept with it.

Limits: rows are kept, some 3 KB for each time-stamp. A time-stamp that was owed for long names the time at which it was
given. The last checkpoint of a day is known to the process that saw it; one that is started at midnight has the next.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Final, Protocol

from konbini.process.certificate_files import read_certificates
from konbini.process.clock import Clock, to_seconds, wait_within
from konbini.process.log import logger
from konbini.process.log_config import StampsConfig
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.notes import Note

__all__ = ["CheckpointStamps", "StampService", "StampedNote", "count_stamps_owed", "service_of", "stamped_notes"]

_TURN_SECONDS: Final = 60.0
_AT_ONCE: Final = 24
_DIGEST: Final = "sha256"
_MILLISECONDS: Final = 1000
_A_MINUTE: Final = 60 * _MILLISECONDS

_log = logger("konbini.process.stamping")


class Stamp(Protocol):
    """A time-stamp."""

    def dump(self) -> bytes:
        """Give it in DER."""


class StampService(Protocol):
    """Whoever gives time-stamps."""

    async def stamp(self, content: bytes, digest: str, moment: int) -> Stamp:
        """Have some bytes time-stamped. Raises `Refused`, `TIME_STAMP_UNAVAILABLE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedNote:
    """A checkpoint's bytes and the time-stamp over them (DER)."""

    size: int
    note: bytes
    stamp: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The newest checkpoint of a log, and on which day in Japan it was seen."""

    note: Note
    size: int
    day: dt.date


def service_of(config: StampsConfig) -> StampService:
    """Give the service that a configuration names.

    Raises:
        OSError, ValueError: a pinned authority cannot be read, or none is named.
    """
    from konbini.time_stamps.asking import TimeStamps  # noqa: PLC0415 - a center without time-stamps lacks its libraries

    return TimeStamps(config.url, read_certificates(config.authorities))


class CheckpointStamps:
    """The time-stamps of some logs.

    Args:
        minutes: after how many a log's next checkpoint is owed one.
        service: who gives them.
        rows: where they are kept.
        clock: of this machine; a time-stamp of another time is not taken.
    """

    def __init__(self, minutes: int, service: StampService, rows: Rows, clock: Clock) -> None:
        self._every = minutes * _A_MINUTE
        self._service = service
        self._rows = rows
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._wanted = asyncio.Event()

    async def seen(self, note: Note) -> None:
        """Take a log's newest checkpoint, and owe it a time-stamp, or the last one of yesterday, where one is due.

        Raises:
            Refused: `MALFORMED`: it is none.
            NotStored: it is not owed.
        """
        checkpoint, now = Checkpoint.of(note), self._clock.now()
        if not checkpoint.size:
            return  # a log that says nothing yet
        newest = _Seen(note=note, size=checkpoint.size, day=_day(now))
        before = self._seen.get(checkpoint.origin)
        self._seen[checkpoint.origin] = newest
        last = await self._rows.read(lambda connection: _last(connection, checkpoint.origin))
        due: _Seen | None = None
        if before is not None and before.day != newest.day and (last is None or before.size > last[0]):
            due = before
        elif last is None or (newest.size > last[0] and now - last[1] >= self._every):
            due = newest
        if due is not None:
            await self._owe(checkpoint.origin, due, now)

    async def run(self) -> None:
        """Ask for what is owed, as soon as it is and each minute."""
        while True:
            self._wanted.clear()
            try:
                await self.turn()
            except NotStored:
                _log.warning("no time-stamp was stored", exc_info=True)
            await wait_within(self._wanted, _TURN_SECONDS, self._clock)

    async def turn(self) -> None:
        """Ask for what is owed, oldest first, until the service is silent.

        Raises:
            NotStored: a time-stamp was given and not kept; it is asked for again.
        """
        for origin, size, note in await self._rows.read(_owed):
            try:
                stamp = await self._service.stamp(note.encode(), _DIGEST, to_seconds(self._clock.now()))
            except Refused as refused:
                count = await self._rows.read(count_stamps_owed)
                _log.warning("checkpoints are owed a time-stamp", count=count, detail=refused.detail)
                return
            await self._keep(origin, size, stamp.dump())

    async def _owe(self, origin: str, due: _Seen, now: int) -> None:
        def change(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO stamped_checkpoint (origin, size, note, due, stamp, stamped) VALUES (?, ?, ?, ?, ?, 0)"
                " ON CONFLICT DO NOTHING",
                (origin, due.size, str(due.note), now, b""),
            )

        await self._rows.write(change, step="time-stamp owed")
        self._wanted.set()

    async def _keep(self, origin: str, size: int, stamp: bytes) -> None:
        now = self._clock.now()

        def change(connection: Connection) -> None:
            connection.execute(
                "UPDATE stamped_checkpoint SET stamp = ?, stamped = ? WHERE origin = ? AND size = ?"
                " AND length(stamp) = 0",
                (stamp, now, origin, size),
            )

        await self._rows.write(change, step="time-stamped")


def count_stamps_owed(connection: Connection) -> int:
    """Count the checkpoints that are owed a time-stamp."""
    (count,) = connection.execute("SELECT count(*) FROM stamped_checkpoint WHERE length(stamp) = 0").fetchone()
    return int(count)


def stamped_notes(connection: Connection, origin: str, most: int) -> tuple[StampedNote, ...]:
    """Give the time-stamped checkpoints of a log that have so many leaves at most."""
    rows = connection.execute(
        "SELECT size, note, stamp FROM stamped_checkpoint WHERE origin = ? AND size <= ? AND length(stamp) > 0"
        " ORDER BY size",
        (origin, most),
    )
    return tuple(StampedNote(size=size, note=note.encode(), stamp=bytes(stamp)) for size, note, stamp in rows)


def _last(connection: Connection, origin: str) -> tuple[int, int] | None:
    """Give size and moment of the last checkpoint of a log that was owed one."""
    row = connection.execute(
        "SELECT size, due FROM stamped_checkpoint WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def _owed(connection: Connection) -> list[tuple[str, int, str]]:
    return connection.execute(
        "SELECT origin, size, note FROM stamped_checkpoint WHERE length(stamp) = 0 ORDER BY due, origin, size LIMIT ?",
        (_AT_ONCE,),
    ).fetchall()


def _day(moment: int) -> dt.date:
    return dt.datetime.fromtimestamp(moment / _MILLISECONDS, JAPAN).date()
