"""Commits a second in words. Pure."""

from __future__ import annotations

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.figures.spread import median, ratio
from konbini.simulation.bench.ledger.running import Measured

__all__ = ["finding"]

_TEN = 10


def finding(found: Measured) -> Finding:
    """Say what came out; ratios are to direct calls, round by round."""
    direct = next(iter(found.ways.values())).rates
    rows, bars = [], []
    for name, way in found.ways.items():
        rate, against = median(way.rates), ratio(way.rates, direct).value
        rows.append((name, f"{rate.value:,.0f}", f"{against:.2f}"))
        note = f"{against:.2f}×" if against < _TEN else f"{shown(against)}×"
        bars.append(Bar(label=name, value=rate.value, low=rate.low, high=rate.high, note=note, ours=way.ours))
    chart = Chart(
        name="ledger",
        title="Durable commits a second",
        description="Two inserts made durable, in the ways a ledger may be written, each against direct calls.",
        unit="commits a second",
        groups=(Group(heading="", bars=tuple(bars)),),
    )
    table = Table(name="ledger", columns=("way", "commits a second", "against direct"), rows=tuple(rows))
    return Finding(bench="ledger", tables=(table,), charts=(chart,))
