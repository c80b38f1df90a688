"""帳票・統計: the register counted for an operator. Nobody is shown, and that it was counted is recorded.

Limits: every record is opened, one after another, on one moment of the store, in a reader's thread: about a quarter of
a millisecond of a processor each, a minute and a half for 350,000.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.figures import Figures, Tally
from konbini.ward_server.residents.record import ResidentRecord, unchecked_record
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.residents.store import RegistryReading, RegistryStore

__all__ = ["Statistics"]

_AT_ONCE = 1000
_DECEMBER = 12


class Statistics:
    """Counts the register."""

    def __init__(self, store: RegistryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def figures(self, operator: str, month: int) -> Figures:
        """Count residents and households as they stand today, and the changes of a month (yyyymm, Japan).

        Raises:
            Refused: `CHANGE_INVALID`: no such month, or an operator's id that is none; `SEAL_BROKEN`.
        """
        require_person(operator)
        since, until = _bounds(month)
        now = self._clock.now()
        counted = AuditEntry(moment=now, event=AuditEvent.REGISTER_COUNTED, operators=(operator,), about=str(month))
        await self._store.write(lambda writing: writing.audit(counted), step="count")
        tally = Tally(day=today(now))

        def count(reading: RegistryReading) -> None:
            for record in _records(reading):
                tally.add(record)
            for kind in _changes(reading, since, until):
                tally.add_change(kind)

        await self._store.read(count)
        return tally.figures(month)


def _bounds(month: int) -> tuple[int, int]:
    """Give the first moment of a month and of the next, in Unix milliseconds."""
    year, number = divmod(month, 100)
    try:
        first = dt.datetime(year, number, 1, tzinfo=JAPAN)
        following = dt.datetime(year + number // _DECEMBER, number % _DECEMBER + 1, 1, tzinfo=JAPAN)
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "a month is yyyymm") from error
    return int(first.timestamp() * 1000), int(following.timestamp() * 1000)


def _records(reading: RegistryReading) -> Iterator[ResidentRecord]:
    """Give every record at its newest version; its seal is checked, its signature is not: nothing is shown of it."""
    after = ""
    while batch := reading.records_after(after, _AT_ONCE):
        for stored in batch:
            yield unchecked_record(stored.data)
        after = batch[-1].resident


def _changes(reading: RegistryReading, since: int, until: int) -> Iterator[ChangeKind]:
    after = (0, "")
    while batch := reading.concluded(since, until, after, _AT_ONCE):
        for stored in batch:
            yield stored.change.kind
        after = (batch[-1].concluded_at, batch[-1].change_id)
