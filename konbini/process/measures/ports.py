"""The port that rooms count through, and the one that counts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Protocol, TypeAlias

from konbini.process.clock import Clock
from konbini.process.measures.catalogue import Metric

__all__ = ["LabelValue", "Measures", "NoMeasures", "timed"]

LabelValue: TypeAlias = str | Enum


class Measures(Protocol):
    """Counts and times. Neither raises, waits or fails: what cannot be counted is counted as withheld."""

    def count(self, metric: Metric, by: int = 1, /, **labels: LabelValue) -> None:
        """Add to a counter. Safe in any thread."""

    def observe(self, metric: Metric, amount: float, /, **labels: LabelValue) -> None:
        """Add one observation to a histogram. Safe in any thread."""


class NoMeasures:
    """Counts nothing: for a process whose configuration has no [measures], which says so in its log at its start."""

    __slots__ = ()

    def count(self, metric: Metric, by: int = 1, /, **labels: LabelValue) -> None:
        """Count nothing."""

    def observe(self, metric: Metric, amount: float, /, **labels: LabelValue) -> None:
        """Observe nothing."""


@contextmanager
def timed(measures: Measures, clock: Clock, metric: Metric, **labels: LabelValue) -> Iterator[None]:
    """Observe how long the body takes, however it ends."""
    began = clock.monotonic()
    try:
        yield
    finally:
        measures.observe(metric, clock.monotonic() - began, **labels)
