"""What a window of visits comes to: what each service added, where time went, what each process used. Pure.

Every visit is one trace, so that what a service did for it is a sum of its own spans. The kiosk's steps are counted at
the kiosk: what no span of a service covers there is links, sockets, and the kiosk's own work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.simulation.bench.figures.spread import Spread, median, of_sums, quantile
from konbini.simulation.bench.whole.drivers import Visit
from konbini.simulation.bench.whole.kiosk import STEPS

__all__ = ["ADDS", "KIOSKS", "STRETCHES", "Slice", "Window", "added", "cpu_ms", "is_steady", "served", "stretches"]

KIOSKS: Final = "kiosks"
"""In the place of a process: all that play kiosks."""
_MS: Final = 1000
_P99: Final = 0.99
_STEADY: Final = 0.97
_ORDER_STEPS: Final = ("rules", "reserve", "certify", "draw", "seal", "complete")
_CLERK: Final = ("ward.order_step certify", "ward.order_step seal")
ADDS: Final = (
    "whole issue",
    "ward: ORDER to DOCUMENT",
    "ward, all messages",
    "of it the clerk",
    "center, all messages",
)
"""What `added` tells of."""
STRETCHES: Final = (
    "HELLO to TICKET",
    "the card signs",
    "OPEN to MENU: the ward",
    "OPEN to MENU: links, center, kiosk",
    *(f"ORDER to DOCUMENT: {step}" for step in _ORDER_STEPS),
    "ORDER to DOCUMENT: rest of the ward",
    "ORDER to DOCUMENT: links, center, kiosk",
    "the kiosk verifies the PDF",
    "two RECEIPTs to FINAL: the ward",
    "two RECEIPTs to FINAL: links, center, journal",
)
"""Where the time of a visit goes, in its order; `certify` and `seal` are calls to the clerk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """About a second: its length, the visits that ended in it, CPU seconds by process."""

    seconds: float
    ended: int
    cpu: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some seconds at one rate.

    Attributes:
        due: residents a second; 0 where each kiosk took the next as soon as it was free.
        visits: that were due within it.
        slices: of which it is made.
        waited: residents who had no kiosk at its end.
        kiosks: how many there are.
    """

    due: float
    visits: Sequence[Visit]
    slices: Sequence[Slice]
    waited: int
    kiosks: int


Spans = Mapping[str, float]
"""Seconds by kind of span of one visit."""


def served(window: Window) -> Spread:
    """Give the issues a second."""
    return of_sums([(one.ended, one.seconds) for one in window.slices])


def is_steady(window: Window) -> bool:
    """Whether residents were served as fast as they came, so that no queue grew."""
    return window.waited < window.kiosks and served(window).value >= window.due * _STEADY


def cpu_ms(window: Window, process: str) -> Spread:
    """Give what an issue cost a process, CPU milliseconds.

    Raises:
        ZeroDivisionError: no visit ended.
    """
    return of_sums([(one.cpu[process] * _MS, one.ended) for one in window.slices])


def added(visits: Sequence[Visit], spans: Mapping[str, Spans]) -> dict[str, tuple[Spread, Spread]]:
    """Give p50 and p99 of each of `ADDS`, milliseconds.

    Raises:
        ValueError: there is no visit.
    """
    each: dict[str, list[float]] = {name: [] for name in ADDS}
    for visit in visits:
        of_visit = spans[visit.trace]
        order = of_visit["ward.frame order"]
        ward = sum(seconds for kind, seconds in of_visit.items() if kind.startswith("ward.frame "))
        clerk = sum(of_visit[step] for step in _CLERK)
        center = sum(seconds for kind, seconds in of_visit.items() if kind.startswith("center.frame "))
        for name, seconds in zip(ADDS, (visit.seconds, order, ward, clerk, center), strict=True):
            each[name].append(seconds * _MS)
    return {name: (median(values), quantile(values, _P99)) for name, values in each.items()}


def stretches(visits: Sequence[Visit], spans: Mapping[str, Spans]) -> dict[str, float]:
    """Give the mean milliseconds of each of `STRETCHES`; they add up to a visit without its wait for a kiosk.

    Raises:
        ZeroDivisionError: there is no visit.
    """
    sums = dict.fromkeys(STRETCHES, 0.0)
    for visit in visits:
        for name, seconds in zip(STRETCHES, _stretches_of(visit, spans[visit.trace]), strict=True):
            sums[name] += seconds
    return {name: seconds * _MS / len(visits) for name, seconds in sums.items()}


def _stretches_of(visit: Visit, spans: Spans) -> Sequence[float]:
    steps = dict(zip(STEPS, visit.steps, strict=True))
    opened, ordered, told = (spans[f"ward.frame {kind}"] for kind in ("open", "order", "receipt"))
    inside = [spans[f"ward.order_step {step}"] for step in _ORDER_STEPS]
    return (
        steps["ticket"],
        steps["card"],
        opened,
        steps["menu"] - opened,
        *inside,
        ordered - sum(inside),
        steps["document"] - ordered,
        steps["verified"],
        told,
        steps["final"] - told,
    )
