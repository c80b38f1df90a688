"""Alerts that are owed: a row for each receiver, until that receiver was told.

The audit log is read from where the last alert was found; rows and the new place are one transaction. So each alert is
owed once to each receiver, across crashes and at however many servers share the rows. A row that is being told is
claimed for a while: a server that dies meanwhile leaves it to the next. What stops the ward is told before the cases
that wait, however many a kiosk made of them; a message that joins a case which was told says nothing new.

Tables: `alert_place`, `alert`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.tree_rows import size_of
from konbini.ward_server.alerts.alert import ALERTED, Alert, AlertKind, alert_of
from konbini.ward_server.audit.log import AuditEntry, entries_of

__all__ = ["IsNews", "Outbox", "Owed", "count_owed"]

IsNews: TypeAlias = Callable[[Connection, AuditEntry, int], bool]
"""Says of an entry at a position whether somebody is to be told of it, or was by one before it."""

_MOST_READ: Final = 500
_MOST_FORGOTTEN: Final = 5_000
"""How many entries without an alert are read again after a crash, at most."""
_MOST_TOLD: Final = 16
_CLAIMED_MILLISECONDS: Final = 60_000
_FIRST_PAUSE_MILLISECONDS: Final = 5_000
_LONGEST_PAUSE_MILLISECONDS: Final = 600_000
_MOST_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One alert that a receiver is to be told; `attempts` counts this one."""

    alert: Alert
    attempts: int


class Outbox:
    """The alerts in the rows of `issuing`.

    Args:
        rows: where they are.
        ward: whose alerts.
        kiosks: the register's names.
        receivers: the names of those who are told.
        is_news: passes over what says nothing new.
    """

    def __init__(
        self, rows: Rows, *, ward: str, kiosks: Collection[str], receivers: Sequence[str], is_news: IsNews
    ) -> None:
        self._is_news = is_news
        self._rows = rows
        self._ward = ward
        self._kiosks = kiosks
        self._receivers = tuple(receivers)
        self._read = self._kept = 0

    async def begin(self) -> None:
        """Begin behind the newest entry where nobody was ever told; forget what is owed to nobody any more."""

        def change(connection: Connection) -> int:
            connection.execute(
                "INSERT INTO alert_place (only_one, position) VALUES (1, ?) ON CONFLICT (only_one) DO NOTHING",
                (size_of(connection),),
            )
            for (receiver,) in connection.execute("SELECT DISTINCT receiver FROM alert").fetchall():
                if receiver not in self._receivers:
                    connection.execute("DELETE FROM alert WHERE receiver = ?", (receiver,))
            return _place(connection)

        self._read = self._kept = await self._rows.write(change, step="alerts begin")

    async def look(self) -> int:
        """Read on to the end of the audit log, and owe what is found; give how many alerts that were."""
        count = 0
        while True:
            found, read, end = await self._rows.read(self._look)
            if found or read - self._kept >= _MOST_FORGOTTEN:
                await self._rows.write(partial(self._owe, found=found, read=read), step="alerts owed")
                self._kept = read
            self._read = read
            count += len(found)
            if read == end:
                return count

    async def claim(self, receiver: str, now: int) -> tuple[Owed, ...]:
        """Take what is to be told to a receiver now (Unix milliseconds), so that no other server tells it too."""
        waiting = await self._rows.read(lambda connection: _due(connection, receiver, now))
        if not waiting:
            return ()
        return await self._rows.write(lambda connection: self._claim(connection, receiver, now), step="alerts claimed")

    async def told(self, receiver: str, alert: Alert) -> None:
        """Strike an alert: the receiver has it."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "DELETE FROM alert WHERE position = ? AND receiver = ?", (alert.position, receiver)
                ).rowcount
            ),
            step="alert told",
        )

    async def failed(self, receiver: str, owed: Owed, now: int) -> None:
        """Try again after a pause that doubles each time."""
        doubled = _FIRST_PAUSE_MILLISECONDS << min(owed.attempts - 1, _MOST_DOUBLINGS)
        due = now + min(doubled, _LONGEST_PAUSE_MILLISECONDS)
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE alert SET due = ? WHERE position = ? AND receiver = ?",
                    (due, owed.alert.position, receiver),
                ).rowcount
            ),
            step="alert waits",
        )

    def _look(self, connection: Connection) -> tuple[list[Alert], int, int]:
        """Give the alerts of the next entries, how far these go, and the log's end."""
        end = max(size_of(connection), self._read)
        read = min(end, self._read + _MOST_READ)
        found = []
        for position, entry in entries_of(connection, ALERTED, self._read, read - 1):
            alert = alert_of(entry, position, ward=self._ward, kiosks=self._kiosks)
            if alert is not None and self._is_news(connection, entry, position):
                found.append(alert)
        return found, read, end

    def _owe(self, connection: Connection, *, found: list[Alert], read: int) -> None:
        place = _place(connection)
        connection.executemany(
            "INSERT INTO alert (position, receiver, kind, kiosk, code, moment, attempts, due)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            [
                (alert.position, receiver, alert.kind, alert.kiosk, alert.code, alert.moment, alert.moment)
                for alert in found
                for receiver in self._receivers
                if alert.position >= place
            ],
        )
        connection.execute("UPDATE alert_place SET position = ?", (max(place, read),))

    def _claim(self, connection: Connection, receiver: str, now: int) -> tuple[Owed, ...]:
        waiting = _due(connection, receiver, now)
        for position, *_ in waiting:
            connection.execute(
                "UPDATE alert SET due = ?, attempts = attempts + 1 WHERE position = ? AND receiver = ?",
                (now + _CLAIMED_MILLISECONDS, position, receiver),
            )
        return tuple(
            Owed(
                alert=Alert(
                    ward=self._ward, position=position, kind=AlertKind(kind), kiosk=kiosk, code=code, moment=moment
                ),
                attempts=attempts + 1,
            )
            for position, kind, kiosk, code, moment, attempts in waiting
        )


def count_owed(connection: Connection) -> int:
    """Count the alerts that a receiver was not told yet, within a transaction."""
    (count,) = connection.execute("SELECT count(*) FROM alert").fetchone()
    return int(count)


def _due(connection: Connection, receiver: str, now: int) -> list[tuple[int, int, str, int, int, int]]:
    rows = connection.execute(
        "SELECT position, kind, kiosk, code, moment, attempts FROM alert WHERE receiver = ? AND due <= ?"
        " ORDER BY kind, position LIMIT ?",
        (receiver, now, _MOST_TOLD),
    ).fetchall()
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def _place(connection: Connection) -> int:
    (position,) = connection.execute("SELECT position FROM alert_place").fetchone()
    return int(position)
