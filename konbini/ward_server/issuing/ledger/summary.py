"""The ledger at one moment, for whoever watches: what waits, the newest issuances; it names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.ward_server.issuing.ledger.barred import Barred, all_barred
from konbini.ward_server.issuing.ledger.reviews import ReviewCount
from konbini.ward_server.issuing.ledger.views import newest, open_differences
from konbini.ward_server.issuing.ledger.waiting import count_waiting
from konbini.ward_server.issuing.view import IssuanceLine, OutstandingDifference

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The ledger at one moment: what waits and stands still, the newest issuances."""

    unsettled: int
    cases: int
    barred: tuple[Barred, ...]
    reviews: ReviewCount
    differences: tuple[OutstandingDifference, ...]
    newest: tuple[IssuanceLine, ...]


def summarise(connection: Connection, most: int) -> Summary:
    """Give the ledger with its newest `most` issuances; it walks nothing that grows with the day."""
    waiting = count_waiting(connection)
    return Summary(
        unsettled=waiting.sealing + waiting.issued,
        cases=waiting.cases,
        barred=all_barred(connection),
        reviews=waiting.reviews,
        differences=open_differences(connection, most),
        newest=newest(connection, most),
    )
