"""Whole issues in words: tables and charts of what came out, and what must be said beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.figures.spread import Spread
from konbini.simulation.bench.whole.figures import ADDS, KIOSKS, STRETCHES, Window, added, cpu_ms, served, stretches
from konbini.simulation.bench.whole.running import Measured, Traced

__all__ = ["finding"]

_SERVICES: Final = ("center", "registry", "issuing", "clerk")
_AIM_RATE: Final = 150
_CORES: Final = 2
_AIM_MS: Final = _CORES * 1000 / _AIM_RATE
_AIM_WARD_P99: Final = 150
_AIM_CENTER_P99: Final = 10
_FEWEST_FOR_P99: Final = 100


def finding(found: Measured) -> Finding:
    """Say what came out."""
    traced = _traced(found)
    return Finding(
        bench="whole",
        tables=(_rates(traced), *_steps(traced), _cpu(found)),
        charts=(_cpu_chart(found), *_adds_chart(traced)),
        says=tuple(_says(found)),
    )


def _traced(found: Measured) -> Sequence[Traced]:
    return [*found.rates, *([] if found.highest is None else [found.highest])]


def _due(traced: Traced) -> str:
    return f"{traced.window.due:.3g} a second"


def _rates(traced: Sequence[Traced]) -> Table:
    each = [added(one.window.visits, one.spans) for one in traced]
    rows = [
        ("issues served a second", *(f"{served(one.window).value:.1f}" for one in traced)),
        *((f"{name}, p50 / p99 ms", *(_two(found[name]) for found in each)) for name in ADDS),
        ("visits that count", *(f"{len(one.window.visits):,}" for one in traced)),
    ]
    return Table(name="whole-rates", columns=("due", *map(_due, traced)), rows=tuple(rows))


def _two(spreads: tuple[Spread, Spread]) -> str:
    return " / ".join(shown(one.value) for one in spreads)


def _steps(traced: Sequence[Traced]) -> Iterator[Table]:
    if not traced:
        return
    ways = [traced[0], traced[-1]] if len(traced) > 1 else [traced[0]]
    each = [stretches(one.window.visits, one.spans) for one in ways]
    sums = [sum(one.values()) for one in each]
    columns = [word for one in ways for word in (f"ms at {_due(one)}", "share")]
    rows = [
        (name, *(word for one, whole in zip(each, sums, strict=True) for word in _share(one[name], whole)))
        for name in STRETCHES
    ]
    rows.append(("a visit, mean", *(word for whole in sums for word in _share(whole, whole))))
    yield Table(name="whole-steps", columns=("where the time goes", *columns), rows=tuple(rows))


def _share(ms: float, whole: float) -> tuple[str, str]:
    return f"{ms:.1f}", f"{ms / whole:.0%}"


def _cpu(found: Measured) -> Table:
    ways = (found.low, found.most)
    rows = [(name, *(f"{cpu_ms(way, name).value:.1f}" for way in ways)) for name in (*_SERVICES, KIOSKS)]
    rows.insert(len(_SERVICES), ("the four services", *(f"{_services_ms(way):.1f}" for way in ways)))
    columns = ("CPU ms an issue", f"{found.low.due:.3g} a second", f"{served(found.most).value:.3g} a second, the most")
    return Table(name="whole-cpu", columns=columns, rows=tuple(rows))


def _services_ms(window: Window) -> float:
    return sum(cpu_ms(window, name).value for name in _SERVICES)


def _cpu_chart(found: Measured) -> Chart:
    whole = _services_ms(found.most)
    bars = [_bar(name, cpu_ms(found.most, name), f"{cpu_ms(found.most, name).value / whole:.0%}") for name in _SERVICES]
    every = Bar(label="all four", value=whole, note=f"{whole / _AIM_MS:.1f}× the aim")
    return Chart(
        name="whole-cpu",
        title="What one whole issue costs each service",
        description="CPU time of each service for one certificate from card to paper, while residents always come.",
        unit="CPU milliseconds an issue",
        groups=(
            Group(heading="each", bars=tuple(bars)),
            Group(heading="together", bars=(every,), aim=round(_AIM_MS, 1)),
        ),
    )


def _adds_chart(traced: Sequence[Traced]) -> Iterator[Chart]:
    if not traced:
        return
    groups = []
    for one in traced:
        found = added(one.window.visits, one.spans)
        bars = [_bar(name, found[name][1], f"p50 {shown(found[name][0].value)}") for name in ADDS]
        groups.append(Group(heading=f"{_due(one)} due", bars=tuple(bars)))
    yield Chart(
        name="whole-adds",
        title="What each service adds to an issue: p99",
        description="The time that one issue in a hundred exceeds, whole and by service, at each rate that was served.",
        unit="milliseconds",
        groups=tuple(groups),
    )


def _bar(name: str, spread: Spread, note: str) -> Bar:
    return Bar(label=name, value=spread.value, low=spread.low, high=spread.high, note=note)


def _says(found: Measured) -> Iterator[str]:
    most, services = served(found.most).value, _services_ms(found.most)
    kiosks = cpu_ms(found.most, KIOSKS).value
    alone = _CORES * 1000 / services
    yield (
        f"{most:.1f} issues a second is the most with kiosks and services on the same {_CORES} cores; the aim is"
        f" {_AIM_RATE}. The services use {services:.1f} ms of CPU an issue, the kiosks that are played {kiosks:.1f};"
        f" {_CORES} cores for the services alone would be {alone:.0f} a second, reckoned, were clerk and issuing spread"
        f" over both."
    )
    for rate in found.missed:
        yield f"{rate:g} a second was NOT reached on this machine."
    if found.highest is None:
        yield "No steady rate was found: something else used this machine."
    for one in _traced(found):
        adds = added(one.window.visits, one.spans)
        if len(one.window.visits) < _FEWEST_FOR_P99:
            yield f"At {_due(one)} only {len(one.window.visits)} visits count: p99 is the slowest of them."
        ward, center = adds["ward: ORDER to DOCUMENT"][1].value, adds["center, all messages"][1].value
        yield (
            f"At {_due(one)}: ward, ORDER to DOCUMENT, p99 {ward:.0f} ms (aim at 100 a second: {_AIM_WARD_P99}); the"
            f" center's own work for all messages of an issue, p99 {center:.1f} ms (aim at 100 a second:"
            f" {_AIM_CENTER_P99})."
        )
