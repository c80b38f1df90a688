"""What the benchmark says, to people and to programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from konbini.simulation.bench.relay.figures import KIOSKS, Row

__all__ = ["last_line", "lines"]

_COLUMNS: Final = (
    ("1 KB", "1 KB µs", ".0f"),
    ("1 KB, ratio", "ratio", ".2f"),
    ("200 KB", "200 KB µs", ".0f"),
    ("200 KB, ratio", "ratio", ".2f"),
    ("handshake", "handshake ms", ".2f"),
    ("handshake, ratio", "ratio", ".2f"),
    ("idle link", "idle KiB", ".1f"),
    (f"{KIOSKS} idle links", f"{KIOSKS} GiB", ".2f"),
    ("storm, all back", "back s", ".1f"),
    (f"{KIOSKS} back", f"{KIOSKS} s", ".0f"),
    ("p50", "p50 ms", ".1f"),
    ("p99", "p99 ms", ".1f"),
    ("p99 added", "added ms", ".1f"),
)
_WIDTH: Final = 13
_NAME_WIDTH: Final = 9


def lines(rows: Sequence[Row]) -> tuple[str, ...]:
    """Give a table: a line for each way, ratios to nginx behind their figures."""
    head = "way".ljust(_NAME_WIDTH) + "".join(title.rjust(_WIDTH) for _measure, title, _form in _COLUMNS)
    ways = dict.fromkeys(row.variant for row in rows)
    found = {(row.variant, row.measure): row.value for row in rows}
    return (head, *(_line(way, found) for way in ways))


def _line(way: str, found: dict[tuple[str, str], float]) -> str:
    cells = (
        format(found[way, measure], form) if (way, measure) in found else "-" for measure, _title, form in _COLUMNS
    )
    return way.ljust(_NAME_WIDTH) + "".join(cell.rjust(_WIDTH) for cell in cells)


def last_line(rows: Sequence[Row], load: float) -> str:
    """Give the same for programs: one line of JSON, with the machine's load over the last minute."""
    return json.dumps(
        {
            "rows": [
                {"variant": row.variant, "measure": row.measure, "value": round(row.value, 4), "unit": row.unit}
                for row in rows
            ],
            "load": round(load, 1),
        },
        ensure_ascii=False,
    )
