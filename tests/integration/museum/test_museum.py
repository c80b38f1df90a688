"""`konbini museum`: a fault in the simulated world, each run a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from konbini.commands.main import main
from konbini.simulation.museum.catalogue import CATALOGUE
from konbini.simulation.museum.page import MEASURED, file_name

_CPU_SECONDS = 60


@pytest.mark.timeout(600)
def test_a_mutant_is_found_in_the_world_and_caught(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The last line is for programs; the page is filled with what was measured."""
    assert (
        main(["museum", "--only", "anothers-row", "--no-singles", "--visits", "30", "--json", "--pages", str(tmp_path)])
        == 0
    )
    (row,) = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    assert row["mutant"] == "anothers-row"
    assert row["off"] > 0
    assert row["on"] == 0
    assert row["found_after"] >= 1
    mutant = next(one for one in CATALOGUE if one.name == "anothers-row")
    said = (tmp_path / file_name(mutant)).read_text(encoding="utf-8").partition(MEASURED)[2]
    assert f"{row['off']} wrong" in said


def test_a_word_that_no_mutant_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is run."""
    assert main(["museum", "--only", "nothing of the sort"]) == 2
    assert "no mutant" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_fault_is_found_and_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole museum; each within a minute of the processor."""
    assert main(["museum", "--no-singles", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    assert [row["mutant"] for row in rows] == [mutant.name for mutant in CATALOGUE]
    assert all(row["off"] > 0 and row["on"] == 0 for row in rows)
    assert all(row["cpu_seconds"] < _CPU_SECONDS for row in rows)
