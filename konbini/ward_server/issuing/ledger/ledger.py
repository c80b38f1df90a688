"""The ledger whole: its parts over one file of rows, and the audit log that all of them write."""

from __future__ import annotations

from collections.abc import Callable

from konbini.process.rows import Rows
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.stop import Stop
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.ledger.issuances import IssuanceLedger
from konbini.ward_server.issuing.ledger.lists import ListLedger
from konbini.ward_server.issuing.ledger.receipts import ReceiptLedger
from konbini.ward_server.issuing.ledger.reviews import ReviewLedger
from konbini.ward_server.issuing.ledger.summary import Summary, summarise
from konbini.ward_server.issuing.ledger.visits import VisitLedger
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Ledger"]


class Ledger:
    """The ledger in the rows of `issuing`."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        rows: Rows,
        feed: FeedRows,
        *,
        ward: str,
        hash_card: Callable[[CardSerial], bytes],
        stop: Stop,
        current: Current,
    ) -> None:
        self._rows = rows
        self.visits = VisitLedger(rows, hash_card=hash_card)
        self.issuances = IssuanceLedger(rows, feed, current, ward=ward)
        self.receipts = ReceiptLedger(rows)
        self.stop = stop
        self.lists = ListLedger(rows)
        self.reviews = ReviewLedger(rows)

    async def record(self, entry: AuditEntry) -> None:
        """Write one audit entry."""
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    async def summary(self, most: int) -> Summary:
        """Give the ledger at this moment, with its newest `most` issuances."""
        return await self._rows.read(lambda connection: summarise(connection, most))
