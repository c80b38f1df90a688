"""The documents' figures are those of the rows beside them: none is typed, and no plot is older than its rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.commands.bench_all import DOCUMENTS
from konbini.simulation.bench.catalogue import BENCHES
from konbini.simulation.bench.figures.chart import draw
from konbini.simulation.bench.figures.finding import Finding, read_finding
from konbini.simulation.bench.figures.marked import filled, tables_of

_ROOT = Path(__file__).parents[3]
_FIGURES = _ROOT / "docs" / "figures"
_MARK = re.compile(r"<!-- bench:([a-z-]+) -->")


def _findings() -> list[Finding]:
    return [read_finding(path) for path in sorted(_FIGURES.glob("*.json"))]


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_marked_tables_say_what_the_rows_say(name: str) -> None:
    """Filled again, a document stays as it is; `konbini bench all --redraw` fills it."""
    document = (_ROOT / name).read_text("utf-8")
    assert filled(document, tables_of(_findings())) == document


def test_every_table_stands_in_the_document_of_figures() -> None:
    """And every mark there has a table, but for benchmarks that were not run yet."""
    marked = set(_MARK.findall((_ROOT / "docs" / "performance.md").read_text("utf-8")))
    tables = tables_of(_findings()).keys()
    assert tables <= marked
    run = {finding.bench for finding in _findings()}
    waiting = {bench.name for bench in BENCHES if bench.name not in run}
    assert {mark for mark in marked - tables if mark.split("-")[0] not in waiting} == set()


def test_every_plot_is_drawn_from_its_rows() -> None:
    """To the byte; a plot without rows is none of ours."""
    charts = {f"{chart.name}.svg": draw(chart) for finding in _findings() for chart in finding.charts}
    assert {path.name: path.read_text("utf-8") for path in _FIGURES.glob("*.svg")} == charts


def test_rows_are_those_of_a_benchmark_that_is_run() -> None:
    """One file each, under its own name, with the machine that they are of."""
    for path in _FIGURES.glob("*.json"):
        finding = read_finding(path)
        assert finding.bench == path.stem
        assert finding.bench in {bench.name for bench in BENCHES}
        assert finding.machine is not None
