"""The relay's figures as a table and charts, from the rows of `variant`, `measure`, `value` and `unit` it ends with.

A ratio is a row of its own, named after its measure and `, ratio`. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table

__all__ = ["finding"]

_RATIO: Final = ", ratio"
_PEERS: Final = frozenset({"nginx", "haproxy"})
_MESSAGES: Final = ("1 KB", "200 KB")
_IDLE: Final = "56000 idle links"
_IDLE_AIM: Final = 2.0

_Found = Mapping[tuple[str, str], float]


def finding(line: str) -> Finding:
    """Read the last line of `konbini bench relay --json`.

    Raises:
        ValueError, KeyError, TypeError: it is another line.
    """
    rows = json.loads(line)["rows"]
    found = {(str(row["variant"]), str(row["measure"])): float(row["value"]) for row in rows}
    units = {str(row["measure"]): str(row["unit"]) for row in rows}
    ways, measures = list(dict.fromkeys(way for way, _ in found)), [one for one in units if not one.endswith(_RATIO)]
    table = Table(
        name="relay",
        columns=("way", *(f"{measure}, {units[measure]}" for measure in measures)),
        rows=tuple((way, *(_cell(found, way, measure) for measure in measures)) for way in ways),
    )
    messages = _chart(
        "relay",
        "What a relayed message costs",
        "CPU time of the relay for one message, the center and an edge before it beside nginx and HAProxy.",
        "CPU microseconds a message",
        [_group(found, ways, measure) for measure in _MESSAGES if measure in units],
    )
    idle = _chart(
        "relay-idle",
        "56,000 idle kiosks",
        "Memory for the links of 56,000 kiosks that say nothing, reckoned from those that were connected.",
        "GiB",
        [_group(found, ways, _IDLE, aim=_IDLE_AIM)] if _IDLE in units else [],
    )
    return Finding(bench="relay", tables=(table,), charts=(*messages, *idle))


def _cell(found: _Found, way: str, measure: str) -> str:
    value, against = found.get((way, measure)), found.get((way, measure + _RATIO))
    if value is None:
        return ""
    figure = shown(value) if value >= 0 else f"-{shown(-value)}"
    return figure if against is None else f"{figure} ({against:.2f}×)"


def _group(found: _Found, ways: Sequence[str], measure: str, *, aim: float | None = None) -> Group:
    bars = []
    for way in ways:
        value, against = found.get((way, measure)), found.get((way, measure + _RATIO))
        if value is not None:
            note = "" if against is None else f"{against:.2f}×"
            bars.append(Bar(label=way, value=value, note=note, ours=way.lower() not in _PEERS))
    return Group(heading=measure, bars=tuple(bars), aim=aim)


def _chart(name: str, title: str, description: str, unit: str, groups: Sequence[Group]) -> tuple[Chart, ...]:
    drawn = tuple(group for group in groups if group.bars)
    if not drawn:
        return ()
    return (Chart(name=name, title=title, description=description, unit=unit, groups=drawn),)
