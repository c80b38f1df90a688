"""What the automatic demo says: a line for each visit, the table of step times, and the last line for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from konbini.protocol.kinds import CertificateKind
from konbini.simulation.demo.automatic import Plan, VisitEnd
from konbini.simulation.demo.step_times import Spread

__all__ = ["last_line", "step_table", "visit_line", "visit_table"]

_WIDE = frozenset("WF")
_NAME_COLUMNS = 26


def visit_line(turn: int, visits: int, end: VisitEnd) -> str:
    """Say how one visit ended, as it ends."""
    outcome = f"NOT AS IT SHOULD: {end.fault}" if end.fault else f"printed {end.number}"
    return f"visit {turn:>{len(str(visits))}}/{visits}  {end.seconds:4.1f} s  {outcome}"


def visit_table(ends: Sequence[VisitEnd]) -> Iterator[str]:
    """Give a line for each visit: who, whom the paper shows, in which language, and what came of it."""
    yield _row("resident", "shows", "screen", "outcome", "number and pages")
    for end in ends:
        plan = end.plan
        yield _row(
            plan.person.record.name,
            _shown(plan),
            plan.language,
            "FAULT" if end.fault else "printed",
            end.fault or " ".join((end.number, *end.pngs)),
        )


def step_table(steps: Mapping[str, Spread]) -> Iterator[str]:
    """Give the table of step times in milliseconds."""
    yield f"{'step':<22}{'p50 ms':>8}{'p95 ms':>8}"
    for name, spread in steps.items():
        yield f"{name:<22}{spread.p50:>8.0f}{spread.p95:>8.0f}"


def last_line(ends: Sequence[VisitEnd], steps: Mapping[str, Spread]) -> str:
    """Give the one line for programs; `subject` is the name of the card's holder, as the ward writes it."""
    printed = [end for end in ends if end.number and end.pngs and not end.fault]
    return json.dumps(
        {
            "visits": len(ends),
            "printed": len(printed),
            "papers": [
                {"number": end.number, "subject": end.plan.person.record.name, "pngs": list(end.pngs)}
                for end in printed
            ],
            "step_ms": {name: {"p50": spread.p50, "p95": spread.p95} for name, spread in steps.items()},
        },
        ensure_ascii=False,
    )


def _shown(plan: Plan) -> str:
    if plan.kind is CertificateKind.SEAL_REGISTRATION:
        return "their seal"
    return "the holder" if len(plan.shown) == 1 else f"household of {len(plan.shown)}"


def _row(name: str, *cells: str) -> str:
    shows, screen, outcome, rest = cells
    return f"{_padded(name)}{shows:<16}{screen:<8}{outcome:<9}{rest}"


def _padded(text: str) -> str:
    """Fill a name up to its column, counting what a terminal shows: wide characters twice, marks not at all."""
    width = sum(
        0 if unicodedata.category(each) == "Mn" else 1 + (unicodedata.east_asian_width(each) in _WIDE) for each in text
    )
    return text + " " * max(1, _NAME_COLUMNS - width)
