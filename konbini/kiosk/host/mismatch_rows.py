"""What the kiosk's checks found wrong with a document, in the journal: told to its ward until it is noted.

Invariants: one report an order, signed once; what is handed back with it names no person; it is owed until the ward's
MISMATCH_NOTED names it, whether or not the order's receipt has its FINAL.
"""

from __future__ import annotations

from collections.abc import Callable

from konbini.kiosk.channel.messages import FailedCheck
from konbini.kiosk.host.journal import OwedReceipt, VisitRow, owed_receipt, visit_row
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.receipts import Mismatch

__all__ = ["MismatchRows"]


class MismatchRows:
    """The reports in the rows of the long-lived process."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def found(self, failed: FailedCheck, sign: Callable[[VisitRow, Mismatch], bytes]) -> None:
        """Write down what a check found, with the report that is owed for it; the first of an order stands.

        Args:
            failed: what the visit says.
            sign: signs the report with the device key; called within the transaction.

        Raises:
            Refused: `ORDER_OUT_OF_TURN`: no such visit was opened.
        """

        def change(connection: Connection) -> None:
            visit = visit_row(connection, failed.visit_id)
            mismatch = Mismatch(
                visit_id=visit.visit_id,
                ordinal=failed.ordinal,
                t=visit.t,
                found=failed.found,
                handed=failed.handed,
            )
            connection.execute(
                "INSERT INTO mismatch (visit_id, ordinal, signed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (visit.visit_id, failed.ordinal, sign(visit, mismatch)),
            )

        await self._rows.write(change, step="mismatch")

    async def owed(self) -> tuple[OwedReceipt, ...]:
        """Give the reports of which no MISMATCH_NOTED came, oldest first."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit_id, visit, t, ward, ordinal, signed FROM mismatch JOIN visit USING (visit_id)"
                " WHERE final_index IS NULL ORDER BY mismatch.rowid"
            ).fetchall()
        )
        return tuple(map(owed_receipt, rows))

    async def noted(self, owed: OwedReceipt, log_index: int) -> None:
        """Write down that the ward has this report."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE mismatch SET final_index = ? WHERE visit_id = ? AND ordinal = ?",
                    (log_index, owed.visit.visit_id, owed.ordinal),
                ).rowcount
            ),
            step="mismatch noted",
        )
