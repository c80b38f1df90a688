"""The registry's part of retention: what it keeps for a time, and how its followers learn what was destroyed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.decisions.ending import EndedDecisions
from konbini.ward_server.keeping.aged_log import AgedLog
from konbini.ward_server.keeping.by_day import ByDay
from konbini.ward_server.keeping.disposal_list import MOST_TARGETS
from konbini.ward_server.keeping.disposal_rows import RetentionEvents
from konbini.ward_server.keeping.holding import Destroy, Holding
from konbini.ward_server.keeping.retention import DisposalPen, RetentionDesk
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.destroying import Accesses, RemovedRecords, destroy_keys, tell_again
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.settings.retention import Kept, Retention

__all__ = ["ENDS", "registry_desk"]

_EVENTS: Final = RetentionEvents(
    judged=AuditEvent.RETENTION_JUDGED,
    shown=AuditEvent.DUE_SHOWN,
    entered=AuditEvent.DISPOSAL_ENTERED,
    withdrawn=AuditEvent.DISPOSAL_WITHDRAWN,
    approved=AuditEvent.DISPOSAL_APPROVED,
    disposed=AuditEvent.DISPOSED,
    done=AuditEvent.DISPOSAL_DONE,
)


def registry_desk(  # noqa: PLR0913 - what the desk holds, named
    rows: Rows,
    *,
    vault: Vault,
    pen: RecordPen,
    retention: Callable[[], Sequence[Retention]],
    acknowledging: Acknowledging,
    clock: Clock,
) -> RetentionDesk:
    """Give the registry's desk of retention; its list is signed with the record key."""
    return RetentionDesk(
        rows,
        holdings=(RemovedRecords(vault=vault, pen=pen), Accesses(), *_OF_THE_PROCESS),
        retention=retention,
        pen=DisposalPen(key=pen.key, municipality=pen.municipality),
        events=_EVENTS,
        clock=clock,
        entropy=pen.entropy,
        others=_Followers(rows, vault, pen, acknowledging),
    )


class _Followers:
    """Who holds copies of records: they destroy them when the feed says so."""

    def __init__(self, rows: Rows, vault: Vault, pen: RecordPen, acknowledging: Acknowledging) -> None:
        self._rows = rows
        self._vault = vault
        self._pen = pen
        self._acknowledging = acknowledging

    async def tell_again(self) -> None:
        """Tell in the feed what a restored store destroyed and does not know of."""
        while number := await self._rows.write(
            lambda connection: tell_again(connection, self._vault, self._pen, MOST_TARGETS), step="tell disposed"
        ):
            self._acknowledging.news(number)

    async def settled(self) -> None:
        """Come back when no follower can issue from what was destroyed."""
        number = await self._rows.read(_newest)
        self._acknowledging.news(number)
        await self._acknowledging.settled(number)


def _newest(connection: Connection) -> int:
    (number,) = connection.execute("SELECT COALESCE(max(last), 0) FROM feed_block").fetchone()
    return int(number)


def _accessed(connection: Connection, first: int, last: int) -> bool:
    """Say whether an access that is still kept rests on some positions of the audit log: they say who looked."""
    found = connection.execute("SELECT 1 FROM access WHERE position BETWEEN ? AND ? LIMIT 1", (first, last)).fetchone()
    return found is not None


_OF_THE_PROCESS: Final[tuple[Holding, ...]] = (
    ByDay(kept=Kept.DECISION, rows=EndedDecisions(holds=False)),
    AgedLog(needs=_accessed),
)
ENDS: Final[Mapping[Kept, Destroy]] = {
    Kept.REMOVED_RECORD: destroy_keys,
    Kept.ACCESS_RECORD: destroy_keys,
    **{holding.kept: holding.destroy for holding in _OF_THE_PROCESS},
}
"""How each kind is destroyed again in a store that is restored; of records, followers are told at its start."""
