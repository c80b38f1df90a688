"""The table of who may go which way, as docs/console-rights.md has it; `python -m` this module writes the document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from konbini.process.clock import SystemClock
from konbini.ward_server.console.act import Act
from konbini.ward_server.console.disclosure_acts import disclosure_acts
from konbini.ward_server.console.disposal_acts import disposal_acts
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.process_acts import process_acts
from konbini.ward_server.console.registry_acts import registry_acts
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.roll_acts import roll_acts
from konbini.ward_server.console.routes import Access, Route, all_routes
from konbini.ward_server.console.staff_acts import staff_acts
from konbini.ward_server.console.steering_acts import Steering, steering_acts

__all__ = ["COLUMNS", "DOCUMENT", "allowed_by_table", "document_rows", "table", "whole_acts", "whole_table"]

DOCUMENT = Path(__file__).parents[4] / "docs" / "console-rights.md"
HEAD = "\n## The table\n"
COLUMNS = ("nobody", "terminal", "locked", *(role.name.lower() for role in Role))
"""Who asks: at no enrolled terminal, at one without a session, in a locked session, signed in with one role."""
_SIGNS = {True: "yes", False: "-"}


def allowed_by_table(route: Route) -> tuple[bool, ...]:
    """Say for each column whether the way is open."""
    reached = {
        Access.ANYBODY: (True, True, True),
        Access.TERMINAL: (False, True, True),
        Access.SESSION: (False, False, True),
        Access.ROLE: (False, False, False),
    }[route.access]
    return (*reached, *(route.access is not Access.ROLE or role in route.may for role in Role))


def line(method: str, path: str, allowed: Iterable[bool], *, acts: bool) -> str:
    """Write one row of the document."""
    cells = (method, f"`{path}`", "acts" if acts else "reads", *(_SIGNS[one] for one in allowed))
    return "| " + " | ".join(cells) + " |"


def table(rows: Iterable[str]) -> str:
    """Write the table."""
    heads = ("method", "path", "", *COLUMNS)
    return "\n".join(("| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *rows, ""))


def document_rows(routes: Iterable[Route]) -> list[str]:
    """Write the rows that the table of routes makes."""
    return [line(route.method, route.path, allowed_by_table(route), acts=route.acts) for route in routes]


def whole_acts() -> tuple[Act[Any], ...]:
    """Give the console's acts, without a console."""
    lines = Lines(clients={}, ward="131997")
    steering = Steering(lines, "131997", SystemClock())
    return (
        *registry_acts(lines),
        *process_acts(lines, steering),
        *steering_acts(steering),
        *disposal_acts(lines),
        *disclosure_acts(None),  # type: ignore[arg-type] # nothing is carried out
        *roll_acts(lines),
        *staff_acts(None),  # type: ignore[arg-type] # the same
    )


def whole_table() -> tuple[Route, ...]:
    """Give the console's table of routes, without a console."""
    return all_routes(whole_acts())


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text.partition(HEAD)[0] + HEAD + "\n" + table(document_rows(whole_table())), encoding="utf-8")
