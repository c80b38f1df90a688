"""The benchmark's answer: a table for people, one line for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.measuring import Cost
from konbini.simulation.bench.reading_back import ReadingCost

__all__ = ["finding", "last_line", "reading_line", "table"]

_HEAD = f"{'way':<8} {'CPU ms':>8} {'ratio':>7} {'file KB':>8} {'heap KB':>8}"


def table(costs: Sequence[Cost]) -> list[str]:
    """Write one row a way; the ratio is to the first, which is ours."""
    ours = costs[0].cpu_ms
    rows = (
        f"{cost.name:<8} {cost.cpu_ms:>8.2f} {cost.cpu_ms / ours:>7.1f} {cost.file_kb:>8.0f} {cost.heap_kb:>8.0f}"
        for cost in costs
    )
    return [_HEAD, *rows]


def reading_line(cost: ReadingCost) -> str:
    """Say what the clerk's reading costs, which comes on top of the table."""
    return (
        f"clerk's reading, ms a page: {cost.reading_ms:.2f}, "
        f"{cost.reading_ms / cost.drawing_ms:.1f} times our drawing of it ({cost.drawing_ms:.2f})"
    )


def last_line(costs: Sequence[Cost]) -> str:
    """Write CPU milliseconds by way, and the KB of our file, as JSON."""
    found: dict[str, float] = {cost.name: round(cost.cpu_ms, 3) for cost in costs}
    found["ours_kb"] = round(costs[0].file_kb, 1)
    return json.dumps(found)


def finding(costs: Sequence[Cost], reading: ReadingCost) -> Finding:
    """Say both as rows."""
    ours = costs[0].cpu_ms
    rows = [
        (cost.name, shown(cost.cpu_ms), f"{cost.cpu_ms / ours:.1f}", f"{cost.file_kb:,.0f}", f"{cost.heap_kb:,.0f}")
        for cost in costs
    ]
    bars = tuple(
        Bar(
            label=cost.name,
            value=cost.cpu_ms,
            low=cost.low,
            high=cost.high,
            note=f"{cost.cpu_ms / ours:.1f}×",
            ours=cost is costs[0],
        )
        for cost in costs
    )
    chart = Chart(
        name="certificate",
        title="One signed certificate, ours beside others",
        description="CPU time to draw and sign the same page for a household of four, ours and three other ways.",
        unit="CPU milliseconds a document",
        groups=(Group(heading="", bars=bars),),
    )
    columns = ("way", "CPU ms", "ratio", "file KB", "heap KB")
    says = (f"The clerk reads every page back before it signs: {reading_line(reading)}.",)
    table_of_ways = Table(name="certificate", columns=columns, rows=tuple(rows))
    return Finding(bench="certificate", tables=(table_of_ways,), charts=(chart,), says=says)
