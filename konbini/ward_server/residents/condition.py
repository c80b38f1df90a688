"""What the registry shows of itself: its log, its feed, who follows how far, what waits for a second operator."""

from __future__ import annotations

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.tree_rows import size_of
from konbini.ward_server.residents.acknowledging import Acknowledging

__all__ = ["RegistryCondition"]


class RegistryCondition:
    """A `Condition`. It serves whenever it is healthy: whoever follows it has a lease to lose, it has none."""

    def __init__(self, rows: Rows, acknowledging: Acknowledging) -> None:
        self._rows = rows
        self._acknowledging = acknowledging

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        entries, waiting, number = await self._rows.read(_counts)
        figures.gauge(Metric.AUDIT_ENTRIES, entries)
        figures.gauge(Metric.CHANGES_WAITING, waiting)
        figures.gauge(Metric.FEED_ENTRIES, number)
        for follower, behind in self._acknowledging.behind().items():
            figures.gauge(Metric.FOLLOWER_LAG_ENTRIES, behind, follower=follower)

    async def missing(self) -> frozenset[Missing]:
        """Nothing: see the class."""
        return frozenset()


def _counts(connection: Connection) -> tuple[int, int, int]:
    (waiting,) = connection.execute("SELECT count(*) FROM change WHERE state = 1").fetchone()
    (number,) = connection.execute("SELECT coalesce(max(last), 0) FROM feed_block").fetchone()
    return size_of(connection), int(waiting), int(number)
