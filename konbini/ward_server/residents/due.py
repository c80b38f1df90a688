"""What the registry keeps beyond its time, judged on one moment of the store. Nothing is changed here.

A removed record (除票) is counted from the day on which it was removed (消除): that on which the removal was approved,
or on which it took effect where that was later; of one that was taken over with a town, from the day that its entry
names. One that names none is kept. An access is counted from the last day of its month.

A protective measure or a hold in force, a change that waits, and a record that stands bar a disposal.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.keeping.holding import Due, Rule
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.dates import to_day, today
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.record import Presence, unchecked_record
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.residents.store import StoredRecord
from konbini.ward_server.residents.transaction import RegistryTransaction

__all__ = ["due_accesses", "due_removed_after", "judged_access", "judged_removed"]

_ACCESS_PREFIX: Final = "/access/"


def judged_access(connection: Connection, rule: Rule, month: str) -> Due | None:
    """Judge the accesses of a month; None where they are not due, or gone."""
    return rule.due(month, _month_end(month)) if _legible(connection, month) else None


def due_accesses(connection: Connection, rule: Rule) -> tuple[Due, ...]:
    """Judge the accesses of every month that is still kept."""
    rows = connection.execute(
        "SELECT resident FROM data_key WHERE resident >= ? AND resident < ? AND length(wrapped) > 0 ORDER BY resident",
        (_ACCESS_PREFIX, _ACCESS_PREFIX[:-1] + chr(ord(_ACCESS_PREFIX[-1]) + 1)),
    ).fetchall()
    found = (judged_access(connection, rule, month) for (month,) in rows)
    return tuple(due for due in found if due is not None)


def due_removed_after(
    connection: Connection, vault: Vault, rule: Rule, resident: str, most: int
) -> tuple[str | None, tuple[Due, ...]]:
    """Judge the records of residents whose ids follow, `most` of them.

    Returns:
        The last id that was looked at, None where there was none; and what is due.
    """
    reading = RegistryTransaction(connection, vault)
    records = reading.records_after(resident, most)
    found = (_removed(connection, reading, rule, one.resident) for one in records if not _stands(one))
    last = records[-1].resident if records else None
    return last, tuple(due for due in found if due is not None)


def judged_removed(connection: Connection, vault: Vault, rule: Rule, resident: str) -> Due | None:
    """Judge one record; None where it is not due, or something bars it."""
    return _removed(connection, RegistryTransaction(connection, vault), rule, resident)


def _removed(connection: Connection, reading: RegistryTransaction, rule: Rule, resident: str) -> Due | None:
    if not _legible(connection, resident):
        return None
    newest = reading.record(resident)
    if newest is None or _stands(newest) or _barred(connection, reading, resident):
        return None
    day = _removal_day(reading, resident)
    return None if day is None else rule.due(resident, day)


def _legible(connection: Connection, target: str) -> bool:
    row = connection.execute("SELECT 1 FROM data_key WHERE resident = ? AND length(wrapped) > 0", (target,)).fetchone()
    return row is not None


def _barred(connection: Connection, reading: RegistryTransaction, resident: str) -> bool:
    waits = connection.execute(
        "SELECT 1 FROM change WHERE resident = ?1 AND state = 1 UNION ALL"
        " SELECT 1 FROM change JOIN bulk_row ON bulk_row.change_id = change.change_id"
        " WHERE change.state = 1 AND bulk_row.resident = ?1 LIMIT 1",
        (resident,),
    ).fetchone()
    return waits is not None or any(one.in_force for one in reading.restrictions(resident))


def _removal_day(reading: RegistryTransaction, resident: str) -> dt.date | None:
    """Give the later of the day of removal's approval and of its effect; None where nobody knows."""
    removal = None
    for version in reading.versions(resident):
        removal = None if _stands(version) else removal or version
    if removal is None:
        return None
    change = reading.change(removal.change_id)
    kept = reading.entry(resident)
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
    year, month = map(int, name.removeprefix(_ACCESS_PREFIX).split("-"))
    return dt.date(year, month, calendar.monthrange(year, month)[1])
