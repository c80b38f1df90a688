"""Today's refusals by code, counted from the audit log as it grows. In memory: a view, not a record.

Limits: of a day that had more than some twenty thousand entries before the process started, the earliest are not
counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Final

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.tree_rows import size_of
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import entries_of

__all__ = ["Refusals"]

_MOST_ENTRIES: Final = 20_000
_MILLISECONDS: Final = 1000
_REFUSED: Final = frozenset({AuditEvent.VISIT_REFUSED, AuditEvent.ORDER_REFUSED, AuditEvent.ORDER_VOIDED})


class Refusals:
    """Counts the entries that refuse somebody, from where it last read on: one at a time, whoever asks."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._turn = asyncio.Lock()
        self._day_began = 0
        self._read: int | None = None
        self._counts: Counter[int] = Counter()

    async def today(self, day_began: int) -> Mapping[int, int]:
        """Give today's refusals by code; `day_began` in Unix seconds."""
        async with self._turn:
            if day_began != self._day_began:
                self._day_began, self._read, self._counts = day_began, None, Counter()
            self._read, found = await self._rows.read(partial(_refused, since=self._read, day_began=day_began))
            self._counts += found
            return dict(self._counts)


def _refused(connection: Connection, since: int | None, day_began: int) -> tuple[int, Counter[int]]:
    """Give how far the log goes, and the refusals of a day in it from a position on, or in its newest entries."""
    end = size_of(connection)
    first = max(0, end - _MOST_ENTRIES) if since is None else since
    entries = entries_of(connection, _REFUSED, first, end - 1)
    return end, Counter(entry.code for _, entry in entries if entry.moment >= _MILLISECONDS * day_began)
