"""The figures of one process, in a registry of its own: nothing here is global to the interpreter.

Invariants: only what the catalogue gives this service is in it; a label's value is in its closed set, or the whole
figure is withheld and that is counted; gauges are what one reading gave, never what an older one did.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import LabelValue
from konbini.process.measures.shapes import Kind, ServiceName, Shape, word

__all__ = ["CONTENT_TYPE", "Figures"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `shown` gives: Prometheus' text format."""
_Series: TypeAlias = tuple[Metric, tuple[str, ...]]

_log = logger("konbini.process.measures")


class Figures:
    """A `Measures`, and what is shown of it.

    Args:
        service: whose.
        registers: values of the labels that the catalogue leaves to registers, by the label's name.
    """

    def __init__(self, service: ServiceName, registers: Mapping[str, Iterable[str]] | None = None) -> None:
        self._service = service
        self._registers = {name: frozenset(values) for name, values in (registers or {}).items()}
        # The moment at which a series began says nothing that is asked for. Of the whole interpreter: formatting alone.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._gauges = _Gauges()
        self._registry.register(self._gauges)
        self._withheld = Counter(Metric.WITHHELD.value.name, Metric.WITHHELD.value.meaning, registry=self._registry)
        self._collectors: dict[Metric, Counter | Histogram] = {
            metric: self._collector(metric.value)
            for metric in Metric
            if service in metric.value.services
            and metric.value.kind is not Kind.GAUGE
            and metric is not Metric.WITHHELD
        }
        self._children: dict[_Series, Counter | Histogram] = {}
        self._said: set[Metric] = set()

    def count(self, metric: Metric, by: int = 1, /, **labels: LabelValue) -> None:
        """Add to a counter."""
        child = self._child(metric, labels)
        if isinstance(child, Counter):
            child.inc(by)

    def observe(self, metric: Metric, amount: float, /, **labels: LabelValue) -> None:
        """Add one observation to a histogram."""
        child = self._child(metric, labels)
        if isinstance(child, Histogram):
            child.observe(amount)

    def gauge(self, metric: Metric, amount: float, /, **labels: LabelValue) -> None:
        """Say what a gauge stands at in the reading that is under way."""
        words = self._words(metric, labels)
        if metric.value.kind is Kind.GAUGE and words is not None:
            self._gauges.put(metric.value, words, amount)
        else:
            self._withhold(metric)

    def forget_gauges(self) -> None:
        """Begin a reading: what it does not give is absent."""
        self._gauges.clear()

    def shown(self) -> bytes:
        """Give all figures in the text format."""
        return generate_latest(self._registry)

    def _child(self, metric: Metric, labels: Mapping[str, LabelValue]) -> Counter | Histogram | None:
        words = self._words(metric, labels)
        collector = self._collectors.get(metric)
        if words is None or collector is None:
            self._withhold(metric)
            return None
        series = (metric, words)
        child = self._children.get(series)
        if child is None:
            child = self._children[series] = collector.labels(*words) if words else collector
        return child

    def _words(self, metric: Metric, labels: Mapping[str, LabelValue]) -> tuple[str, ...] | None:
        """Give the labels' values in the catalogue's order; None where one is not of its closed set."""
        shape = metric.value
        if len(labels) != len(shape.labels) or self._service not in shape.services:
            return None
        words = []
        for label in shape.labels:
            allowed = self._registers.get(label.name, frozenset()) if label.values is None else label.allowed
            shown = word(labels[label.name]) if label.name in labels else ""
            if shown not in allowed:
                return None
            words.append(shown)
        return tuple(words)

    def _withhold(self, metric: Metric) -> None:
        self._withheld.inc()
        if metric not in self._said:
            self._said.add(metric)
            _log.error("a figure withheld", kind=metric.name.lower())

    def _collector(self, shape: Shape) -> Counter | Histogram:
        names = tuple(label.name for label in shape.labels)
        if shape.kind is Kind.COUNTER:
            return Counter(shape.name, shape.meaning, names, registry=self._registry)
        return Histogram(shape.name, shape.meaning, names, registry=self._registry, buckets=shape.bounds)


class _Gauges(Collector):
    """What the last reading gave."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._amounts: dict[Shape, dict[tuple[str, ...], float]] = {}

    def put(self, shape: Shape, words: tuple[str, ...], amount: float) -> None:
        with self._lock:
            self._amounts.setdefault(shape, {})[words] = amount

    def clear(self) -> None:
        with self._lock:
            self._amounts = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            amounts = [(shape, dict(given)) for shape, given in self._amounts.items()]
        for shape, given in amounts:
            family = GaugeMetricFamily(shape.name, shape.meaning, labels=[label.name for label in shape.labels])
            for words, amount in sorted(given.items()):
                family.add_metric(words, amount)
            yield family
