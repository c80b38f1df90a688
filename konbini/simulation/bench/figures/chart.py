"""Draws a chart as SVG: horizontal bars with whiskers, the figure and its ratio beside each. Pure.

Hand-written, because a plot here is rectangles and text, and a library that draws them weighs more than
the kiosk (docs/dependencies.md). Legible in light and dark, which whoever shows it chooses; no script, no link, no font
of its own; title and description for who does not see it. A bar begins at 0, always.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from konbini.simulation.bench.figures.finding import Bar, Chart, Group

__all__ = ["draw", "shown"]

_WIDTH: Final = 760
_MARGIN: Final = 24
_TOP: Final = 74
_ROW: Final = 28
_BAR: Final = 16
_HEADING: Final = 30
_FIRST_HEADING: Final = 22
_AXIS: Final = 38
_AIM_WORD: Final = 18
_GAP: Final = 12
_CHARACTER: Final = 7.4
_CAPITAL: Final = 9.4
_FULL: Final = 14.0
"""Widths of characters of 13 pixels, of which no browser's usual font has wider ones on the whole."""
_NARROWEST: Final = 220
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS: Final = 5
_WHISKER: Final = 4

_STYLE: Final = (
    "text{font:13px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;"
    "fill:#1f2933;stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}"
    ".paper{fill:#fff;stroke:#d9dee5}.title{font-size:16px;font-weight:600}.soft{fill:#5b6775}"
    ".heading{font-weight:600;font-size:12px;fill:#5b6775}.figure{font-weight:600}.small{font-size:12px}"
    ".ours{fill:#1f6feb}.other{fill:#9aa5b1}.line{stroke:#e4e8ee}.zero{stroke:#8793a1}.whisker{stroke:#1f2933;stroke-width:1.25;fill:none}"
    ".aim{stroke:#c2410c;stroke-dasharray:4 3;stroke-width:1.5}.aim-word{fill:#c2410c}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3;stroke:#12171d}.paper{fill:#12171d;stroke:#2f3741}"
    ".soft,.heading{fill:#9aa7b5}.ours{fill:#4c93f0}.other{fill:#5d6875}.line{stroke:#262d36}.zero{stroke:#6b7784}"
    ".whisker{stroke:#e6edf3}.aim{stroke:#fb923c}.aim-word{fill:#fb923c}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plane:
    """Where the axis lies: its left end and its length in pixels, the value at its right end, and of one tick."""

    left: float
    length: float
    most: float
    step: float

    def at(self, value: float) -> float:
        return self.left + self.length * min(max(value, 0.0) / self.most, 1.0)


def draw(chart: Chart) -> str:
    """Give the SVG.

    Raises:
        ValueError: there is no bar, or no value above 0.
    """
    bars = [bar for group in chart.groups for bar in group.bars]
    aims = [group.aim for group in chart.groups if group.aim is not None]
    longest = max((*(max(bar.value, bar.high or 0.0) for bar in bars), *aims), default=0.0)
    if longest <= 0:
        raise ValueError(f"{chart.name}: nothing to draw")
    step = _step(longest)
    left = _MARGIN + max(_wide(bar.label) for bar in bars) + _GAP
    right = _WIDTH - _MARGIN - max(_wide(_beside(bar)) for bar in bars) - _GAP
    most = step * math.ceil(longest / step - 1e-9)
    plane = _Plane(left=left, length=max(right - left, _NARROWEST), most=most, step=step)
    body, at = [], float(_TOP)
    for number, group in enumerate(chart.groups):
        marks, at = _group(group, plane, at, is_first=not number)
        body += marks
    body += _ticks(plane, at)
    return "\n".join((*_head(chart, at + _AXIS), *body, "</svg>", ""))


def shown(value: float) -> str:
    """Write a figure with three digits that count, as people do."""
    if value >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(decimals, 4)}f}"


def _group(group: Group, plane: _Plane, at: float, *, is_first: bool) -> tuple[list[str], float]:
    """Give a group's marks from a height on, and the height below it."""
    marks = []
    if group.heading:
        at += _FIRST_HEADING if is_first else _HEADING
        marks.append(f'<text class="heading" x="{_MARGIN}" y="{at - 8:g}">{escape(group.heading)}</text>')
    bottom = at + _ROW * len(group.bars)
    for number in range(round(plane.most / plane.step) + 1):
        x = plane.at(number * plane.step)
        kind = "line" if number else "zero"
        marks.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{at:g}" y2="{bottom:g}"/>')
    if group.aim is not None:
        marks += _aim(group.aim, plane, at, bottom)
    for number, bar in enumerate(group.bars):
        marks += _bar(bar, plane, at + _ROW * (number + 0.5))
    return marks, bottom if group.aim is None else bottom + _AIM_WORD


