"""What `issuing` shows of itself: its gauges, and what keeps it from issuing a paper now."""

from __future__ import annotations

from collections.abc import Callable

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.protocol.kinds import LeftThings
from konbini.protocol.service import State
from konbini.ward_server.following.figures import CopyCondition
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.health import HealthNow
from konbini.ward_server.issuing.ledger.barred import PartScope
from konbini.ward_server.issuing.states import KioskStates

__all__ = ["IssuingCondition"]


class IssuingCondition:
    """A `Condition`.

    Args:
        desk: of `issuing`.
        copy: the condition of its copy.
        health: looks at what a paper needs.
        states: the last words of kiosks.
        frames: how many frames are being answered.
    """

    def __init__(
        self, desk: Desk, *, copy: CopyCondition, health: HealthNow, states: KioskStates, frames: Callable[[], int]
    ) -> None:
        self._desk = desk
        self._copy = copy
        self._health = health
        self._states = states
        self._frames = frames

    async def read(self, figures: Figures) -> None:
        """Give the gauges."""
        now = self._desk.now()
        await self._copy.read(figures)
        health = await self._health.now()
        figures.gauge(Metric.LINK_UP, health.link_up)
        figures.gauge(Metric.CLERK_SERVES, health.clerk_serves)
        figures.gauge(Metric.OPEN_VISITS, self._desk.visits.count(now.seconds))
        figures.gauge(Metric.FRAMES_UNDER_WAY, self._frames())
        waiting = await self._desk.ledger.waiting()
        figures.gauge(Metric.UNSETTLED_ORDERS, waiting.sealing, state="sealing")
        figures.gauge(Metric.UNSETTLED_ORDERS, waiting.issued, state="issued")
        figures.gauge(Metric.IN_DOUBT_ORDERS, waiting.in_doubt)
        figures.gauge(Metric.OPEN_CASES, waiting.cases)
        figures.gauge(Metric.OUTAGE_PAPERS_WAITING, waiting.reviews.waiting)
        figures.gauge(Metric.ALERTS_OWED, waiting.alerts)
        figures.gauge(Metric.TIME_STAMPS_OWED, waiting.stamps)
        for state in self._states.all():
            _tell_kiosk(figures, state, now.seconds)

    async def missing(self) -> frozenset[Missing]:
        """Say what keeps a paper from being issued now."""
        missing, health = set(await self._copy.missing()), await self._health.now()
        if not health.open_now:
            missing.add(Missing.OUT_OF_HOURS)
        if any(one.part.scope is PartScope.WARD for one in await self._desk.ledger.barred()):
            missing.add(Missing.HELD)
        if not health.link_up:
            missing.add(Missing.LINK_DOWN)
        if not health.clerk_serves:
            missing.add(Missing.CLERK_AWAY if health.clerk is None else Missing.CLERK_NOT_READY)
        return frozenset(missing)


def _tell_kiosk(figures: Figures, state: State, seconds: int) -> None:
    """Give a kiosk's last word; its name is of the register, or its word was not taken."""
    for part, condition in (
        ("reader", state.reader),
        ("printer", state.printer),
        ("paper", state.paper),
        ("coins", state.coins),
    ):
        figures.gauge(Metric.KIOSK_PART, int(condition), kiosk=state.kiosk, part=part)
    for thing in LeftThings:
        figures.gauge(Metric.KIOSK_LEFT, bool(state.left & thing), kiosk=state.kiosk, thing=thing)
    figures.gauge(Metric.KIOSK_FAULT_CODE, state.fault, kiosk=state.kiosk)
    figures.gauge(Metric.KIOSK_WORD_AGE_SECONDS, max(seconds - state.at, 0), kiosk=state.kiosk)
