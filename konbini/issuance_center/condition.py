"""What the center shows of itself: links, tickets, frames by kind and size. No visit, no kiosk and no body."""

from __future__ import annotations

from konbini.issuance_center.ledger import Ledger
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.trust import Trust
from konbini.issuance_center.wards import WardsToday
from konbini.process.clock import Clock, to_seconds
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures

__all__ = ["CenterCondition"]


class CenterCondition:
    """A `Condition`."""

    def __init__(self, *, trust: Trust, wards: WardsToday, lines: Lines, ledger: Ledger, clock: Clock) -> None:
        self._trust = trust
        self._wards = wards
        self._lines = lines
        self._ledger = ledger
        self._clock = clock

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        figures.gauge(Metric.CONNECTED, len(self._lines.kiosks), end="kiosk")
        figures.gauge(Metric.CONNECTED, len(self._lines.wards), end="ward")
        figures.gauge(Metric.LISTED, len(self._trust.kiosk_names), end="kiosk")
        figures.gauge(Metric.LISTED, len(self._trust.servers), end="ward")
        for ward in self._trust.ward_names:
            figures.gauge(Metric.WARD_SERVERS, self._wards.living(ward), ward=ward)
        unsettled = await self._ledger.unsettled(to_seconds(self._clock.now()))
        figures.gauge(Metric.UNSETTLED_VISITS, len(unsettled))
        figures.gauge(Metric.TIME_STAMPS_OWED, await self._ledger.stamps_owed())

    async def missing(self) -> frozenset[Missing]:
        """Say what keeps every visit from beginning: the hours, or that no ward is there."""
        moment = to_seconds(self._clock.now())
        open_now = {ward for ward in self._trust.ward_names if self._trust.open_at(ward, moment)}
        if not open_now:
            return frozenset({Missing.OUT_OF_HOURS})
        return frozenset() if any(map(self._wards.living, open_now)) else frozenset({Missing.NO_WARD})
