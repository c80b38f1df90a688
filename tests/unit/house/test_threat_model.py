"""docs/threat-model.md: each row names where it is shown, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "threat-model.md"


def rows() -> list[list[str]]:
    """Give the cells of each row of the table of liars."""
    table = DOCUMENT.read_text(encoding="utf-8").partition("## Who could lie")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| **")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named(cell: str) -> list[Path]:
    """Give the places that a cell names; a bare file stands in the folder of the one before."""
    found: list[Path] = []
    for text in re.findall(r"`([^`]+)`", cell):
        if text.startswith("docs/"):
            found.append(ROOT / text)
        elif "/" in text:
            found.append(ROOT / "tests" / text)
        else:
            found.append(found[-1].parent / text)
    return found


def test_every_row_is_whole() -> None:
    """Who, what they would gain, what stops them, and where it is shown."""
    assert rows()
    assert [row[0] for row in rows() if len(row) != 4 or not all(row)] == []


def test_what_is_named_is_there() -> None:
    """A place that holds tests, or a document; the one row that nothing stops says so."""
    for who, *_, shown in rows():
        places = named(shown)
        assert places or shown == "named, not stopped", who
        for place in places:
            tests = place.rglob("test_*.py") if place.is_dir() else [place]
            assert any(test.is_file() for test in tests), f"{who}: {place}"
