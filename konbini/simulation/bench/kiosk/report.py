"""The kiosk's benchmark in words: lines for people with the aim beside each figure, one line for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.figures.spread import quantile
from konbini.simulation.bench.kiosk.running import Growth, Measured

__all__ = ["TAP_AIM", "finding", "last_line", "lines", "percentile"]

TAP_AIM: Final = 100.0
"""Milliseconds from a tap to the next screen, of 95 in 100."""
_READY_AIM: Final = 10.0
_MEMORY_AIM: Final = 250.0


def percentile(figures: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile: one that was measured.

    Raises:
        ValueError: there is none.
    """
    if not figures:
        raise ValueError("nothing was measured")
    return sorted(figures)[-(-len(figures) * percent // 100) - 1]


def lines(found: Measured) -> Iterator[str]:
    """Give what was measured, a line each."""
    p50, p95 = percentile(found.taps, 50), percentile(found.taps, 95)
    yield f"{'tap to next screen':<28} p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(found.taps)} taps){_held(p95, TAP_AIM)}"
    ready = f"{found.ready:.1f} s, {found.ready_cpu:.1f} s of CPU"
    yield f"{'start to first screen':<28} {ready}{_held(found.ready, _READY_AIM)}"
    yield f"{'memory, paper waiting':<28} {found.memory.most:.0f} MiB at most{_held(found.memory.most, _MEMORY_AIM)}"
    yield f"{'  the long-lived process':<28} {_grown(found.host)} MiB"
    yield f"{'  the process of a visit':<28} {_grown(found.visit)} MiB"
    yield f"{'descriptors, long-lived':<28} {_grown(found.descriptors)}"
    yield f"{'journal':<28} {found.journal:.0f} bytes a visit"
    yield f"{'visit':<28} p50 {percentile(found.seconds, 50):.1f} s ({len(found.seconds)} visits)"


def last_line(found: Measured) -> str:
    """Give the same for programs: one line of JSON."""
    return json.dumps(
        {
            "taps": len(found.taps),
            "tap_p50_ms": round(percentile(found.taps, 50), 1),
            "tap_p95_ms": round(percentile(found.taps, 95), 1),
            "ready_s": round(found.ready, 2),
            "ready_cpu_s": round(found.ready_cpu, 2),
            "memory_mib": round(found.memory.most, 1),
            "host_mib": _figures(found.host),
            "visit_mib": _figures(found.visit),
            "descriptors": _figures(found.descriptors),
            "journal_bytes_a_visit": round(found.journal),
            "visits": len(found.seconds),
            "visit_p50_s": round(percentile(found.seconds, 50), 2),
        }
    )


def _held(figure: float, aim: float) -> str:
    return f"; aim {aim:.0f}" + ("" if figure < aim else ", NOT met")


def _grown(found: Growth) -> str:
    return f"{found.first:.0f} at first, {found.last:.0f} at last, {found.most:.0f} at most"


def _figures(found: Growth) -> dict[str, float]:
    return {"first": round(found.first, 1), "last": round(found.last, 1), "most": round(found.most, 1)}


def finding(found: Measured) -> Finding:
    """Say it as rows."""
    p50, p95 = percentile(found.taps, 50), percentile(found.taps, 95)
    rows = (
        ("tap to next screen, p50 / p95 ms", f"{p50:.0f} / {p95:.0f} ({len(found.taps)} taps)", "p95 below 100"),
        ("start to first screen, s", f"{found.ready:.1f} ({found.ready_cpu:.1f} of CPU)", "below 10"),
        ("memory of the kiosk's processes, the paper waiting, MiB", f"{found.memory.most:.0f}", "below 250"),
        ("long-lived process, first and last visits, MiB", _first_last(found.host), "flat"),
        ("process of a visit, first and last visits, MiB", _first_last(found.visit), "flat"),
        ("descriptors of the long-lived process", _first_last(found.descriptors), "flat"),
        ("a visit, p50 s", f"{percentile(found.seconds, 50):.1f}", ""),
    )
    bars = []
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        tap = quantile(found.taps, share)
        bars.append(Bar(label=name, value=tap.value, low=tap.low, high=tap.high))
    chart = Chart(
        name="kiosk",
        title="A kiosk: tap to next screen",
        description="The time from a tap until a page of another step has come whole.",
        unit="milliseconds",
        groups=(Group(heading="", bars=tuple(bars[:1])), Group(heading="", bars=tuple(bars[1:]), aim=TAP_AIM)),
    )
    table = Table(name="kiosk", columns=("", "measured", "aim"), rows=rows)
    return Finding(bench="kiosk", tables=(table,), charts=(chart,))


def _first_last(found: Growth) -> str:
    return f"{found.first:.0f}, {found.last:.0f}"
