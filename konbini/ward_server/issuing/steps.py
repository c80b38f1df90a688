"""The steps of an order, timed: how long each took, and what became of the order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from konbini.process.clock import Clock
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures
from konbini.process.traces.attributes import SpanName
from konbini.process.traces.ports import Traces
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.issuing.step_times import StepTimes, TimesOfStep

__all__ = ["UNREAD", "OrderSteps"]

UNREAD = "unread"
"""In the place of a kind that was not read."""
_STEPS: Final = Metric.ORDER_STEP_SECONDS.value.labels[0].values or ()
"""The steps, in the order in which an order takes them."""


class OrderSteps:
    """Tells of the orders of one process; `since` is when it began to, in Unix milliseconds."""

    def __init__(self, measures: Measures, traces: Traces, clock: Clock) -> None:
        self._measures = measures
        self._traces = traces
        self._clock = clock
        self._times = StepTimes(_STEPS)
        self.since = clock.now()

    @contextmanager
    def one(self, step: str) -> Iterator[None]:
        """Time and trace one step, however it ends. It is measured once: for the histogram and for whoever watches."""
        began = self._clock.monotonic()
        try:
            with self._traces.within(SpanName.WARD_ORDER_STEP, step=step):
                yield
        finally:
            now = self._clock.monotonic()
            self._measures.observe(Metric.ORDER_STEP_SECONDS, now - began, step=step)
            self._times.took(step, now - began, now)

    def newest(self) -> tuple[TimesOfStep, ...]:
        """Give how long the steps of the last hour's newest orders took."""
        return self._times.newest(self._clock.monotonic())

    def issued(self, kind: CertificateKind) -> None:
        """Count a document that goes out."""
        self._measures.count(Metric.ORDERS, kind=kind, outcome="issued")

    def again(self) -> None:
        """Count an order that was answered before."""
        self._measures.count(Metric.ORDERS, kind=UNREAD, outcome="again")

    def refused(self, kind: CertificateKind | str, code: Code) -> None:
        """Count an order for which no number was reserved."""
        self._end(kind, "refused", code)

    def void(self, kind: CertificateKind, code: Code) -> None:
        """Count a number that was voided."""
        self._end(kind, "void", code)

    def _end(self, kind: CertificateKind | str, outcome: str, code: Code) -> None:
        self._measures.count(Metric.ORDERS, kind=kind, outcome=outcome)
        self._measures.count(Metric.REFUSALS, at="order", code=code)
