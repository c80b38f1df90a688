"""What `issuing` and the clerk show alike of their copy: how far it is, how long it may rely on it, what stops it."""

from __future__ import annotations

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.process.rows import Rows
from konbini.process.tree_rows import size_of
from konbini.protocol.errors import Refused
from konbini.ward_server.decisions.stop import stop_code
from konbini.ward_server.following.rows import position
from konbini.ward_server.following.standing import break_of
from konbini.ward_server.following.upkeep import Upkeep

__all__ = ["CopyCondition"]

_MILLISECONDS = 1000

_log = logger("konbini.ward_server.following")


class CopyCondition:
    """The condition of one process's copy, read from its rows and from its lease."""

    def __init__(self, rows: Rows, upkeep: Upkeep, clock: Clock) -> None:
        self._rows = rows
        self._upkeep = upkeep
        self._clock = clock

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        stop, broken, number, entries = await self._rows.read(
            lambda connection: (
                stop_code(connection),
                break_of(connection),
                position(connection).number,
                size_of(connection),
            )
        )
        lease = self._upkeep.lease
        figures.gauge(Metric.STOP_CODE, int(stop or 0))
        figures.gauge(Metric.FEED_BREAK_CODE, 0 if broken is None else int(broken.code))
        figures.gauge(Metric.FEED_ENTRIES, number)
        figures.gauge(Metric.AUDIT_ENTRIES, entries)
        figures.gauge(Metric.FEED_LAG_ENTRIES, lease.behind)
        figures.gauge(Metric.LEASE_SECONDS, lease.left(self._clock.monotonic()))
        figures.gauge(Metric.OUTAGE, await self._upkeep.outages.now() is not None)
        await self._reconciled(figures)
        self._checkpoint(figures)

    async def missing(self) -> frozenset[Missing]:
        """Say what of the copy keeps the process from serving."""
        stop, broken = await self._rows.read(lambda connection: (stop_code(connection), break_of(connection)))
        missing = set()
        if stop is not None:
            missing.add(Missing.STOPPED)
        if broken is not None:
            missing.add(Missing.FEED_BROKEN)
        outage = await self._upkeep.outages.now()
        if outage is None and (self._upkeep.standby or not self._upkeep.lease.holds(self._clock.monotonic())):
            missing.add(Missing.NOT_CURRENT)
        return frozenset(missing)

    async def _reconciled(self, figures: Figures) -> None:
        last = await self._upkeep.reconciling.last()
        if last is not None:
            figures.gauge(Metric.DIFFERENCES, last.differences)
            figures.gauge(Metric.RECONCILED_AGE_SECONDS, self._age(last.moment))

    def _checkpoint(self, figures: Figures) -> None:
        """Give the age of what was published; what cannot be read is absent, and an alert rule asks for it."""
        try:
            published = self._upkeep.published_at()
        except (Refused, OSError) as fault:
            _log.warning("published checkpoint not read", error=type(fault).__name__)
            return
        if published is not None:
            figures.gauge(Metric.CHECKPOINT_AGE_SECONDS, self._age(published))

    def _age(self, moment: int) -> float:
        return (self._clock.now() - moment) / _MILLISECONDS
