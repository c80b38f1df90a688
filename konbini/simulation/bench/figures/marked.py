"""Marked tables of a document: what stands between `<!-- bench:NAME -->` and `<!-- /bench -->` is written by a run.

Whoever edits there is overwritten by the next run, and a test holds documents and findings against each other. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from konbini.simulation.bench.figures.finding import Finding, Table

__all__ = ["filled", "markdown", "tables_of"]

_MARKED: Final = re.compile(r"(<!-- bench:(?P<name>[a-z-]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_LOADED: Final = 1.0


def tables_of(findings: Iterable[Finding]) -> dict[str, str]:
    """Give every table as it is to stand, by name, with when and where it was measured.

    What must be said beside a benchmark's tables stands under its first.
    """
    found = {}
    for finding in findings:
        for number, table in enumerate(finding.tables):
            says = finding.says if number == 0 else ()
            found[table.name] = "\n".join((markdown(finding, table), *(f"{line}\n" for line in says)))
    return found


def filled(document: str, tables: Mapping[str, str]) -> str:
    """Put tables between their marks; marks of a table that is not given keep what they have."""

    def put(found: re.Match[str]) -> str:
        table = tables.get(found["name"])
        return found[0] if table is None else f"{found[1]}{table}{found[3]}"

    return _MARKED.sub(put, document)


def markdown(finding: Finding, table: Table) -> str:
    """Write a table, figures to the right."""
    rule = ("---", *("--:",) * (len(table.columns) - 1))
    rows = (table.columns, rule, *table.rows)
    return "\n".join((*(f"| {' | '.join(row)} |" for row in rows), "", *_origin(finding), ""))


def _origin(finding: Finding) -> Iterable[str]:
    machine = finding.machine
    if machine is None:
        return
    busy = ", beside other work" if machine.load[0] > _LOADED else ""
    command = " ".join(("konbini bench", finding.bench, *finding.arguments))
    yield (
        f"`{command}`, {machine.day}, {machine.cores} cores, load {machine.load[0]:g} before and {machine.load[1]:g}"
        f" after{busy}, Python {machine.python}."
    )
