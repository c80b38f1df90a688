"""A specimen (見本) of every page that a maintainer meets, filled with made-up values: for axe-core and for pictures.

Invariant, held by a test: every sentence that the page may begin with, every state of the cabinet, every event and
every condition of a device stands on one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from konbini.kiosk.maintenance.cabinet import Cabinet
from konbini.kiosk.maintenance.drawing import ServiceDrawing
from konbini.kiosk.maintenance.events import Entry, ServiceEvent
from konbini.kiosk.maintenance.ports import OrderLine, Standing
from konbini.kiosk.maintenance.sessions import Session
from konbini.protocol.errors import Code

__all__ = ["SERVICE_SPECIMENS", "ServiceSpecimen"]

_SESSION = Session(name="hoshu-1", token="", form_token="", last=0.0)
_MOMENT = 1_795_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpecimen:
    """One page: what it is called, what it begins with, and how the kiosk is; None where nobody is signed in."""

    name: str
    said: str = ""
    standing: Standing | None = None
    entries: tuple[Entry, ...] = ()

    def draw(self, drawing: ServiceDrawing, language: str) -> str:
        """Draw it."""
        if self.standing is None:
            return drawing.sign_in(language, said=self.said)
        return drawing.signed_in(language, _SESSION, self.standing, self.entries, said=self.said)


_ENDS = (
    *(("ORDERING", "", 0, False), ("HANDED", "JAM", 2, False)),
    *(("HANDED", "PRINTED", 1, True), ("ORDERING", "VOID", 0, True)),
)
"""How far orders came, how they ended, of how many pages, and whether the ward was told."""


def _orders() -> Iterator[OrderLine]:
    for row, (step, outcome, pages, told) in enumerate(_ENDS, 1):
        yield OrderLine(
            row=420 - row,
            ordinal=1,
            step=step,
            outcome=outcome,
            pages=pages,
            counter_before=10_412 - row,
            fee=300,
            told=told,
        )


def _entries(*events: ServiceEvent) -> tuple[Entry, ...]:
    return tuple(
        Entry(moment=_MOMENT - 90 * at, event=event, who="" if event in _NOBODYS else _SESSION.name)
        for at, event in enumerate(events)
    )


_NOBODYS = (ServiceEvent.SIGN_IN_REFUSED, ServiceEvent.SIGN_IN_THROTTLED, ServiceEvent.CABINET_FORCED)
_SERVING = Standing(
    kiosk="K-0001",
    version="0.1.0",
    serving=True,
    fault=None,
    parts=(("reader", "good"), ("printer", "good"), ("paper", "warning"), ("coins", "good")),
    counts=(
        *(("impressions", 10_412), ("jobs_held", 0), ("visits", 1_204), ("visits_open", 0), ("unsettled", 0)),
        *(("receipts_owed", 0), ("remarks_owed", 0), ("printed", 1_140), ("cancelled", 58), ("void", 4), ("jam", 2)),
    ),
    wards=(("131997", None), ("131105", Code.WARD_CLOSED)),
    left=(),
    orders=tuple(_orders()),
    cabinet=Cabinet.SHUT,
    paused=False,
)
_BROKEN = replace(
    _SERVING,
    serving=False,
    fault=Code.PRINTER_UNAVAILABLE,
    parts=(("reader", "absent"), ("printer", "fault"), ("paper", "warning"), ("coins", "good")),
    wards=(),
    left=("card", "paper", "coins"),
    orders=(),
)
SERVICE_SPECIMENS = (
    ServiceSpecimen(name="service-sign-in"),
    *(
        ServiceSpecimen(name=f"service-sign-in-{at}", said=said)
        for at, said in enumerate(("sign_in_refused", "sign_in_throttled", "session_over"), 2)
    ),
    ServiceSpecimen(
        name="service", standing=_SERVING, entries=_entries(ServiceEvent.SIGNED_IN, ServiceEvent.SIGN_IN_REFUSED)
    ),
    ServiceSpecimen(
        name="service-paused",
        said="done",
        standing=replace(_SERVING, serving=False, fault=Code.UNDER_MAINTENANCE, cabinet=Cabinet.SERVICED, paused=True),
        entries=_entries(ServiceEvent.CABINET_SERVICED, ServiceEvent.PAUSED, ServiceEvent.SIGNED_IN),
    ),
    ServiceSpecimen(
        name="service-forced",
        said="cabinet_open",
        standing=replace(_SERVING, serving=False, fault=Code.CABINET_OPEN, cabinet=Cabinet.FORCED),
        entries=_entries(ServiceEvent.SIGNED_IN, ServiceEvent.SIGN_IN_THROTTLED, ServiceEvent.CABINET_FORCED),
    ),
    ServiceSpecimen(name="service-printed", said="test_printed", standing=_SERVING, entries=_entries(*ServiceEvent)),
    *(
        ServiceSpecimen(name=f"service-printer-{at}", said=said, standing=_BROKEN)
        for at, said in enumerate(("printer", "test_failed", "visit_under_way"), 1)
    ),
)
"""In the order in which a maintainer meets them."""