def _aim(aim: float, plane: _Plane, top: float, bottom: float) -> Iterator[str]:
    x = plane.at(aim)
    yield f'<line class="aim" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom + 3:g}"/>'
    yield f'<text class="aim-word small" x="{x:.1f}" y="{bottom + 15:g}" text-anchor="middle">aim {_tick(aim)}</text>'


def _bar(bar: Bar, plane: _Plane, middle: float) -> Iterator[str]:
    end, baseline = plane.at(bar.value), middle + 4.5
    yield f'<text x="{plane.left - _GAP:.1f}" y="{baseline:g}" text-anchor="end">{escape(bar.label)}</text>'
    kind = "ours" if bar.ours else "other"
    yield f'<path class="{kind}" d="{_shape(plane.left, middle - _BAR / 2, end - plane.left)}"/>'
    if bar.low is not None and bar.high is not None:
        low, high = plane.at(bar.low), plane.at(bar.high)
        end, up, down = max(end, high), middle - _WHISKER, middle + _WHISKER
        ends = f"M{low:.1f} {up:g}V{down:g}M{high:.1f} {up:g}V{down:g}"
        yield f'<path class="whisker" d="M{low:.1f} {middle:g}H{high:.1f}{ends}"/>'
    note = f' <tspan class="soft" dx="5">{escape(bar.note)}</tspan>' if bar.note else ""
    yield f'<text x="{end + 8:.1f}" y="{baseline:g}"><tspan class="figure">{shown(bar.value)}</tspan>{note}</text>'


def _head(chart: Chart, height: float) -> Iterator[str]:
    name = escape(chart.name)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}"'
        f' height="{height:g}" role="img" aria-labelledby="{name}-title {name}-desc">'
    )
    yield f'<title id="{name}-title">{escape(chart.title)}</title>'
    yield f'<desc id="{name}-desc">{escape(_described(chart))}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield f'<rect class="paper" x=".5" y=".5" width="{_WIDTH - 1}" height="{height - 1:g}" rx="10"/>'
    yield f'<text class="title" x="{_MARGIN}" y="36">{escape(chart.title)}</text>'
    yield f'<text class="soft small" x="{_MARGIN}" y="56">{escape(_subtitle(chart))}</text>'


def _subtitle(chart: Chart) -> str:
    has_whiskers = any(bar.low is not None for group in chart.groups for bar in group.bars)
    return f"{chart.unit}; whiskers: 95 % interval" if has_whiskers else chart.unit


def _described(chart: Chart) -> str:
    """Say the whole chart in words: every bar with its figure."""
    said = [
        f"{f'{group.heading}, ' if group.heading else ''}{bar.label}: {shown(bar.value)}"
        f"{f' ({bar.note})' if bar.note else ''}"
        for group in chart.groups
        for bar in group.bars
    ]
    aims = [f" {group.heading} Aim: {_tick(group.aim)}.".replace("  ", " ") for group in chart.groups if group.aim]
    return f"{chart.description} In {chart.unit}: {'; '.join(said)}.{''.join(aims)}"


def _ticks(plane: _Plane, at: float) -> Iterator[str]:
    for number in range(round(plane.most / plane.step) + 1):
        x, word = plane.at(number * plane.step), _tick(number * plane.step)
        yield f'<text class="soft small" x="{x:.1f}" y="{at + 20:g}" text-anchor="middle">{word}</text>'


def _tick(value: float) -> str:
    return f"{value:,.10g}"


def _step(longest: float) -> float:
    """Give the distance of two ticks, a round number."""
    power = 10.0 ** math.floor(math.log10(longest / _TICKS))
    return power * next(one for one in _STEPS if one * power * _TICKS >= longest)


def _shape(x: float, y: float, length: float) -> str:
    """Give a bar whose right end is rounded and whose left end stands on the axis."""
    radius = min(3.0, length)
    return (
        f"M{x:.1f} {y:g}h{length - radius:.1f}q{radius:g} 0 {radius:g} {radius:g}v{_BAR - 2 * radius:g}"
        f"q0 {radius:g} -{radius:g} {radius:g}h-{length - radius:.1f}z"
    )


def _beside(bar: Bar) -> str:
    return f"{shown(bar.value)}   {bar.note}"


def _wide(text: str) -> float:
    return sum(
        _FULL if unicodedata.east_asian_width(one) in "WF" else _CAPITAL if one.isupper() else _CHARACTER
        for one in text
    )
