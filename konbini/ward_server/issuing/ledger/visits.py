"""Visits (利用) in rows: whose id stands for which OPEN, one open visit a card, how many a day.

What a visit is made of (keys, menu, evidence) is in memory alone: `konbini.ward_server.issuing.visits`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.trust import Enrolment
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.ledger.asserting import hold_against
from konbini.ward_server.issuing.ledger.barred import check_not_barred
from konbini.ward_server.issuing.ledger.cases import CaseParty
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["NewVisit", "VisitLedger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """A visit to be opened; moments are Unix seconds.

    `link` is by the name of whoever gave its ticket, `ticketed` when that was.
    """

    visit_id: bytes
    visit: bytes
    kiosk: str
    body_hash: bytes
    card: CardSerial
    opened: int
    ends: int
    day_began: int
    receipt_code: str
    most_a_day: int
    link: str
    ticketed: int


class VisitLedger:
    """The visits in the rows of `issuing`."""

    def __init__(self, rows: Rows, *, hash_card: Callable[[CardSerial], bytes]) -> None:
        self._rows = rows
        self._hash_card = hash_card

    async def body_of(self, visit_id: bytes) -> bytes | None:
        """Give the hash of the OPEN that a visit id stands for, if it came before."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT body_hash FROM visit WHERE visit_id = ?", (visit_id,)
            ).fetchone()
        )
        return None if row is None else bytes(row[0])

    async def open(self, visit: NewVisit, entry: AuditEntry) -> None:
        """Open a visit. A kiosk has one visit at a time, so an older one of the same kiosk ends.

        Raises:
            Refused: `VISIT_CONFLICT`, `VISIT_ELSEWHERE`, `DAILY_LIMIT`, `KIOSK_STOPPED`, `WARD_MAINTENANCE`.
        """

        def change(connection: Connection) -> None:
            check_not_barred(connection, visit.kiosk, visit.link)
            card_hash = self._hash_card(visit.card)
            connection.execute("UPDATE visit SET closed = 1 WHERE kiosk = ? AND closed = 0", (visit.kiosk,))
            _check_visit(connection, visit, card_hash)
            connection.execute(
                "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends, receipt_code, ticketed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(visit.visit_id, visit.visit, visit.kiosk, visit.body_hash, card_hash, visit.opened, visit.ends),
                    *(visit.receipt_code, visit.ticketed),
                ),
            )
            append(connection, entry)

        await self._rows.write(change, step="open visit")

    async def conflict(self, entry: AuditEntry, device: Enrolment) -> None:
        """Hold it against a kiosk that its device signed other bytes for a visit id that was used."""
        party = CaseParty(kiosk=device.kiosk, operator=device.operator)
        await self._rows.write(lambda connection: hold_against(connection, entry, party), step="conflict")


def _check_visit(connection: Connection, visit: NewVisit, card_hash: bytes) -> None:
    if connection.execute("SELECT 1 FROM visit WHERE visit_id = ?", (visit.visit_id,)).fetchone():
        raise Refused(Code.VISIT_CONFLICT, "a visit id twice")
    if connection.execute(
        "SELECT 1 FROM visit WHERE card_hash = ? AND closed = 0 AND ends > ?", (card_hash, visit.opened)
    ).fetchone():
        raise Refused(Code.VISIT_ELSEWHERE, "a visit with this card is open at another kiosk")
    (today,) = connection.execute(
        "SELECT count(*) FROM visit WHERE card_hash = ? AND opened >= ?", (card_hash, visit.day_began)
    ).fetchone()
    if today >= visit.most_a_day:
        raise Refused(Code.DAILY_LIMIT)
