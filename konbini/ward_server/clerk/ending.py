"""What the clerk certified and sealed, ended with its time: by the day that the number names.

Destroyed is what says something of the paper: the digest of its facts, the signatures of its pages, its hash and its
signature. Which number stands at which place of which status list stays for ever, since the list does.

Table: `certified`.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.japan import JAPAN
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.following.ending import followers_holdings
from konbini.ward_server.keeping.by_day import ByDay
from konbini.ward_server.keeping.holding import Holding
from konbini.ward_server.settings.retention import Kept

__all__ = ["HOLDINGS", "CertifiedOrders"]

_MILLISECONDS: Final = 1000
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)


class CertifiedOrders:
    """Certified orders. All numbers of a clerk are of one ward, so that they stand in the order of their days."""

    def oldest(self, connection: Connection, begin: int, end: int) -> int | None:
        """Give the beginning of the day of the first of them."""
        found = self._between(connection, begin, end, 1)
        if not found:
            return None
        day = IssuanceNumber.parse(found[0]).date
        return int(dt.datetime(day.year, day.month, day.day, tzinfo=JAPAN).timestamp()) * _MILLISECONDS

    def destroy(self, connection: Connection, begin: int, end: int, most: int) -> int:
        """Empty them."""
        found = self._between(connection, begin, end, most)
        connection.executemany(
            "UPDATE certified SET facts_digest = ?1, page_signatures = ?1, pdf_hash = NULL, suffix = NULL"
            " WHERE number = ?2",
            [(b"", number) for number in found],
        )
        return len(found)

    def _between(self, connection: Connection, begin: int, end: int, most: int) -> list[str]:
        first = connection.execute("SELECT number FROM certified ORDER BY number LIMIT 1").fetchone()
        if first is None:
            return []
        ward = IssuanceNumber.parse(first[0]).ward
        rows = connection.execute(
            "SELECT number FROM certified WHERE number >= ? AND number < ? AND length(facts_digest) > 0"
            " ORDER BY number LIMIT ?",
            (_prefix(ward, begin), _prefix(ward, end), most),
        )
        return [number for (number,) in rows.fetchall()]


def _prefix(ward: str, moment: int) -> str:
    day = dt.datetime.fromtimestamp(moment / _MILLISECONDS, JAPAN).date()
    return f"{ward}-~" if day > _LAST else f"{ward}-{max(day, _FIRST):%y%m%d}"


HOLDINGS: Final[tuple[Holding, ...]] = followers_holdings((ByDay(kept=Kept.CERTIFIED_ORDER, rows=CertifiedOrders()),))
"""What the clerk keeps for a time."""
