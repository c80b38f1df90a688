"""The ledger whole: its parts over one file of rows, and the audit log that all of them write."""

from __future__ import annotations

from collections.abc import Callable

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.decisions.stop import Stop
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.ledger.asserting import hold_against_link
from konbini.ward_server.issuing.ledger.barred import Barred, Part, PartScope, all_barred, check_not_barred, is_barred
from konbini.ward_server.issuing.ledger.cases import Case, all_cases
from konbini.ward_server.issuing.ledger.days import DayLedger
from konbini.ward_server.issuing.ledger.doubts import Doubt, all_doubts
from konbini.ward_server.issuing.ledger.issuances import IssuanceLedger
from konbini.ward_server.issuing.ledger.lists import ListLedger
from konbini.ward_server.issuing.ledger.mismatches import MismatchLedger
from konbini.ward_server.issuing.ledger.orders import OrderRow, orders_between
from konbini.ward_server.issuing.ledger.own_lists import OwnListLedger
from konbini.ward_server.issuing.ledger.receipts import ReceiptLedger
from konbini.ward_server.issuing.ledger.reviews import ReviewLedger
from konbini.ward_server.issuing.ledger.summary import Summary, summarise
from konbini.ward_server.issuing.ledger.today import Today, count_today
from konbini.ward_server.issuing.ledger.visits import VisitLedger
from konbini.ward_server.issuing.ledger.waiting import Waiting, count_waiting
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Ledger"]

_MOST_LISTED = 200


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
        self._current = current
        self.own_lists = OwnListLedger(rows, hash_card=hash_card)
        self.receipts = ReceiptLedger(rows)
        self.mismatches = MismatchLedger(rows)
        self.days = DayLedger(rows, ward)
        self.stop = stop
        self.lists = ListLedger(rows)
        self.reviews = ReviewLedger(rows)

    async def record(self, entry: AuditEntry) -> None:
        """Write one audit entry."""
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    async def check_serving(self, kiosk: str, link: str) -> tuple[Outage | None, frozenset[CertificateKind]]:
        """Refuse where a kiosk gets nothing now, and give the outage in force and the kinds that are held.

        Raises:
            Refused: as `Current.check` and `check_not_barred`.
        """

        def look(connection: Connection) -> tuple[Outage | None, frozenset[CertificateKind]]:
            return self._current.check_in(connection), check_not_barred(connection, kiosk, link)

        return await self._rows.read(look)

    async def barred(self) -> tuple[Barred, ...]:
        """Give everything that is barred, the newest first."""
        return await self._rows.read(all_barred)

    async def cases(self, before: int, *, closed: bool) -> tuple[Case, ...]:
        """Give cases that are open, or that are closed, the newest below a number."""
        return await self._rows.read(lambda connection: all_cases(connection, before, _MOST_LISTED, closed=closed))

    async def doubts(self, now: int) -> tuple[Doubt, ...]:
        """Give the orders in doubt, the oldest; `now` is Unix seconds."""
        return await self._rows.read(lambda connection: all_doubts(connection, now, _MOST_LISTED))

    async def orders(self, first: int, last: int) -> tuple[OrderRow, ...]:
        """Give the orders from one day (yyyymmdd) to another, for the figures of days and months."""
        return await self._rows.read(lambda connection: orders_between(connection, first, last))

    async def hold_against_link(self, entry: AuditEntry, link: str) -> None:
        """Bar a link for what came over it; one that is barred already says nothing new."""

        def change(connection: Connection) -> None:
            if not is_barred(connection, Part(scope=PartScope.LINK, name=link)):
                hold_against_link(connection, entry, link)

        await self._rows.write(change, step="link")

    async def waiting(self) -> Waiting:
        """Count what waits."""
        return await self._rows.read(count_waiting)

    async def today(self, day_began: int) -> Today:
        """Count a day that began at `day_began` (Unix seconds); it walks all that was issued on it."""
        return await self._rows.read(lambda connection: count_today(connection, day_began))

    async def summary(self, most: int) -> Summary:
        """Give the ledger at this moment, with its newest `most` issuances."""
        return await self._rows.read(lambda connection: summarise(connection, most))
