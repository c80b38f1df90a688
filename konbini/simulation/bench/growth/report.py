"""Growth in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.figures.spread import Spread, median, ratio
from konbini.simulation.bench.growth.axes import CENTER, Grown, Sized

__all__ = ["FLAT", "finding"]

FLAT: Final = 0.10
"""By how much an issue may cost more than at the smallest size."""


def finding(found: Sequence[Grown]) -> Finding:
    """Say what came out; ratios are to the smallest size, round by round."""
    rows = [
        (
            f"{grown.axis.name} ({grown.axis.where})",
            f"{sized.size:,}",
            shown(median(sized.cpu_ms).value),
            f"{against.value:.2f}",
            "" if against.low is None or against.high is None else f"{against.low:.2f} to {against.high:.2f}",
        )
        for grown in found
        for sized, against in _against(grown)
    ]
    columns = ("what grows", "size", "CPU ms an issue", "against the smallest", "95 %")
    chart = Chart(
        name="growth",
        title="An issue's CPU as things grow",
        description=(
            "CPU time of one issue at three sizes of each axis: an order's durable work at the ward's issuing,"
            " and the messages of a visit at the center."
        ),
        unit="CPU milliseconds an issue",
        groups=tuple(_group(grown) for grown in found),
    )
    return Finding(
        bench="growth",
        tables=(Table(name="growth", columns=columns, rows=tuple(rows)),),
        charts=(chart,),
        says=tuple(_says(found)),
    )


def _against(grown: Grown) -> Iterator[tuple[Sized, Spread]]:
    smallest = grown.sizes[0].cpu_ms
    for sized in grown.sizes:
        yield sized, ratio(sized.cpu_ms, smallest)


def _group(grown: Grown) -> Group:
    bars = []
    for sized, against in _against(grown):
        cpu = median(sized.cpu_ms)
        note = f"{against.value:.2f}×"
        bars.append(Bar(label=f"{sized.size:,}", value=cpu.value, low=cpu.low, high=cpu.high, note=note))
    whose = "at the center" if grown.axis.where == CENTER else "at the ward"
    return Group(heading=f"{grown.axis.name}, {whose}", bars=tuple(bars))


def _says(found: Sequence[Grown]) -> Iterator[str]:
    for grown in found:
        against = [one for _, one in _against(grown)]
        largest = max(against, key=lambda one: one.value)
        if all(one.high is not None and one.high <= 1 + FLAT for one in against):
            verdict = "stays within a tenth of the smallest size's"
        elif any(one.low is not None and one.low > 1 + FLAT for one in against):
            verdict = "DOES NOT stay within a tenth of the smallest size's"
        else:
            verdict = "shows no growth beyond this run's noise, which does not exclude a tenth"
        yield f"{grown.axis.name}: an issue's CPU {verdict} (at most {largest.value:.2f} times)."
