"""The manual of failure codes as the console shows it: what an operator does about each (docs/failure-codes.md).

`manual.json` is written from that document by `python -m tests.unit.ward_server.console.test_manual`, and a test
compares the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from konbini.protocol.errors import Code

__all__ = ["Manual", "ManualRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRow:
    """One code, what the resident reads in Japanese, and what an operator does."""

    code: Code
    sentence: str
    instruction: str


class Manual:
    """Every code's row, by number."""

    def __init__(self) -> None:
        """Read it.

        Raises:
            KeyError: a code that this build does not know.
        """
        text = (files("konbini.ward_server.console") / "manual.json").read_text(encoding="utf-8")
        self.rows = tuple(
            ManualRow(code=Code[name], sentence=sentence, instruction=instruction)
            for name, sentence, instruction in json.loads(text)
        )
