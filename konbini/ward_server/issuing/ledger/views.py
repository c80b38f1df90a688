"""The ledger as operators look at it: the newest issuances, one by its number, a card's, the unsettled.

Plain functions of a transaction. Whose an issuance is stands nowhere here: a visit keeps the keyed hash of its card.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.view import IssuanceFound, IssuanceLine, OutstandingDifference
from konbini.ward_server.residents.feed import FeedKind

__all__ = ["issuance", "newest", "of_cards", "open_differences", "unsettled"]

_LINE: Final = (
    "SELECT number, issuance.kiosk, reserved, kind, state, refused, outcome, fee, left_since, left_gone"
    " FROM issuance LEFT JOIN receipt USING (visit, ordinal)"
)
_OF_CARDS: Final = (
    f"{_LINE} WHERE visit IN (SELECT visit.visit FROM visit JOIN card_link ON card_hash = serial_hash"  # noqa: S608 - constants
    " WHERE resident = ?) ORDER BY reserved DESC, number DESC LIMIT ?"
)


def newest(connection: Connection, most: int) -> tuple[IssuanceLine, ...]:
    """Give the newest issuances."""
    return _lines(connection.execute(f"{_LINE} ORDER BY reserved DESC, number DESC LIMIT ?", (most,)).fetchall())


def unsettled(connection: Connection, most: int) -> tuple[IssuanceLine, ...]:
    """Give the oldest issuances of which nobody knows what became."""
    rows = connection.execute(
        f"{_LINE} WHERE state < ? AND state <> ? ORDER BY reserved, number LIMIT ?",
        (int(IssuanceState.SETTLED), int(IssuanceState.VOID), most),
    )
    return _lines(rows.fetchall())


def of_cards(connection: Connection, resident: str, most: int) -> tuple[IssuanceLine, ...]:
    """Give what was issued on a resident's cards, newest first."""
    return _lines(connection.execute(_OF_CARDS, (resident, most)).fetchall())


def issuance(connection: Connection, number: str) -> IssuanceFound:
    """Give one issuance.

    Raises:
        Refused: `CHANGE_UNKNOWN`: no such number, or its history was disposed of.
    """
    row = connection.execute(f"{_LINE} WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise Refused(Code.CHANGE_UNKNOWN, "no issuance of that number")
    ordinal, print_by, settled, taken, owed, visit = connection.execute(
        "SELECT ordinal, print_by, settled, taken, owed, visit FROM issuance LEFT JOIN receipt USING (visit, ordinal)"
        " WHERE number = ?",
        (number,),
    ).fetchone()
    cases = connection.execute(
        "SELECT kind FROM ward_case WHERE visit = ? AND ordinal IN (0, ?) AND closed IS NULL ORDER BY number",
        (visit, ordinal),
    )
    outage = connection.execute("SELECT 1 FROM outage_issue WHERE number = ? LIMIT 1", (number,)).fetchone()
    return IssuanceFound(
        line=_line(row),
        ordinal=ordinal,
        print_by=print_by,
        settled=settled,
        taken=taken or 0,
        owed=owed or 0,
        cases=tuple(kind for (kind,) in cases),
        in_outage=outage is not None,
    )


def open_differences(connection: Connection, most: int) -> tuple[OutstandingDifference, ...]:
    """Give the oldest differences from the registry that are open."""
    rows = connection.execute(
        "SELECT log_index, kind, since FROM difference WHERE closed = 0 ORDER BY log_index LIMIT ?", (most,)
    )
    return tuple(
        OutstandingDifference(log_index=log_index, kind=FeedKind(kind), since=since) for log_index, kind, since in rows
    )


def _lines(rows: Sequence[Any]) -> tuple[IssuanceLine, ...]:
    return tuple(map(_line, rows))


def _line(row: Any) -> IssuanceLine:  # noqa: ANN401 - a row
    number, kiosk, reserved, kind, state, refused, outcome, fee, left_since, left_gone = row
    return IssuanceLine(
        number=number,
        kiosk=kiosk,
        reserved=reserved,
        kind=CertificateKind(kind),
        state=IssuanceState(state),
        refused=refused or 0,
        outcome=None if outcome is None else Outcome(outcome),
        fee=fee,
        left_since=left_since,
        left_gone=left_gone,
    )
