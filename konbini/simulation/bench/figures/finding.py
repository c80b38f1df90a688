"""What a benchmark found, as it is written to a file: tables and charts whose words and figures are all in it.

A document's table and a plot are made of this alone, so that neither can say anything that the file does not. Texts of
a table are as they are shown.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Bar", "Chart", "Finding", "Group", "Machine", "Table", "read_finding", "write_finding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure of a chart.

    Attributes:
        label: what it is of.
        value: in the chart's unit.
        low: where the interval of 95 % begins; None where there is none.
        high: where it ends.
        note: beside the bar, after the value: the ratio, most of the time.
        ours: whether it is this system's own, beside others.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bars that are held against each other, under a heading that may be empty.

    `aim`: what is aimed at for each of them, in the chart's unit; None where nothing is.
    """

    heading: str
    bars: tuple[Bar, ...]
    aim: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of horizontal bars.

    Attributes:
        name: of its file.
        title: what is shown, in a few words.
        description: the same in a sentence, for who does not see it.
        unit: of the axis, as it is written there.
        groups: what is shown.
    """

    name: str
    title: str
    description: str
    unit: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; `name` is that of its marks in a document. The first column is text, the others are figures."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where and when: a day, the load of one minute before and after, how many cores, which interpreter."""

    day: str
    load: tuple[float, float]
    cores: int
    python: str

    @classmethod
    def now(cls, day: str, load_before: float) -> Machine:
        """Look at this machine at the end of a run."""
        return cls(
            day=day,
            load=(round(load_before, 1), round(os.getloadavg()[0], 1)),
            cores=len(os.sched_getaffinity(0)),
            python=platform.python_version(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One run of one benchmark.

    Attributes:
        bench: the sub-command.
        arguments: it was run with.
        machine: where; None while it is not known yet.
        tables: for the documents.
        charts: for plots.
        says: what must be said beside them, a sentence each.
    """

    bench: str
    arguments: tuple[str, ...] = ()
    machine: Machine | None = None
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    says: tuple[str, ...] = ()


def write_finding(finding: Finding, path: Path) -> None:
    """Write a finding as JSON.

    Raises:
        OSError: it cannot be written.
    """
    path.write_text(json.dumps(asdict(finding), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_finding(path: Path) -> Finding:
    """Read what was written.

    Raises:
        OSError: it cannot be read.
        ValueError, KeyError, TypeError: it is no finding.
    """
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    machine = read["machine"]
    return Finding(
        bench=read["bench"],
        arguments=tuple(read["arguments"]),
        machine=None if machine is None else Machine(**{**machine, "load": tuple(machine["load"])}),
        tables=tuple(_table(one) for one in read["tables"]),
        charts=tuple(_chart(one) for one in read["charts"]),
        says=tuple(read["says"]),
    )


def _table(read: dict[str, Any]) -> Table:
    rows: Sequence[Sequence[str]] = read["rows"]
    return Table(name=read["name"], columns=tuple(read["columns"]), rows=tuple(tuple(row) for row in rows))


def _chart(read: dict[str, Any]) -> Chart:
    groups = tuple(
        Group(heading=group["heading"], bars=tuple(Bar(**bar) for bar in group["bars"]), aim=group["aim"])
        for group in read["groups"]
    )
    return Chart(**{**read, "groups": groups})
