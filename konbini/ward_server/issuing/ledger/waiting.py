"""What waits in the ledger, counted: for whoever watches. It names nobody, and walks only what is not settled."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.stamping import count_stamps_owed
from konbini.process.statements import Connection
from konbini.protocol.kinds import Outcome
from konbini.ward_server.alerts.outbox import count_owed
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.reviews import ReviewCount, count_reviews

__all__ = ["Waiting", "count_waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Numbers at the clerk; those without a final word, of them in doubt; cases; outage papers; alerts; time-stamps."""

    sealing: int
    issued: int
    in_doubt: int
    cases: int
    reviews: ReviewCount
    alerts: int
    stamps: int


def count_waiting(connection: Connection) -> Waiting:
    """Count within a transaction."""
    sealing, issued, in_doubt = connection.execute(
        "SELECT count(CASE WHEN state = ? THEN 1 END), count(CASE WHEN state = ? THEN 1 END),"
        " count(CASE WHEN state = ? AND outcome = ? THEN 1 END)"
        " FROM issuance LEFT JOIN receipt USING (visit, ordinal) WHERE state IN (?, ?) AND state < 4",
        (
            *(IssuanceState.SEALING, IssuanceState.ISSUED, IssuanceState.ISSUED, Outcome.IN_DOUBT),
            *(IssuanceState.SEALING, IssuanceState.ISSUED),
        ),
    ).fetchone()
    (cases,) = connection.execute("SELECT count(*) FROM ward_case WHERE closed IS NULL").fetchone()
    return Waiting(
        sealing=sealing,
        issued=issued,
        in_doubt=in_doubt,
        cases=cases,
        reviews=count_reviews(connection),
        alerts=count_owed(connection),
        stamps=count_stamps_owed(connection),
    )
