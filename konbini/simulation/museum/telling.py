"""What the museum says: the table for people, and one line for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from konbini.simulation.museum.running import Row

__all__ = ["last_line", "measured", "row_line", "table"]

_HEADS = ("no.", "mutant", "off", "on", "found after", "CPU s", "each of these suffices alone")


def row_line(row: Row) -> str:
    """Say how one mutant came out, as soon as it has."""
    verdict = "right" if row.is_right else "NOT AS IT SHOULD BE"
    return (
        f"{row.cpu_seconds:6.1f} CPU s  {row.mutant.name:<28} off {row.off.wrong:>4}  on {row.on.wrong:>4}  {verdict}"
    )


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Give the table, a line for each mutant."""
    cells = [_HEADS, *map(_cells, rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(_HEADS))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def last_line(rows: Sequence[Row]) -> str:
    """Give one line of JSON."""
    return json.dumps(
        {
            "rows": [
                {
                    "mutant": row.mutant.name,
                    "off": row.off.wrong,
                    "on": row.on.wrong,
                    "found_after": row.off.found_after,
                    "cpu_seconds": round(row.cpu_seconds, 2),
                }
                for row in rows
            ]
        }
    )


def measured(row: Row) -> Iterator[str]:
    """Say for a mutant's page what was measured."""
    workload = row.mutant.workload
    yield (
        f"Profile {workload.profile}, seed {workload.seed}, {workload.wards} ward(s), {workload.kiosks} kiosks: "
        f"{row.off.wrong} wrong of {row.off.papers} sheets with the defences off, the first after "
        f"{row.off.found_after} visit(s); {row.on.wrong} of {row.on.papers} with them on. "
        f"{row.cpu_seconds:.0f} CPU-seconds for both."
    )
    if row.single:
        yield ""
        yield f"Suffices alone: {', '.join(row.sufficient) or 'none'}."
    if row.insufficient:
        yield f"Does not suffice alone: {', '.join(row.insufficient)}."


def _cells(row: Row) -> tuple[str, ...]:
    enough = ", ".join(row.sufficient) if row.single else "-"
    if row.insufficient:
        enough += f" (not: {', '.join(row.insufficient)})"
    return (
        str(row.mutant.number),
        row.mutant.name,
        str(row.off.wrong),
        str(row.on.wrong),
        "-" if row.off.found_after is None else str(row.off.found_after),
        f"{row.cpu_seconds:.1f}",
        enough,
    )
