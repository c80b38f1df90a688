"""What the registry keeps beyond its time, judged on one moment of the store. Nothing is changed here.

A removed record (除票) is counted from the day on which it was removed (消除): that on which the removal was approved,
or on which it took effect where that was later; of one that was taken over with a town, from the day that its entry
names. One that names none is kept. An access is counted from the last day of its month.

A protective measure or a hold in force, a change that waits, and a record that stands bar a disposal.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.dates import to_day, to_number, today
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import Presence, unchecked_record
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import StoredRecord
from konbini.ward_server.residents.transaction import RegistryTransaction
from konbini.ward_server.settings.retention import Kept, Retention

__all__ = ["ACCESS_PREFIX", "Due", "Judge"]

ACCESS_PREFIX: Final = "/access/"
_A_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is kept beyond its time: its id, and the first day of that (yyyymmdd)."""

    target: str
    since: int


class Judge:
    """Judges within one transaction, by the row of the settings that is in force."""

    def __init__(self, connection: Connection, vault: Vault, day: dt.date) -> None:
        self._connection = connection
        self._reading = RegistryTransaction(connection, vault)
        self._day = day

    def judged(self, retention: Retention, target: str) -> Due | None:
        """Judge one; None where it is not due, or something bars it."""
        if retention.kept is Kept.ACCESS_RECORD:
            return self._due(retention, target, _month_end(target))
        return self._removed(retention, target)

    def accesses(self, retention: Retention) -> Iterator[Due]:
        """Judge the accesses of every month that is still kept."""
        rows = self._connection.execute(
            "SELECT resident FROM data_key WHERE resident >= ? AND resident < ? AND length(wrapped) > 0"
            " ORDER BY resident",
            (ACCESS_PREFIX, ACCESS_PREFIX[:-1] + chr(ord(ACCESS_PREFIX[-1]) + 1)),
        ).fetchall()
        for (month,) in rows:
            due = self.judged(retention, month)
            if due is not None:
                yield due

    def removed_after(self, retention: Retention, resident: str, most: int) -> tuple[str | None, tuple[Due, ...]]:
        """Judge the records of residents whose ids follow, `most` of them.

        Returns:
            The last id that was looked at, None where there was none; and what is due.
        """
        records = self._reading.records_after(resident, most)
        found = (self.judged(retention, one.resident) for one in records if not _stands(one))
        last = records[-1].resident if records else None
        return last, tuple(due for due in found if due is not None)

    def _removed(self, retention: Retention, resident: str) -> Due | None:
        if not self._legible(resident):
            return None
        newest = self._reading.record(resident)
        if newest is None or _stands(newest) or self._barred(resident):
            return None
        day = self._removal_day(resident)
        return None if day is None else self._due(retention, resident, day)

    def _due(self, retention: Retention, target: str, event: dt.date) -> Due | None:
        if not retention.is_due(event, self._day):
            return None
        return Due(target=target, since=to_number(retention.last_day(event) + _A_DAY))

    def _legible(self, resident: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM data_key WHERE resident = ? AND length(wrapped) > 0", (resident,)
        ).fetchone()
        return row is not None

    def _barred(self, resident: str) -> bool:
        waits = self._connection.execute(
            "SELECT 1 FROM change WHERE resident = ?1 AND state = 1 UNION ALL"
            " SELECT 1 FROM change JOIN bulk_row ON bulk_row.change_id = change.change_id"
            " WHERE change.state = 1 AND bulk_row.resident = ?1 LIMIT 1",
            (resident,),
        ).fetchone()
        return waits is not None or any(one.in_force for one in self._reading.restrictions(resident))

    def _removal_day(self, resident: str) -> dt.date | None:
        """Give the later of the day of removal's approval and of its effect; None where nobody knows."""
        removal = None
        for version in self._reading.versions(resident):
            removal = None if _stands(version) else removal or version
        if removal is None:
            return None
        change = self._reading.change(removal.change_id)
        kept = self._reading.entry(resident)
        named = None if kept is None else _named_day(kept.entry)
        if change is None or change.change.kind is ChangeKind.IMPORT:
            return named
        approved = to_day(today(change.concluded_at))
        return max(approved, to_day(change.change.effective), named or approved)


def _stands(stored: StoredRecord) -> bool:
    return unchecked_record(stored.data).presence is Presence.PRESENT


def _named_day(entry: RegisterEntry) -> dt.date | None:
    """Give the latest day that what is kept of a removal names."""
    removed = entry.removed
    if removed is None:
        return None
    days = [day for day in (removed.ceased, removed.left_on, removed.left_notified) if day is not None]
    return to_day(max(days)) if days else None


def _month_end(name: str) -> dt.date:
    """Give the last day of the month of accesses whose key has this name."""
    year, month = map(int, name.removeprefix(ACCESS_PREFIX).split("-"))
    return dt.date(year, month, calendar.monthrange(year, month)[1])
