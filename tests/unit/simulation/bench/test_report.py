"""The benchmark's table and line."""

from __future__ import annotations

from konbini.simulation.bench.measuring import Cost
from konbini.simulation.bench.report import last_line, table

_COSTS = [
    Cost(name="ours", cpu_ms=2.0, file_kb=48.25, heap_kb=300),
    Cost(name="typst", cpu_ms=9.0, file_kb=60, heap_kb=250),
]


def test_the_ratio_is_to_ours() -> None:
    """4.5 times ours stands in the peer's row."""
    assert [row.split()[:3] for row in table(_COSTS)[1:]] == [["ours", "2.00", "1.0"], ["typst", "9.00", "4.5"]]


def test_the_line_has_the_medians_and_our_files_kb() -> None:
    """As programs read it."""
    assert last_line(_COSTS) == '{"ours": 2.0, "typst": 9.0, "ours_kb": 48.2}'
