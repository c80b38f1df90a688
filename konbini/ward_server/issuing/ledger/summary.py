"""The ledger at one moment, for the ward's page: counts, money, the newest issuances; it names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.ward_server.decisions.stop import stop_code
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.reviews import ReviewCount, count_reviews
from konbini.ward_server.residents.feed import FeedKind

__all__ = ["IssuanceLine", "Summary", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceLine:
    """One issuance, for the ward's page; it names nobody. When its paper was left and gone is Unix seconds."""

    number: str
    kiosk: str
    reserved: int
    state: IssuanceState
    refused: Code | None
    outcome: Outcome | None
    fee: int
    left_since: int | None
    left_gone: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLine:
    """One open difference from the registry: its kind, and the place of its audit entry; it names nobody."""

    log_index: int
    kind: FeedKind
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The ledger at one moment: counts, money in yen, the newest issuances."""

    stop_code: Code | None
    printed: int
    fees: int
    unsettled: int
    cases: int
    reviews: ReviewCount
    differences: tuple[DifferenceLine, ...]
    newest: tuple[IssuanceLine, ...]


def summarise(connection: Connection, most: int) -> Summary:
    """Give the ledger with its newest `most` issuances."""
    printed, fees = connection.execute(
        "SELECT count(*), coalesce(sum(fee), 0) FROM issuance JOIN receipt USING (visit, ordinal) WHERE outcome = ?",
        (Outcome.PRINTED,),
    ).fetchone()
    (unsettled,) = connection.execute(
        "SELECT count(*) FROM issuance WHERE state IN (?, ?)", (IssuanceState.SEALING, IssuanceState.ISSUED)
    ).fetchone()
    (cases,) = connection.execute("SELECT count(*) FROM open_case").fetchone()
    rows = connection.execute(
        "SELECT number, kiosk, reserved, state, refused, outcome, fee, left_since, left_gone"
        " FROM issuance LEFT JOIN receipt USING (visit, ordinal) ORDER BY reserved DESC, number DESC LIMIT ?",
        (most,),
    ).fetchall()
    return Summary(
        stop_code=stop_code(connection),
        printed=printed,
        fees=fees,
        unsettled=unsettled,
        cases=cases,
        reviews=count_reviews(connection),
        differences=tuple(
            DifferenceLine(log_index=row[0], kind=FeedKind(row[1]), since=row[2])
            for row in connection.execute(
                "SELECT log_index, kind, since FROM difference WHERE closed = 0 ORDER BY log_index LIMIT ?", (most,)
            ).fetchall()
        ),
        newest=tuple(
            IssuanceLine(
                number=row[0],
                kiosk=row[1],
                reserved=row[2],
                state=IssuanceState(row[3]),
                refused=None if row[4] is None else Code(row[4]),
                outcome=None if row[5] is None else Outcome(row[5]),
                fee=row[6],
                left_since=row[7],
                left_gone=row[8],
            )
            for row in rows
        ),
    )
