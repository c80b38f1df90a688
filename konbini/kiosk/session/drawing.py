"""Draws the flow's table for readers: `docs/kiosk-flow.md` is written by this module and never by hand.

`python -m konbini.kiosk.session.drawing docs/kiosk-flow.md` writes it; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from konbini.kiosk.session.flow import FIRST, TABLE, State, Step, patience, step

__all__ = ["mermaid", "page"]

_HEAD = """\
# The flow of a visit at the kiosk

Drawn from the table in `konbini/kiosk/session/flow.py` by `python -m konbini.kiosk.session.drawing docs/kiosk-flow.md`;
a test compares. Every way to *start* passes *wiping*.

"""
_PATIENCE = """
## How long a screen waits for a person

Seconds without an act until the warning, and seconds that the warning counts down. A screen that is not listed
waits for a device or a peer, or for a card or paper to be taken.

| screen | quiet | warning |
|---|---|---|
"""


def page() -> str:
    """Return the whole of `docs/kiosk-flow.md`."""
    rows = (
        f"| {state.value} | {wait.quiet} | {wait.warning or '-'} |\n"
        for state in State
        if (wait := patience(state)) is not None
    )
    return f"{_HEAD}```mermaid\n{mermaid()}```\n{_PATIENCE}{''.join(rows)}"


def mermaid() -> str:
    """Return the table as a Mermaid state diagram: one box for each named step, one arrow for each pair of states."""
    return "".join(
        f"{line}\n" for line in ("stateDiagram-v2", f"    [*] --> {FIRST.name}", *_boxes(), *_loose(), *_arrows())
    )


def _boxes() -> Iterator[str]:
    for part in Step:
        yield f"    state {part.value} {{"
        yield from (f"        {state.name}: {state.value}" for state in State if step(state) is part)
        yield "    }"


def _loose() -> Iterator[str]:
    yield from (f"    {state.name}: {state.value}" for state in State if step(state) is None)


def _arrows() -> Iterator[str]:
    for (before, after), rows in groupby(sorted(TABLE.items(), key=_order), key=lambda row: (row[0][0], row[1])):
        labels = ", ".join(event.value for (_, event), _ in rows)
        yield f"    {before.name} --> {after.name}: {labels}"


def _order(row: tuple[tuple[State, object], State]) -> tuple[int, int]:
    states = list(State)
    return states.index(row[0][0]), states.index(row[1])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
