"""A day's figures out of the journal: counts, outcomes and money, as its own signed receipts say.

A day is told once nothing of it is owed any more: each visit is closed, each order concluded, and the ward has every
receipt. Where an order in doubt is concluded later, the figures are signed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.accounts import DayFigures, day_of, put_together, span_of
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import from_bytes, to_bytes

__all__ = ["DayRows", "OwedFigures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedFigures:
    """Signed figures of which no FIGURES_NOTED came yet."""

    ward: str
    day: int
    signed: bytes


class DayRows:
    """The figures in the rows of the long-lived process."""

    def __init__(self, rows: Rows, kiosk: str) -> None:
        self._rows = rows
        self._kiosk = kiosk

    async def reckon(self, first: int, today: int, sign: Callable[[DayFigures], bytes]) -> None:
        """Sign the figures of every whole day that is at rest and not told yet, or told otherwise.

        Args:
            first: the earliest day that is looked at, yyyymmdd: all of it, or it would be told with fewer visits.
            today: yyyymmdd; it is not over, and not told.
            sign: signs with the device key.
        """

        def change(connection: Connection) -> None:
            for (ward, day), receipts in _at_rest(connection, first, today).items():
                figures = put_together(self._kiosk, ward, day, len(receipts), chain.from_iterable(receipts))
                known = connection.execute(
                    "SELECT signed FROM day_figures WHERE ward = ? AND day = ?", (ward, day)
                ).fetchone()
                if known is None or unchecked_payload(known[0]) != to_bytes(figures):
                    connection.execute(
                        "INSERT INTO day_figures (ward, day, signed) VALUES (?, ?, ?) ON CONFLICT (ward, day)"
                        " DO UPDATE SET signed = excluded.signed, final_index = NULL",
                        (ward, day, sign(figures)),
                    )

        await self._rows.write(change, step="day figures")

    async def owed(self) -> tuple[OwedFigures, ...]:
        """Give the figures of which no FIGURES_NOTED came, oldest first."""
        rows = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT ward, day, signed FROM day_figures WHERE final_index IS NULL ORDER BY day, ward"
            ).fetchall()
        )
        return tuple(OwedFigures(ward=row[0], day=row[1], signed=row[2]) for row in rows)

    async def noted(self, owed: OwedFigures, log_index: int) -> None:
        """Write down that the ward has these very figures; others that followed meanwhile stay owed."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "UPDATE day_figures SET final_index = ? WHERE ward = ? AND day = ? AND signed = ?",
                    (log_index, owed.ward, owed.day, owed.signed),
                ).rowcount
            ),
            step="figures noted",
        )


def _at_rest(connection: Connection, first: int, today: int) -> dict[tuple[str, int], list[list[Receipt]]]:
    """Give the visits of each ward and whole day of which nothing is owed, with the receipts of their orders."""
    visits = connection.execute(
        "SELECT visit_id, ward, ticketed, ended = 1"
        " AND NOT EXISTS (SELECT 1 FROM paper_order LEFT JOIN receipt USING (visit_id, ordinal)"
        "  WHERE paper_order.visit_id = visit.visit_id AND receipt.signed IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.visit_id = visit.visit_id AND final_index IS NULL)"
        " FROM visit WHERE ticketed >= ? ORDER BY ticketed",
        (span_of(first)[0],),
    ).fetchall()
    found: dict[tuple[str, int], list[list[Receipt]]] = {}
    waiting = set()
    for visit_id, ward, ticketed, at_rest in visits:
        key = (ward, day_of(ticketed))
        if key[1] >= today or not at_rest:
            waiting.add(key)
            continue
        found.setdefault(key, []).append(_receipts(connection, visit_id))
    return {key: receipts for key, receipts in found.items() if key not in waiting}


def _receipts(connection: Connection, visit_id: bytes) -> list[Receipt]:
    rows = connection.execute("SELECT signed FROM receipt WHERE visit_id = ? AND ordinal > 0", (visit_id,)).fetchall()
    return [from_bytes(Receipt, unchecked_payload(signed)) for (signed,) in rows]
