"""`konbini bench all`: every benchmark in turn, its rows and plots, and the documents' tables.

    konbini bench all [--quick] [--only NAME,...] [--redraw] [--out DIR] [--root DIR]

Each benchmark is a process of its own, so that its CPU and memory are its own. Its rows go to `DIR/NAME.json`; plots
and tables are made of these alone. `--redraw` measures nothing: plots and tables anew, of the rows that are there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from konbini.commands.bench_rows import Rows
from konbini.simulation.bench.catalogue import BENCHES, Bench
from konbini.simulation.bench.figures.chart import draw
from konbini.simulation.bench.figures.finding import Finding, read_finding
from konbini.simulation.bench.figures.marked import filled, tables_of

if TYPE_CHECKING:
    Words = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives its type no other name

__all__ = ["DOCUMENTS", "add_all", "redraw"]

DOCUMENTS: Final = ("README.md", "docs/performance.md")
"""Where marked tables stand, below the root."""
_FIGURES: Final = "docs/figures"
_SOMETHING_MISSING: Final = 1
_RUN: Final = "import sys; from konbini.commands.main import main; sys.exit(main())"


def add_all(words: Words) -> None:
    """Add the sub-command."""
    every = words.add_parser("all", help="every benchmark, with its plots and the documents' tables")
    every.add_argument("--quick", action="store_true", help="a look at each, some ten minutes in all")
    every.add_argument("--only", type=_names, metavar="NAME,...", help="these alone; the others' rows stay")
    every.add_argument("--redraw", action="store_true", help="measure nothing: plots and tables of the rows there are")
    every.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="where README.md is (here)")
    every.add_argument("--out", type=Path, metavar="DIR", help=f"of rows and plots (ROOT/{_FIGURES})")
    every.set_defaults(carry_out=_all)


def redraw(out: Path, root: Path) -> Sequence[Path]:
    """Draw every plot and fill every marked table from the rows in a folder, and give what was written.

    Raises:
        OSError: something cannot be read or written.
        ValueError, KeyError, TypeError: a file holds no rows.
    """
    findings = _findings(out)
    written = []
    for finding in findings:
        for chart in finding.charts:
            written.append(out / f"{chart.name}.svg")
            written[-1].write_text(draw(chart), encoding="utf-8")
    tables = tables_of(findings)
    for name in DOCUMENTS:
        document = root / name
        if not document.exists():
            continue
        before = document.read_text("utf-8")
        after = filled(before, tables)
        if after != before:
            document.write_text(after, encoding="utf-8")
            written.append(document)
    return written


def _findings(out: Path) -> list[Finding]:
    return [read_finding(path) for bench in BENCHES if (path := out / f"{bench.name}.json").exists()]


def _all(read: argparse.Namespace) -> int:
    """Run; 1 where a benchmark wrote no rows."""
    root: Path = read.root
    out: Path = read.out or root / _FIGURES
    out.mkdir(parents=True, exist_ok=True)
    missing = [] if read.redraw else _measure(read.only, out, quick=read.quick)
    for path in redraw(out, root):
        _say(f"wrote {path}")
    if missing:
        sys.stderr.write(f"konbini bench: no rows of {', '.join(missing)}\n")
    return _SOMETHING_MISSING if missing else 0


def _measure(only: Sequence[str] | None, out: Path, *, quick: bool) -> list[str]:
    """Run each benchmark, and give the names of those that wrote no rows."""
    missing = []
    for bench in BENCHES:
        if only is not None and bench.name not in only:
            continue
        if not bench.is_here:
            _say(f"{bench.name}: not in this build")
            continue
        if not _ran(bench, out / f"{bench.name}.json", quick=quick):
            missing.append(bench.name)
    return missing


def _ran(bench: Bench, path: Path, *, quick: bool) -> bool:
    """Run one benchmark; whether it wrote rows now."""
    words = ("bench", bench.name, *bench.words(quick=quick))
    _say(f"--- konbini {' '.join(words)}")
    fresh, begun = path.with_suffix(".json.new"), time.monotonic()
    fresh.unlink(missing_ok=True)
    rows = Rows(path=fresh, arguments=bench.words(quick=quick), load=os.getloadavg()[0])
    told = ("--json",) if bench.reads is not None else ("--figures", str(fresh))
    status, last = _run((*words, *told))
    _say(f"--- {bench.name} ended with {status} after {time.monotonic() - begun:.0f} s")
    if bench.reads is not None and not status:
        rows.keep(bench.reads(last))
    if not fresh.exists():
        return False
    fresh.replace(path)
    return True


def _run(words: Sequence[str]) -> tuple[int, str]:
    """Run this program with other words, pass on what it says, and give how it ended and its last line."""
    last = ""
    command = [sys.executable, "-c", _RUN, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this program itself
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            last = line.rstrip("\n")
            _say(last)
    return process.returncode, last


def _names(text: str) -> tuple[str, ...]:
    known = {bench.name for bench in BENCHES}
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"no benchmark: {', '.join(unknown)}")
    return names


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
