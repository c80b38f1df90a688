"""The difference of two texts of settings, line by line, as a person reads it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Final

from konbini.ward_server.console.act import DiffLine

__all__ = ["count", "difference"]

_AROUND: Final = 3
"""Lines that stay, shown around what changes."""


def difference(old: str, new: str) -> tuple[DiffLine, ...]:
    """Give what was removed and added, with a few lines around it; what lies between is one line that counts.

    Lines that occur often are no anchors: so long texts of equal lines are told apart coarsely, and in time.
    """
    before, after = old.splitlines(), new.splitlines()
    found: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            found += _kept(before[i1:i2], i1, j1, first=not found, last=(i2, j2) == (len(before), len(after)))
        else:
            found += _all("removed", before[i1:i2], i1)
            found += _all("added", after[j1:j2], j1)
    return tuple(found)


def count(lines: Sequence[DiffLine], sign: str) -> int:
    """Count the lines of a sign."""
    return sum(line.sign == sign for line in lines)


def _all(sign: str, texts: Sequence[str], begin: int) -> Iterator[DiffLine]:
    for number, text in enumerate(texts, start=begin + 1):
        old, new = (number, 0) if sign == "removed" else (0, number)
        yield DiffLine(sign=sign, old=old, new=new, text=text)


def _kept(texts: Sequence[str], old: int, new: int, *, first: bool, last: bool) -> Iterator[DiffLine]:
    """Give the edges of a run of lines that stay, those towards a change."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    hidden = len(texts) - head - tail
    for place, text in enumerate(texts):
        if hidden > 1 and place == head:
            yield DiffLine(sign="gap", old=hidden, new=0, text="")
        if hidden <= 1 or place < head or place >= len(texts) - tail:
            yield DiffLine(sign="same", old=old + place + 1, new=new + place + 1, text=text)
