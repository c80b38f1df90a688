"""Marked tables of a document, and the file that they are made of."""

from __future__ import annotations

from pathlib import Path

from konbini.simulation.bench.figures.finding import (
    Bar,
    Chart,
    Finding,
    Group,
    Machine,
    Table,
    read_finding,
    write_finding,
)
from konbini.simulation.bench.figures.marked import filled, tables_of

_FINDING = Finding(
    bench="ledger",
    arguments=("--rounds", "6"),
    machine=Machine(day="30 November 2026", load=(0.4, 2.1), cores=2, python="3.11.2"),
    tables=(
        Table(name="ledger", columns=("way", "a second"), rows=(("direct", "365"), ("groups", "11,893"))),
        Table(name="other", columns=("way", "a second"), rows=()),
    ),
    charts=(
        Chart(
            name="ledger",
            title="Commits",
            description="Commits.",
            unit="a second",
            groups=(Group(heading="", bars=(Bar(label="direct", value=1.5, low=1.0, high=2.0),), aim=3.0),),
        ),
    ),
    says=("It was so.",),
)
_DOCUMENT = """# Figures
<!-- bench:ledger -->
| old |
<!-- /bench -->
between
<!-- bench:relay -->
| kept |
<!-- /bench -->
"""


def test_a_finding_comes_back_from_its_file(tmp_path: Path) -> None:
    """Field by field."""
    write_finding(_FINDING, tmp_path / "ledger.json")
    assert read_finding(tmp_path / "ledger.json") == _FINDING


def test_a_table_is_put_between_its_marks_with_what_it_stands_on() -> None:
    """Command, day, machine and load stand under it, and what must be said; another's marks keep what they have."""
    written = filled(_DOCUMENT, tables_of([_FINDING]))
    assert "| way | a second |\n| --- | --: |\n| direct | 365 |\n| groups | 11,893 |\n" in written
    assert (
        "`konbini bench ledger --rounds 6`, 30 November 2026, 2 cores, load 0.4 before and 2.1 after, Python 3.11.2."
        in written
    )
    assert "It was so." in written
    assert "| old |" not in written
    assert "<!-- bench:relay -->\n| kept |\n<!-- /bench -->" in written
    assert filled(written, tables_of([_FINDING])) == written


def test_what_must_be_said_stands_once() -> None:
    """Under a benchmark's first table."""
    tables = tables_of([_FINDING])
    assert "It was so." in tables["ledger"]
    assert "It was so." not in tables["other"]
