"""Every order of some days as the ledger holds it, numbered or not, for the figures of days and months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.accounts import day_of, span_of
from konbini.protocol.kinds import Outcome
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.last_words import last_word

__all__ = ["OrderRow", "orders_between"]

_ORDERS: Final = (
    "SELECT ticketed, kiosk, kind, fee, state, outcome, signed, taken, returned, owed FROM ("
    "SELECT visit.ticketed, visit.kiosk, issuance.kind, issuance.fee, issuance.state, receipt.outcome,"
    " receipt.receipt AS signed, settlement.taken, settlement.returned, settlement.owed"
    " FROM visit JOIN issuance ON issuance.visit = visit.visit"
    " LEFT JOIN receipt ON receipt.visit = issuance.visit AND receipt.ordinal = issuance.ordinal"
    " LEFT JOIN settlement ON settlement.visit = issuance.visit AND settlement.ordinal = issuance.ordinal"
    " WHERE visit.ticketed >= ?1 AND visit.ticketed < ?2"
    " UNION ALL SELECT visit.ticketed, visit.kiosk, 0, 0, 3, receipt.outcome, receipt.receipt, settlement.taken,"
    " settlement.returned, settlement.owed FROM visit JOIN receipt ON receipt.visit = visit.visit"
    " LEFT JOIN settlement ON settlement.visit = receipt.visit AND settlement.ordinal = receipt.ordinal"
    " WHERE visit.ticketed >= ?1 AND visit.ticketed < ?2 AND receipt.ordinal > 0 AND NOT EXISTS"
    " (SELECT 1 FROM issuance WHERE issuance.visit = receipt.visit AND issuance.ordinal = receipt.ordinal)"
    ") AS orders ORDER BY ticketed, kiosk, kind"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order as the ledger holds it. `kind` is 0 where no number was reserved for it; `outcome` None: no word."""

    day: int
    kiosk: str
    kind: int
    fee: int
    state: IssuanceState
    outcome: Outcome | None
    taken: int
    returned: int
    owed: int


def orders_between(connection: Connection, first: int, last: int) -> tuple[OrderRow, ...]:
    """Read the orders from one day to another (yyyymmdd), both included.

    Raises:
        Refused: `MALFORMED`: no days.
    """
    begins, ends = span_of(first)[0], span_of(last)[1]
    return tuple(_order(row) for row in connection.execute(_ORDERS, (begins, ends)).fetchall())


def _order(
    row: tuple[int, str, int, int, int, int | None, bytes | None, int | None, int | None, int | None],
) -> OrderRow:
    ticketed, kiosk, kind, fee, state, outcome, signed, taken, returned, owed = row
    last = last_word(signed, taken, returned, owed)
    return OrderRow(
        day=day_of(ticketed),
        kiosk=kiosk,
        kind=kind,
        fee=fee,
        state=IssuanceState(state),
        outcome=None if outcome is None else Outcome(outcome),
        taken=last.taken,
        returned=last.returned,
        owed=last.owed,
    )
