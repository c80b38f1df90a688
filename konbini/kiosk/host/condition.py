"""What the kiosk's long-lived process shows of itself: its parts, its link, what keeps it from serving."""

from __future__ import annotations

from collections.abc import Callable

from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.kiosk.host.wards import Wards
from konbini.process.clock import Clock, to_seconds
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.protocol.kinds import LeftThings

__all__ = ["KioskCondition"]


class KioskCondition:
    """A `Condition`.

    Args:
        devices: the parts, watched.
        left: what lies there.
        wards: what can be chosen.
        link_up: whether the link stands.
        visit_under_way: whether a visit has the printer, or its end is being settled.
        clock: the moment of an offer.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        devices: DeviceWatch,
        left: LeftWatch,
        wards: Wards,
        link_up: Callable[[], bool],
        visit_under_way: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._left = left
        self._wards = wards
        self._link_up = link_up
        self._visit_under_way = visit_under_way
        self._clock = clock

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        conditions = self._devices.conditions
        for part, condition in (
            ("reader", conditions.reader),
            ("printer", conditions.printer),
            ("paper", conditions.paper),
            ("coins", conditions.coins),
        ):
            figures.gauge(Metric.PART, int(condition), part=part)
        for thing in LeftThings:
            figures.gauge(Metric.LEFT, bool(self._left.told & thing), thing=thing)
        figures.gauge(Metric.FAULT_CODE, self._devices.devices.fault)
        figures.gauge(Metric.LINK_UP, self._link_up())
        figures.gauge(Metric.VISIT_UNDER_WAY, self._visit_under_way())

    async def missing(self) -> frozenset[Missing]:
        """Say what keeps a visit from beginning now; one that is under way keeps the next one waiting, no more."""
        missing = set()
        if not self._link_up():
            missing.add(Missing.LINK_DOWN)
        if self._devices.devices.fault:
            missing.add(Missing.DEVICE_FAULT)
        offer = self._wards.on_offer(to_seconds(self._clock.now()), link_up=self._link_up())
        if all(ward.code for ward in offer.wards):
            missing.add(Missing.NO_WARD)
        return frozenset(missing)
