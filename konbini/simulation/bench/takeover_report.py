"""A town's takeover in words: rows of what it cost, by the number of residents. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.takeover import Beginning

__all__ = ["finding"]


def finding(found: Mapping[int, Beginning]) -> Finding:
    """Say what came out; a size's time for a resident stands against the smallest's."""
    columns = ("", *(f"{residents:,} residents" for residents in found))
    each = list(found.values())
    rows = (
        ("import, s", *(f"{one.taken.cost.seconds:.1f}" for one in each)),
        ("rows a second", *(f"{one.taken.residents / one.taken.cost.seconds:,.0f}" for one in each)),
        ("import, CPU of all processes, s", *(f"{one.taken.cost.cpu_seconds:.1f}" for one in each)),
        ("import, peak memory of writer / process of the pool, MiB", *map(_memory, each)),
        ("registry's file, MB", *(f"{one.stored_bytes / 1e6:,.0f}" for one in each)),
        ("registry's tree of a full reconcile, s", *(f"{one.compared.seconds:.1f}" for one in each)),
        ("its peak memory, MiB", *(f"{one.compared.mib:.0f}" for one in each)),
        ("others' slowest read meanwhile, ms", *(f"{one.compared.slowest_read_seconds * 1e3:.0f}" for one in each)),
    )
    smallest = _micros(each[0])
    bars = tuple(
        Bar(label=f"{residents:,} residents", value=_micros(one), note=f"{_micros(one) / smallest:.2f}×")
        for residents, one in found.items()
    )
    chart = Chart(
        name="import",
        title="A whole town taken over",
        description="CPU time of all processes for each resident who is taken over.",
        unit="CPU microseconds a resident",
        groups=(Group(heading="", bars=bars),),
    )
    return Finding(bench="import", tables=(Table(name="import", columns=columns, rows=rows),), charts=(chart,))


def _memory(one: Beginning) -> str:
    return f"{one.taken.cost.own_mib:.0f} / {one.taken.cost.other_mib:.0f}"


def _micros(one: Beginning) -> float:
    return one.taken.cost.cpu_seconds / one.taken.residents * 1e6
