"""The ledger's rows that end with their time: visits with all that was issued in them, and receipts.

What is not settled never ends: an order that is not final, a receipt in doubt, money that is owed, a paper of an outage
that was not reviewed or differed, and whatever a case is open about. Of a number whose history ends it stays, for ever,
whether its paper was printed (`ended_number`): its status list says so. A receipt ends by its own term, but not before
the history of its order.

A case that is closed ends with the visit that it was about; what two persons settled, with the order's receipt.

Tables: `visit`, `issuance`, `outage_issue`, `ended_number`, `receipt`, `settlement`, `ward_case`, `case_message`.
"""

from __future__ import annotations

from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.kinds import Outcome
from konbini.ward_server.following.ending import followers_holdings
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.keeping.by_day import ByDay
from konbini.ward_server.keeping.holding import Holding
from konbini.ward_server.settings.retention import Kept

__all__ = ["HOLDINGS", "EndedReceipts", "EndedVisits"]

_MILLISECONDS: Final = 1000
_UNFINISHED: Final = f"({int(IssuanceState.SEALING)}, {int(IssuanceState.ISSUED)})"
_IN_DOUBT: Final = int(Outcome.IN_DOUBT)
_IN_SUSPENSE: Final = f"(outcome = {_IN_DOUBT} OR owed > 0)"
"""A receipt that says no last word, or of money that is owed."""
_VISITS: Final = f"""
SELECT visit, opened FROM visit WHERE opened >= ? AND opened < ?
AND NOT EXISTS (SELECT 1 FROM issuance WHERE issuance.visit = visit.visit AND state IN {_UNFINISHED})
AND NOT EXISTS (SELECT 1 FROM issuance JOIN outage_issue USING (number)
    WHERE issuance.visit = visit.visit AND coalesce(agrees, 0) = 0)
AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.visit = visit.visit AND {_IN_SUSPENSE})
AND NOT EXISTS (SELECT 1 FROM ward_case WHERE ward_case.visit IN (visit.visit, visit.visit_id) AND closed IS NULL)
ORDER BY opened, visit LIMIT ?"""  # noqa: S608 - constants of this module
_RECEIPTS: Final = f"""
SELECT visit, ordinal, taken FROM receipt WHERE taken >= ? AND taken < ? AND NOT {_IN_SUSPENSE}
AND NOT EXISTS (SELECT 1 FROM visit WHERE visit.visit = receipt.visit)
AND NOT EXISTS (SELECT 1 FROM ward_case WHERE ward_case.visit = receipt.visit AND closed IS NULL)
ORDER BY taken, visit, ordinal LIMIT ?"""  # noqa: S608 - the same
_NEEDED: Final = f"""
SELECT 1 FROM ward_case WHERE log_index BETWEEN ?1 AND ?2 AND closed IS NULL
UNION ALL SELECT 1 FROM receipt WHERE log_index BETWEEN ?1 AND ?2 AND {_IN_SUSPENSE} LIMIT 1"""  # noqa: S608 - the same
_IDS_OF: Final = "(SELECT visit FROM visit WHERE visit = ?1 UNION ALL SELECT visit_id FROM visit WHERE visit = ?1)"
_END_MESSAGES: Final = f"DELETE FROM case_message WHERE visit IN {_IDS_OF}"  # noqa: S608 - constants of this module
_END_CASES: Final = f"DELETE FROM ward_case WHERE visit IN {_IDS_OF}"  # noqa: S608 - the same
_KEEP_NUMBERS: Final = (
    "INSERT INTO ended_number (number, printed) SELECT number, CASE WHEN outcome = ? THEN 1 ELSE 0 END"
    " FROM issuance LEFT JOIN receipt USING (visit, ordinal) WHERE visit = ?"
)


class EndedVisits:
    """Visits, by the day on which they were opened."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them was opened."""
        found = _visits(connection, begin, end, 1)
        return found[0][1] * _MILLISECONDS if found else None

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Remove them with their orders, and keep which numbers were printed."""
        visits = [(visit,) for visit, _opened in _visits(connection, begin, end, most)]
        connection.executemany(_KEEP_NUMBERS, [(int(Outcome.PRINTED), visit) for (visit,) in visits])
        for statement in (
            _END_MESSAGES,
            _END_CASES,
            "DELETE FROM outage_issue WHERE number IN (SELECT number FROM issuance WHERE visit = ?)",
            "DELETE FROM issuance WHERE visit = ?",
            "DELETE FROM visit WHERE visit = ?",
        ):
            connection.executemany(statement, visits)
        return len(visits)


class EndedReceipts:
    """Receipts whose order's history has ended, or never reached the ward; by the day on which they were taken."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give when the first of them was taken."""
        row = connection.execute(_RECEIPTS, (begin, end, 1)).fetchone()
        return None if row is None else int(row[2])

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Remove them."""
        found = connection.execute(_RECEIPTS, (begin, end, most)).fetchall()
        for table in ("settlement", "receipt"):
            connection.executemany(
                f"DELETE FROM {table} WHERE visit = ? AND ordinal = ?",  # noqa: S608 - one of the two above
                [row[:2] for row in found],
            )
        return len(found)


def _visits(connection: Connection, begin: int, end: int, most: int) -> list[tuple[bytes, int]]:
    return connection.execute(_VISITS, (begin // _MILLISECONDS, end // _MILLISECONDS, most)).fetchall()


def _unsettled(connection: Connection, first: int, last: int) -> bool:
    """Say whether a case is open, or a receipt in doubt or owed for, that rests on some positions of the audit log."""
    return connection.execute(_NEEDED, (first, last)).fetchone() is not None


HOLDINGS: Final[tuple[Holding, ...]] = followers_holdings(
    (ByDay(kept=Kept.ISSUE_HISTORY, rows=EndedVisits()), ByDay(kept=Kept.RECEIPT, rows=EndedReceipts())), _unsettled
)
"""What `issuing` keeps for a time."""
