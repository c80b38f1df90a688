"""What was issued in outage mode, listed to be held against the registry when it is back.

A paper agrees where, at the moment at which it was issued, the registry held the very version that was printed of each
person, and no change of them that the copy had not applied: of record, card link, measure or hold. One that differs is
a case.

Table: `outage_issue`.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.ledger.cases import CaseParty, open_case

__all__ = ["OutageIssue", "ReviewCount", "ReviewLedger", "count_reviews"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageIssue:
    """One person on a paper that was issued in outage mode; `issued` in Unix milliseconds.

    `applied` is the newest entry of the feed in the copy at that moment.
    """

    number: str
    resident: str
    version: int
    issued: int
    applied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCount:
    """How many papers were issued in outage mode: in all, not reviewed yet, and different from the registry."""

    issued: int
    waiting: int
    differ: int


class ReviewLedger:
    """The list in the rows of `issuing`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def waiting(self, most: int) -> tuple[OutageIssue, ...]:
        """Give what was not reviewed yet, oldest first."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT number, resident, version, issued, applied FROM outage_issue WHERE agrees IS NULL"
                " ORDER BY issued, number, resident LIMIT ?",
                (most,),
            ).fetchall()
        )
        return tuple(
            OutageIssue(number=row[0], resident=row[1], version=row[2], issued=row[3], applied=row[4]) for row in rows
        )

    async def conclude(self, one: OutageIssue, *, agrees: bool, now: int) -> None:
        """Keep what the registry says of one person on a paper; where it differs, a case is opened."""

        def change(connection: Connection) -> None:
            connection.execute(
                "UPDATE outage_issue SET agrees = ?, reviewed = ? WHERE number = ? AND resident = ?",
                (agrees, now, one.number, one.resident),
            )
            visit, ordinal, kiosk = connection.execute(
                "SELECT visit, ordinal, kiosk FROM issuance WHERE number = ?", (one.number,)
            ).fetchone()
            entry = AuditEntry(
                moment=now,
                event=AuditEvent.OUTAGE_ISSUE_AGREES if agrees else AuditEvent.OUTAGE_ISSUE_DIFFERS,
                visit=visit,
                ordinal=ordinal,
                number=one.number,
                about=kiosk,
                code=0 if agrees else Code.RECORD_STALE,
            )
            if agrees:
                append(connection, entry)
            else:
                open_case(connection, entry, CaseParty(kiosk=kiosk))

        await self._rows.write(change, step="review")


def count_reviews(connection: Connection) -> ReviewCount:
    """Count the papers that were issued in outage mode, within a transaction."""
    issued, waiting, differ = connection.execute(
        "SELECT count(DISTINCT number), count(DISTINCT CASE WHEN agrees IS NULL THEN number END),"
        " count(DISTINCT CASE WHEN agrees = 0 THEN number END) FROM outage_issue"
    ).fetchone()
    return ReviewCount(issued=issued, waiting=waiting, differ=differ)
