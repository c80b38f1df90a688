"""The ward's benchmark in words: a table for people, one line for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.ward.figures import FLAT, Figures

__all__ = ["finding", "last_line", "lines"]

_HEAD: Final = (
    f"{'engine':<10} {'residents':>9} {'orders/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'cost':>6} {'CPU ms':>7} {'CPU':>6}"
)


def lines(found: Sequence[Figures], group_commit_ratio: float) -> Iterator[str]:
    """Give the table, each engine's verdict, and what group commit saves."""
    yield _HEAD
    for engine in found:
        for size in engine.sizes:
            yield (
                f"{engine.engine:<10} {size.residents:>9,} {size.per_second:>8.1f} {size.p50_ms:>7.1f}"
                f" {size.p99_ms:>7.1f} {size.against_smallest:>6.2f} {size.cpu_ms:>7.2f}"
                f" {size.cpu_against_smallest:>6.2f}"
            )
    for engine in found:
        yield _verdict(engine)
    yield f"group commit on SQLite: {group_commit_ratio:.2f} times the orders a second of one commit for each change"


def last_line(found: Sequence[Figures], group_commit_ratio: float) -> str:
    """Write rates and times by engine and size, as JSON."""
    read: dict[str, object] = {
        engine.engine: {str(size.residents): round(size.per_second, 2) for size in engine.sizes} for engine in found
    }
    read["p50_ms"] = _by_size(found, "p50_ms")
    read["p99_ms"] = _by_size(found, "p99_ms")
    read["against_smallest"] = _by_size(found, "against_smallest")
    read["noise"] = {engine.engine: round(engine.noise, 3) for engine in found}
    read["group_commit_ratio"] = round(group_commit_ratio, 3)
    return json.dumps(read)


def _by_size(found: Sequence[Figures], name: str) -> dict[str, dict[str, float]]:
    return {
        engine.engine: {str(size.residents): round(getattr(size, name), 3) for size in engine.sizes} for engine in found
    }


def _verdict(engine: Figures) -> str:
    flat = all(size.is_flat(engine.noise) for size in engine.sizes)
    bound = (
        f"the run's noise, {engine.noise:.0%},"
        if engine.noise > FLAT
        else f"{FLAT:.0%} (the run's noise: {engine.noise:.0%})"
    )
    return (
        f"{engine.engine}: an order's cost {'stays' if flat else 'DOES NOT STAY'} within {bound} of the smallest ward's"
    )


def finding(found: Sequence[Figures], group_commit_ratio: float) -> Finding:
    """Say it as rows."""
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    rows, groups = [], []
    for engine in found:
        bars = []
        for size in engine.sizes:
            rows.append(
                (
                    names[engine.engine],
                    f"{size.residents:,}",
                    shown(size.per_second),
                    *(shown(one) for one in (size.p50_ms, size.p99_ms)),
                    f"{size.against_smallest:.2f}",
                    shown(size.cpu_ms),
                    f"{size.cpu_against_smallest:.2f}",
                )
            )
            note = f"{size.cpu_against_smallest:.2f}×"
            bars.append(
                Bar(label=f"{size.residents:,}", value=size.cpu_ms, low=size.cpu_low, high=size.cpu_high, note=note)
            )
        groups.append(Group(heading=f"{names[engine.engine]}, residents", bars=tuple(bars)))
    chart = Chart(
        name="ward",
        title="An order's durable work, in wards of several sizes",
        description="CPU time of the ward's own process for one order, each size against the smallest.",
        unit="CPU milliseconds an order",
        groups=tuple(groups),
    )
    columns = ("engine", "residents", "orders a second", "p50 ms", "p99 ms", "cost", "CPU ms", "CPU, ratio")
    table = Table(name="ward", columns=columns, rows=tuple(rows))
    says = (*map(_verdict, found), f"Group commit on SQLite: {group_commit_ratio:.2f} times one commit a change.")
    return Finding(bench="ward", tables=(table,), charts=(chart,), says=says)
