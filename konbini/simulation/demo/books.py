"""What became of each visit, by the books of those who took part: the kiosk's journal, the coin device's own count.

The journal is read beside the kiosk that writes it, and never written.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from konbini.process.clock import Clock
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.kinds import Outcome
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import from_bytes

__all__ = ["Entry", "KioskBook"]

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The receipt of one order.

    Attributes:
        number: the issuance number, "" where the order got none.
        outcome: what became of the paper.
        fee: what the order cost, yen.
        kept: what stayed in the machine for it, yen.
        final: the ward has the receipt and said so.
    """

    number: str
    outcome: Outcome
    fee: int
    kept: int
    final: bool


class KioskBook:
    """A kiosk's journal, to be read.

    Args:
        path: its file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def visits(self) -> int:
        """Count the visits that a ward ever opened here."""
        with closing(self._open()) as journal:
            return int(journal.execute("SELECT count(*) FROM visit").fetchone()[0])

    def newest(self) -> int:
        """Give the place of the newest receipt."""
        with closing(self._open()) as journal:
            return int(journal.execute("SELECT coalesce(max(rowid), 0) FROM receipt").fetchone()[0])

    async def since(self, place: int, clock: Clock, *, patience: float) -> tuple[Entry, ...]:
        """Give the receipts of orders after a place, waiting up to `patience` seconds for their FINAL and the close."""
        until = clock.monotonic() + patience
        while True:
            entries, closed = await asyncio.to_thread(self._since, place)
            if (closed and all(entry.final for entry in entries)) or clock.monotonic() > until:
                return entries
            await clock.sleep(_LOOK_SECONDS)

    def _since(self, place: int) -> tuple[tuple[Entry, ...], bool]:
        with closing(self._open()) as journal:
            rows = journal.execute(
                "SELECT receipt.signed, receipt.final_index, paper_order.fee FROM receipt"
                " JOIN paper_order USING (visit_id, ordinal) WHERE receipt.rowid > ? ORDER BY receipt.rowid",
                (place,),
            ).fetchall()
            (open_visits,) = journal.execute("SELECT count(*) FROM visit WHERE ended = 0").fetchone()
        return tuple(_entry(*row) for row in rows), not open_visits

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)


def _entry(signed: bytes, final_index: int | None, fee: int) -> Entry:
    receipt = from_bytes(Receipt, unchecked_payload(signed))
    return Entry(
        number=receipt.number or "",
        outcome=receipt.outcome,
        fee=fee,
        kept=receipt.taken - receipt.returned - receipt.owed,
        final=final_index is not None,
    )
