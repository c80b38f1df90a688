"""The console's manual says what docs/failure-codes.md says: written by this module when it is run as a program."""

from __future__ import annotations

import json
import re
from pathlib import Path

from konbini.protocol.errors import Code
from konbini.ward_server.console.manual import Manual

ROOT = Path(__file__).parents[4]
DOCUMENT = ROOT / "docs" / "failure-codes.md"
BUNDLED = ROOT / "konbini" / "ward_server" / "console" / "manual.json"
ROW = re.compile(r"\| \d+ \| `(?P<name>[A-Z_]+)` \| (?P<japanese>[^|]*) \| [^|]* \| (?P<instruction>[^|]*) \|")


def rows() -> list[list[str]]:
    """Give name, sentence and instruction of each code, without what marks them up."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    found = [match for match in map(ROW.fullmatch, lines) if match]
    return [[one["name"], one["japanese"], re.sub(r"[*`]", "", one["instruction"])] for one in found]


def test_the_manual_says_what_the_document_says() -> None:
    """Every code once, in the document's order."""
    shown = [[row.code.name, row.sentence, row.instruction] for row in Manual().rows]
    assert shown == rows()
    assert {row.code for row in Manual().rows} == set(Code)


if __name__ == "__main__":
    BUNDLED.write_text(json.dumps(rows(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
