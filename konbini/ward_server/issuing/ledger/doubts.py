"""Orders in doubt: listed with everything that is known, and settled by two persons, once and for ever.

An order is in doubt where its kiosk said so, or where its last moment to print has passed and no final word came. What
two persons enter is final: printed, void, or jam after page k, with the money that goes with it. A kiosk that says
something else later contradicts it; one that says the same, or still knows nothing, does not.

Tables: `settlement`; it writes `receipt` and `issuance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import Receipt, check_balanced
from konbini.protocol.shape import Digest, Line, Moment, UpTo, Yen
from konbini.ward_server.issuing.ledger.issuances import IssuanceState, settle_issuance
from konbini.ward_server.issuing.ledger.last_words import said_in

__all__ = ["ALLOWED", "Doubt", "Settlement", "all_doubts", "check_settlement", "settle", "settled_as"]

ALLOWED: Final = frozenset((Outcome.PRINTED, Outcome.VOID, Outcome.JAM))
"""How an order in doubt can end."""
_GRACE_SECONDS: Final = 60
_ISSUED: Final = int(IssuanceState.ISSUED)
_IN_DOUBT: Final = int(Outcome.IN_DOUBT)
_COLUMNS: Final = "coalesce(issuance.number, ''), coalesce(issuance.kiosk, ''), coalesce(issuance.kind, 0)"
_DOUBTS: Final = f"""
SELECT issuance.visit, issuance.ordinal, {_COLUMNS}, fee, reserved, coalesce(print_by, 0), receipt.receipt, left_since,
    left_gone
FROM issuance LEFT JOIN receipt ON receipt.visit = issuance.visit AND receipt.ordinal = issuance.ordinal
WHERE state = {_ISSUED} AND state < 4 AND (receipt.outcome = {_IN_DOUBT} OR (receipt.outcome IS NULL AND print_by < ?))
UNION ALL
SELECT receipt.visit, receipt.ordinal, {_COLUMNS}, 0, receipt.taken / 1000, 0, receipt.receipt, left_since, left_gone
FROM receipt LEFT JOIN issuance ON receipt.visit = issuance.visit AND receipt.ordinal = issuance.ordinal
WHERE receipt.outcome = {_IN_DOUBT} AND (issuance.state IS NULL OR issuance.state <> {_ISSUED})
ORDER BY 7, 1, 2 LIMIT ?"""  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An order in doubt, with all that is known of it; moments in Unix seconds.

    `kind` is 0, `number` and `kiosk` are empty where the order never reached this ward. `said` is what the kiosk said,
    null where it said nothing yet: its outcome, the printer's counters, the money. `left_since`, `left_gone`: its paper
    was left in the kiosk's exit.
    """

    visit: Digest
    ordinal: Annotated[int, UpTo(5)]
    number: Line
    kiosk: Line
    kind: Annotated[int, UpTo(99)]
    fee: Yen
    since: Moment
    print_by: Moment
    said: Receipt | None
    left_since: Moment | None
    left_gone: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What two persons enter of an order in doubt. `after_page` is k of "jam after page k"; amounts in yen."""

    visit: Digest
    ordinal: Annotated[int, UpTo(5)]
    outcome: Outcome
    after_page: Annotated[int, UpTo(99)]
    taken: Yen
    returned: Yen
    owed: Yen


def all_doubts(connection: Connection, now: int, most: int) -> tuple[Doubt, ...]:
    """List them, oldest first; `now` is Unix seconds."""
    rows = connection.execute(_DOUBTS, (now - _GRACE_SECONDS, most)).fetchall()
    return tuple(
        Doubt(
            visit=bytes(row[0]),
            ordinal=row[1],
            number=row[2],
            kiosk=row[3],
            kind=row[4],
            fee=row[5],
            since=row[6],
            print_by=row[7],
            said=said_in(row[8]),
            left_since=row[9],
            left_gone=row[10],
        )
        for row in rows
    )


def check_settlement(connection: Connection, settlement: Settlement, now: int) -> str:
    """Refuse a settlement that cannot be, as things stand; give the order's number, empty where it has none.

    Raises:
        Refused: `CHANGE_UNKNOWN`: no such order is in doubt; `CHANGE_INVALID`: an outcome that is not allowed, a page
            that does not go with it, or money that is not paid iff printed.
    """
    number, fee, issued = _in_doubt(connection, settlement, now)
    if settlement.outcome not in ALLOWED or (settlement.after_page > 0) is not (settlement.outcome is Outcome.JAM):
        raise Refused(Code.CHANGE_INVALID, "printed, void, or jam after a page")
    if settlement.outcome is Outcome.PRINTED and not issued:
        raise Refused(Code.CHANGE_INVALID, "nothing was issued that could have been printed")
    try:
        check_balanced(settlement.outcome, settlement.taken - settlement.returned - settlement.owed, fee)
    except Refused as refused:
        raise Refused(Code.CHANGE_INVALID, refused.detail) from refused
    return number


def settle(connection: Connection, settlement: Settlement, moment: int, decision_id: str, log_index: int) -> None:
    """Settle within the caller's transaction, which has checked it; `moment` in Unix milliseconds."""
    key = (settlement.visit, settlement.ordinal)
    connection.execute(
        "INSERT INTO settlement (visit, ordinal, outcome, after_page, taken, returned, owed, moment, decision_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(*key, settlement.outcome, settlement.after_page, settlement.taken, settlement.returned),
            *(settlement.owed, moment, decision_id),
        ),
    )
    connection.execute(
        "INSERT INTO receipt (visit, ordinal, outcome, receipt_hash, receipt, log_index, taken, owed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (visit, ordinal) DO UPDATE SET outcome = excluded.outcome,"
        " log_index = excluded.log_index, taken = excluded.taken, owed = excluded.owed",
        (*key, settlement.outcome, b"", b"", log_index, moment, settlement.owed),
    )
    settle_issuance(connection, *key, moment)


def settled_as(connection: Connection, visit: bytes, receipt: Receipt) -> bool | None:
    """Say whether a kiosk's later word agrees with what two persons settled; None where they settled nothing."""
    row = connection.execute(
        "SELECT outcome, after_page, taken, returned, owed FROM settlement WHERE visit = ? AND ordinal = ?",
        (visit, receipt.ordinal),
    ).fetchone()
    if row is None:
        return None
    if receipt.outcome is Outcome.IN_DOUBT:
        return True
    return tuple(row) == (receipt.outcome, receipt.after_page, receipt.taken, receipt.returned, receipt.owed)


def _in_doubt(connection: Connection, settlement: Settlement, now: int) -> tuple[str, int, bool]:
    """Give an order's number and fee, and whether it was issued."""
    key = (settlement.visit, settlement.ordinal)
    order = connection.execute(
        "SELECT number, fee, state, print_by FROM issuance WHERE visit = ? AND ordinal = ?", key
    ).fetchone()
    said = connection.execute("SELECT outcome FROM receipt WHERE visit = ? AND ordinal = ?", key).fetchone()
    number, fee, state, print_by = (None, 0, IssuanceState.VOID, None) if order is None else order
    overdue = said is None and state == IssuanceState.ISSUED and (print_by or now) < now - _GRACE_SECONDS
    if not overdue and (said is None or said[0] != Outcome.IN_DOUBT):
        raise Refused(Code.CHANGE_UNKNOWN, "no such order is in doubt")
    return number or "", fee, state == IssuanceState.ISSUED
