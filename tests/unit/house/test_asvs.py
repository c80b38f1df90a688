"""docs/security/asvs.md: every requirement of OWASP ASVS 5.0.0 once, with its level, and every place that it names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "security" / "asvs.md"
IDS = Path(__file__).parent / "asvs-5.0.0.txt"
ROW = re.compile(r"\| (?P<id>V\d+\.\d+\.\d+) \| (?P<level>[123]) \| (?P<shown>.+) \|")
LEFT_OUT = re.compile(r"\| (?P<id>V\d+(?:\.\d+){0,2}) \| (?P<why>[^|]+) \|")
PLACE = re.compile(r"`((?:unit|integration|e2e|docs|requirements|systemd)/?[\w./-]*)`")


def bundled() -> dict[str, int]:
    """Give the standard's ids with their levels."""
    lines = IDS.read_text(encoding="utf-8").splitlines()
    return {name: int(level) for name, level in (line.split() for line in lines)}


def parts() -> tuple[dict[str, tuple[int, str]], list[str]]:
    """Give the rows that apply, and what is left out."""
    applies, _, leaves = DOCUMENT.read_text(encoding="utf-8").partition("\n## What does not apply\n")
    rows = [match for match in map(ROW.fullmatch, applies.splitlines()) if match]
    assert len({row["id"] for row in rows}) == len(rows)
    left_out = [match["id"] for match in map(LEFT_OUT.fullmatch, leaves.splitlines()) if match]
    return {row["id"]: (int(row["level"]), row["shown"]) for row in rows}, left_out


def test_every_requirement_stands_here_once() -> None:
    """In a row of its own with its level, or left out by itself, by its section or by its chapter."""
    rows, left_out = parts()
    assert {name: level for name, (level, _) in rows.items()}.items() <= bundled().items()
    for name in bundled():
        out = [one for one in left_out if name == one or name.startswith(f"{one}.")]
        assert (name in rows) + len(out) == 1, name


def test_every_place_that_is_named_is_there() -> None:
    """A test, a document, a unit."""
    rows, _left_out = parts()
    named = {place for _level, shown in rows.values() for place in PLACE.findall(shown)}
    assert named
    tests = ("unit", "integration", "e2e")
    assert [one for one in named if not (ROOT / ("tests" if one.startswith(tests) else "") / one).exists()] == []
