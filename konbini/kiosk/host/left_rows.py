"""What nobody took, in the journal: told after a crash as before it. Nothing here names a person.

Invariants: of each kind one thing lies there at a time; a LEFT is signed when the shop is told and once more when the
paper is gone, and owed to the ward until its LEFT_NOTED names it. It goes out after the order's receipt has its FINAL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.host.journal import OwedReceipt, VisitRow, owed_receipt
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.kinds import LeftThings, Outcome
from konbini.protocol.receipts import LeftPaper

__all__ = ["LeftRows", "LyingThing"]

_WITH_PAPER = (Outcome.PRINTED, Outcome.JAM, Outcome.IN_DOUBT)
"""Outcomes of orders of which a page may lie in the exit; of one that is in doubt for its money alone none does."""
_Sign = Callable[[VisitRow, LeftPaper], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingThing:
    """One thing that lies there. `since` is Unix seconds; `told`: the shop was told of it."""

    number: int
    thing: LeftThings
    since: int
    told: bool


class LeftRows:
    """The rows of what was left."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def found(self, thing: LeftThings, since: int, *, visit_id: bytes | None = None, first: int = 1) -> None:
        """Write down that something was left; once for as long as it lies there.

        Args:
            thing: one of them.
            since: Unix seconds.
            visit_id: whose paper it is, where that is known.
            first: the first of the visit's orders whose paper it may be.
        """
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO left_thing (thing, visit_id, first, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (thing, visit_id, first, since),
                ).rowcount
            ),
            step="left",
        )

    async def lying(self) -> tuple[LyingThing, ...]:
        """Give what lies there."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT number, thing, since, told FROM left_thing WHERE gone IS NULL ORDER BY number"
            ).fetchall()
        )
        return tuple(
            LyingThing(number=row[0], thing=LeftThings(row[1]), since=row[2], told=bool(row[3])) for row in rows
        )

    async def told(self, lying: LyingThing, sign: _Sign) -> None:
        """Write down that the shop was told; of a paper its ward is owed the same word."""

        def change(connection: Connection) -> None:
            connection.execute("UPDATE left_thing SET told = 1 WHERE number = ?", (lying.number,))
            _owe(connection, lying, None, sign)

        await self._rows.write(change, step="left told")

    async def gone(self, lying: LyingThing, moment: int, sign: _Sign) -> None:
        """Write down that it lies there no more; whoever was told that it did is owed this too."""

        def change(connection: Connection) -> None:
            connection.execute("UPDATE left_thing SET gone = ? WHERE number = ?", (moment, lying.number))
            if lying.told:
                _owe(connection, lying, max(moment, lying.since), sign)

        await self._rows.write(change, step="left gone")

    async def owed(self) -> tuple[OwedReceipt, ...]:
        """Give the LEFT messages that can be sent now and of which no LEFT_NOTED came."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT visit_id, visit, t, ward, ordinal, left_paper.signed FROM left_paper"
                " JOIN visit USING (visit_id) JOIN receipt USING (visit_id, ordinal)"
                " WHERE left_paper.final_index IS NULL AND receipt.final_index IS NOT NULL ORDER BY left_paper.rowid"
            ).fetchall()
        )
        return tuple(map(owed_receipt, rows))

    async def noted(self, owed: OwedReceipt, log_index: int) -> None:
        """Write down that the ward has this very message; one that followed it meanwhile stays owed."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE left_paper SET final_index = ? WHERE visit_id = ? AND ordinal = ? AND signed = ?",
                    (log_index, owed.visit.visit_id, owed.ordinal, owed.signed),
                ).rowcount
            ),
            step="left noted",
        )


def _owe(connection: Connection, lying: LyingThing, gone: int | None, sign: _Sign) -> None:
    """Owe the ward a LEFT for each order whose paper it may be; nothing where it is of no visit that is known."""
    if lying.thing is not LeftThings.PAPER:
        return
    orders = connection.execute(
        "SELECT visit.visit_id, visit, t, ward, ordinal FROM left_thing JOIN visit USING (visit_id)"
        " JOIN receipt USING (visit_id) WHERE left_thing.number = ? AND ordinal >= max(first, 1)"
        " AND outcome IN (?, ?, ?) AND NOT EXISTS (SELECT 1 FROM paper_order"
        "  WHERE paper_order.visit_id = receipt.visit_id AND paper_order.ordinal = receipt.ordinal"
        "  AND money_unknown = 1 AND step < ?) ORDER BY ordinal",
        (lying.number, *_WITH_PAPER, Step.PRINTING),
    ).fetchall()
    for visit_id, visit, t, ward, ordinal in orders:
        row = VisitRow(visit_id=visit_id, visit=visit, t=t, ward=ward)
        left = LeftPaper(visit_id=visit_id, ordinal=ordinal, t=t, since=lying.since, gone=gone)
        connection.execute(
            "INSERT INTO left_paper (visit_id, ordinal, signed) VALUES (?, ?, ?)"
            " ON CONFLICT (visit_id, ordinal) DO UPDATE SET signed = excluded.signed, final_index = NULL",
            (visit_id, ordinal, sign(row, left)),
        )
