"""docs/audit-events.md says what the catalogue says: each event's number, name and meaning.

The document's head is written there and nowhere else; `python tests/unit/ward_server/audit/test_catalogue.py` brings
the tables up to date and keeps the head.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path

from konbini.ward_server.audit import events
from konbini.ward_server.audit.events import AuditEvent

DOCUMENT = Path(__file__).parents[4] / "docs" / "audit-events.md"
PROCESSES = {1: "1xx: the registry", 2: "2xx: issuing", 3: "3xx: the clerk", 4: "4xx: the console"}
FIRST = f"\n## {PROCESSES[1]}\n"


def meanings() -> dict[str, str]:
    """Give each member's docstring."""
    (catalogue,) = (node for node in ast.parse(inspect.getsource(events)).body if isinstance(node, ast.ClassDef))
    found = {}
    for member, text in pairwise(catalogue.body):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(meaning))):
                found[name] = " ".join(meaning.split())
    return found


def tables() -> str:
    """Give the document's tables as they should be."""
    lines = []
    for hundred, title in PROCESSES.items():
        lines += ["", f"## {title}", "", "| no. | event | what was decided or done |", "|---|---|---|"]
        for event in sorted(AuditEvent):
            if event // 100 == hundred:
                lines.append(f"| {int(event)} | `{event.name}` | {meanings()[event.name]} |")
    return "\n".join([*lines, ""])


def test_every_event_says_what_it_means() -> None:
    """A member without a docstring is found here."""
    assert set(meanings()) == {event.name for event in AuditEvent}
    assert {event // 100 for event in AuditEvent} == set(PROCESSES)


def test_the_document_says_what_the_catalogue_says() -> None:
    """Number, name, meaning, in order."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text[text.index(FIRST) :] == tables()


if __name__ == "__main__":
    head = DOCUMENT.read_text(encoding="utf-8").partition(FIRST)[0]
    DOCUMENT.write_text(head + tables(), encoding="utf-8")
