"""The relay's last line, as a table and as charts."""

from __future__ import annotations

import json

import pytest

from konbini.simulation.bench.figures.chart import draw
from konbini.simulation.bench.figures.relayed import finding


def _row(way: str, measure: str, value: float, unit: str) -> dict[str, str | float]:
    return {"variant": way, "measure": measure, "value": value, "unit": unit}


_LINE = json.dumps(
    {
        "rows": [
            _row("direct", "p99", 3.0, "ms"),
            _row("nginx", "p99 added", -0.25, "ms"),
            _row("nginx", "1 KB", 32.0, "µs"),
            _row("nginx", "1 KB, ratio", 1.0, "nginx"),
            _row("center", "1 KB", 426.0, "µs"),
            _row("center", "1 KB, ratio", 13.3, "nginx"),
            _row("center", "56000 idle links", 16.3, "GiB"),
        ],
        "load": 2.0,
    }
)


def test_a_ratio_stands_beside_its_figure() -> None:
    """One row a way; what a way was not asked is empty."""
    (table,) = finding(_LINE).tables
    assert table.columns == ("way", "p99, ms", "p99 added, ms", "1 KB, µs", "56000 idle links, GiB")
    assert table.rows == (
        ("direct", "3.00", "", "", ""),
        ("nginx", "", "-0.250", "32.0 (1.00×)", ""),
        ("center", "", "", "426 (13.30×)", "16.3"),
    )


def test_peers_are_told_from_ours() -> None:
    """Messages in one chart, idle links with their aim in another."""
    messages, idle = finding(_LINE).charts
    assert [(bar.label, bar.ours, bar.note) for bar in messages.groups[0].bars] == [
        ("nginx", False, "1.00×"),
        ("center", True, "13.30×"),
    ]
    assert idle.groups[0].aim == 2.0
    assert draw(messages)
    assert draw(idle)


def test_another_line_is_refused() -> None:
    """Rather than drawn as nothing."""
    with pytest.raises(KeyError):
        finding("{}")
