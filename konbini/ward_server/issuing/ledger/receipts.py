"""Receipts: what kiosks said of orders. A final outcome never changes; one that cannot be true bars its kiosk.

That a paper was left in a kiosk's exit is a remark beside the outcome: since when, and until when.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import LeftPaper, Receipt
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.ledger.asserting import hold_against
from konbini.ward_server.issuing.ledger.cases import CaseParty
from konbini.ward_server.issuing.ledger.doubts import settled_as
from konbini.ward_server.issuing.ledger.issuances import IssuanceState, settle_issuance

__all__ = ["NewLeft", "NewReceipt", "ReceiptLedger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """A receipt as a kiosk signed it; `visit` is v, `digest` the hash of the signed bytes."""

    visit: bytes
    kiosk: str
    operator: str
    receipt: Receipt
    signed: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeft:
    """A kiosk's word that a paper was left; `visit` is v, `digest` the hash of the signed bytes."""

    visit: bytes
    kiosk: str
    operator: str
    left: LeftPaper
    digest: bytes


class ReceiptLedger:
    """The receipts in the rows of `issuing`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def in_turn(self, visit: bytes, ordinal: int) -> None:
        """Let an order through if its kiosk has spoken of each one before it, and not of itself: one at a time.

        Raises:
            Refused: `ORDER_OUT_OF_TURN`.
        """
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT ordinal FROM receipt WHERE visit = ? AND ordinal BETWEEN 1 AND ? ORDER BY ordinal",
                (visit, ordinal),
            ).fetchall()
        )
        if [spoken_of for (spoken_of,) in rows] != list(range(1, ordinal)):
            raise Refused(Code.ORDER_OUT_OF_TURN, "the order before it has no receipt, or it has one itself")

    async def check_left(self, visit: bytes, most: int) -> None:
        """Let a visit go on if fewer certificates were printed in it, or perhaps printed, than it may have.

        Raises:
            Refused: `VISIT_LIMIT`.
        """
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT count(*) FROM receipt WHERE visit = ? AND ordinal > 0 AND outcome IN (?, ?)",
                (visit, Outcome.PRINTED, Outcome.IN_DOUBT),
            ).fetchone()
        )
        if row is not None and row[0] >= most:
            raise Refused(Code.VISIT_LIMIT, "the visit has had its certificates")

    async def take(self, new: NewReceipt, entry: AuditEntry) -> int:
        """Take a receipt; the same one again changes nothing.

        Returns:
            Its place in the audit log.
        """
        visit, receipt = new.visit, new.receipt

        def change(connection: Connection) -> int:
            known = connection.execute(
                "SELECT outcome, receipt_hash, log_index FROM receipt WHERE visit = ? AND ordinal = ?",
                (visit, receipt.ordinal),
            ).fetchone()
            if known is not None and known[1] == new.digest:
                return int(known[2])
            if settled_as(connection, visit, receipt):
                return _keep_word(connection, new, entry)
            if (known is not None and known[0] != Outcome.IN_DOUBT) or not _agrees(connection, new):
                return _hold_against(connection, entry, new)
            index = append(connection, entry)
            connection.execute(
                "INSERT INTO receipt (visit, ordinal, outcome, receipt_hash, receipt, log_index, taken, owed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (visit, ordinal) DO UPDATE SET"
                " outcome = excluded.outcome, receipt_hash = excluded.receipt_hash, receipt = excluded.receipt,"
                " log_index = excluded.log_index, taken = excluded.taken, owed = excluded.owed",
                (
                    *(visit, receipt.ordinal, receipt.outcome, new.digest, new.signed, index),
                    *(entry.moment, receipt.owed),
                ),
            )
            _settle(connection, visit, receipt, entry.moment)
            return index

        return await self._rows.write(change, step="settle")

    async def take_left(self, new: NewLeft, entry: AuditEntry) -> int:
        """Take the remark that a paper was left, or is gone, each once of an order: another word changes nothing.

        Returns:
            Its place in the audit log; that of a case where the order is not this kiosk's, or not of this t.

        Raises:
            Refused: `ORDER_OUT_OF_TURN`: the order's receipt did not come yet.
        """
        visit, left = new.visit, new.left

        def change(connection: Connection) -> int:
            known = connection.execute(
                "SELECT left_hash, left_index, left_gone FROM receipt WHERE visit = ? AND ordinal = ?",
                (visit, left.ordinal),
            ).fetchone()
            if known is None:
                raise Refused(Code.ORDER_OUT_OF_TURN, "a paper was left of which no receipt came")
            order = connection.execute(
                "SELECT kiosk, t FROM issuance WHERE visit = ? AND ordinal = ?", (visit, left.ordinal)
            ).fetchone()
            if order != (new.kiosk, left.t):
                return _hold_against(connection, entry, new)
            if known[0] == new.digest or known[2] is not None or (known[1] is not None and left.gone is None):
                return int(known[1])
            index = append(connection, entry)
            connection.execute(
                "UPDATE receipt SET left_since = ?, left_gone = ?, left_hash = ?, left_index = ?"
                " WHERE visit = ? AND ordinal = ?",
                (left.since, left.gone, new.digest, index, visit, left.ordinal),
            )
            return index

        return await self._rows.write(change, step="left")


def _keep_word(connection: Connection, new: NewReceipt, entry: AuditEntry) -> int:
    """Keep what a kiosk says of an order that two persons settled, and that agrees with them; nothing changes."""
    index = append(connection, entry)
    connection.execute(
        "UPDATE receipt SET receipt_hash = ?, receipt = ?, log_index = ? WHERE visit = ? AND ordinal = ?",
        (new.digest, new.signed, index, new.visit, new.receipt.ordinal),
    )
    return index


def _hold_against(connection: Connection, entry: AuditEntry, new: NewReceipt | NewLeft) -> int:
    contradicted = replace(entry, event=AuditEvent.RECEIPT_CONTRADICTED, code=Code.ORDER_CONFLICT)
    return hold_against(connection, contradicted, CaseParty(kiosk=new.kiosk, operator=new.operator))


def _agrees(connection: Connection, new: NewReceipt) -> bool:
    """Say whether a receipt can be true of what the ward knows: whose visit, which number, the money, the paper."""
    receipt = new.receipt
    opened = connection.execute("SELECT visit_id, kiosk FROM visit WHERE visit = ?", (new.visit,)).fetchone()
    if opened is not None and opened != (receipt.visit_id, new.kiosk):
        return False
    row = connection.execute(
        "SELECT number, t, fee, state FROM issuance WHERE visit = ? AND ordinal = ?", (new.visit, receipt.ordinal)
    ).fetchone()
    number, t, fee, state = (None, receipt.t, 0, IssuanceState.VOID) if row is None else row
    if receipt.number not in (None, number) or receipt.t != t:
        return False
    if receipt.outcome is Outcome.PRINTED and state != IssuanceState.ISSUED:
        return False
    try:
        receipt.balanced(fee)
    except Refused:
        return False
    return True


def _settle(connection: Connection, visit: bytes, receipt: Receipt, moment: int) -> None:
    if receipt.ordinal == 0:
        connection.execute("UPDATE visit SET closed = 1 WHERE visit = ?", (visit,))
    if receipt.outcome is not Outcome.IN_DOUBT:
        settle_issuance(connection, visit, receipt.ordinal, moment)
