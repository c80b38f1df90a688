"""Mismatches that kiosks report: a DOCUMENT that did not pass their checks, with what this ward signed handed back.

What is handed back is held against the ward's own rows. Where they contradict each other, the ward has proof against
itself, and stops; where they agree, the kiosk asserts something that nobody can check here, and it alone stands still.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.protocol.visits import Document
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.stop import keep_stop
from konbini.ward_server.issuing.ledger.asserting import hold_against
from konbini.ward_server.issuing.ledger.cases import CaseParty, open_case, said_before
from konbini.ward_server.issuing.ledger.issuances import IssuanceState

__all__ = ["MismatchLedger", "NewMismatch"]

_SENT = (IssuanceState.ISSUED, IssuanceState.SETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMismatch:
    """A report as a device signed it; `visit` is v.

    `document` is what was handed back, None where this ward did not sign it; `handed` the hash of its signed bytes.
    """

    visit: bytes
    ordinal: int
    party: CaseParty
    document: Document | None
    handed: bytes


class MismatchLedger:
    """The reports in the rows of `issuing`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def take(self, new: NewMismatch, entry: AuditEntry) -> int:
        """Take a report; the same one again changes nothing.

        Returns:
            Its place in the audit log.
        """

        def change(connection: Connection) -> int:
            if new.document is not None and _contradicts(connection, new, new.document):
                return _stop(connection, entry, new)
            reported = replace(entry, event=AuditEvent.MISMATCH_REPORTED, code=Code.DOCUMENT_INVALID)
            return hold_against(connection, reported, new.party)

        return await self._rows.write(change, step="mismatch")


def _stop(connection: Connection, entry: AuditEntry, new: NewMismatch) -> int:
    """Stop the ward; the same document handed back again proves nothing new to whoever released it since."""
    proven = replace(entry, event=AuditEvent.MISMATCH_PROVEN, code=Code.SIGNED_OTHERWISE, digest=new.handed)
    before = said_before(connection, proven)
    if before is not None:
        return before
    index = open_case(connection, proven, new.party)
    keep_stop(connection, entry.moment, Code.SIGNED_OTHERWISE, "a document of ours that our rows contradict")
    append(connection, replace(proven, event=AuditEvent.ISSUING_STOPPED))
    return index


def _contradicts(connection: Connection, new: NewMismatch, document: Document) -> bool:
    """Say whether what this ward signed is something else than what its rows say that it issued to this kiosk."""
    row = connection.execute(
        "SELECT kiosk, t, number, fee, print_by, coalesce(pdf_hash, ?), state FROM issuance"
        " WHERE visit = ? AND ordinal = ?",
        (document.pdf_hash, new.visit, new.ordinal),
    ).fetchone()
    if row is None:  # of an order whose history has ended its number alone is left
        ended = connection.execute("SELECT 1 FROM ended_number WHERE number = ?", (document.number,)).fetchone()
        return ended is None
    signed = (document.t, document.number, document.fee, document.print_by, document.pdf_hash)
    return tuple(row[:6]) != (new.party.kiosk, *signed) or document.ordinal != new.ordinal or row[6] not in _SENT
