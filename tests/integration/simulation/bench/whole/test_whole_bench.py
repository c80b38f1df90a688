"""Whole issues at real services: every visit prints, and every part of the table is there; no time is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from konbini.commands.main import main
from konbini.simulation.bench.figures.finding import read_finding
from konbini.simulation.bench.whole.figures import ADDS, STRETCHES


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_run_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In tables for people, in a line for programs, and in rows for plots."""
    rows = tmp_path / "whole.json"
    words = ["--rates", "2", "--seconds", "3", "--kiosks", "4", "--json", "--figures", str(rows)]
    assert main(["bench", "whole", *words]) == 0
    read = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {row[0] for row in read["whole-steps"]} == {*STRETCHES, "a visit, mean"}
    assert len(read["whole-rates"]) == len(ADDS) + 2
    found = read_finding(rows)
    assert found.arguments == ("--rates", "2", "--seconds", "3", "--kiosks", "4")
    assert {chart.name for chart in found.charts} == {"whole-cpu", "whole-adds"}
