"""The kiosk's benchmark: what counts as growth, how figures are said, and what is read of a process."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from konbini.simulation.bench.kiosk.footprint import age, footprint
from konbini.simulation.bench.kiosk.report import last_line, lines, percentile
from konbini.simulation.bench.kiosk.running import Growth, Measured, growth


def measured(taps: list[float]) -> Measured:
    """Give figures that keep every aim but, perhaps, the taps'."""
    flat = Growth(first=50.0, last=51.0, most=52.0)
    return Measured(
        taps=taps,
        ready=4.0,
        ready_cpu=3.0,
        memory=Growth(first=200.0, last=201.0, most=202.0),
        host=flat,
        visit=flat,
        descriptors=flat,
        journal=1800.0,
        seconds=[8.0, 9.0],
    )


def test_growth_is_the_last_quarter_against_the_first() -> None:
    """Medians: one high figure in the middle is the highest, and no growth."""
    found = growth([10, 10, 99, 10, 10, 10, 20, 20])
    assert (found.first, found.last, found.most) == (10, 20, 99)
    assert found.ratio == 2
    assert growth([0, 0]).ratio == 1
    with pytest.raises(ValueError, match="nothing"):
        growth([])


def test_a_percentile_was_measured() -> None:
    """The nearest rank, never a figure between two."""
    figures = [float(each) for each in range(1, 101)]
    assert (percentile(figures, 50), percentile(figures, 95)) == (50, 95)
    assert percentile([7.0], 95) == 7


def test_an_aim_that_is_missed_is_said() -> None:
    """Beside the figure, and only there."""
    assert not any("NOT met" in line for line in lines(measured([20.0] * 20)))
    missed = [line for line in lines(measured([20.0] * 18 + [150.0] * 2)) if "NOT met" in line]
    assert [line.split()[0] for line in missed] == ["tap"]
    assert json.loads(last_line(measured([20.0, 30.0])))["tap_p95_ms"] == 30


def journal(folder: Path) -> Path:
    """Make a journal with one empty table."""
    path = folder / "journal.db"
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("CREATE TABLE step (word TEXT)")
        opened.commit()
    return path


def test_a_journal_is_measured_by_its_pages(tmp_path: Path) -> None:
    """What is written into it makes it larger, the write-ahead log beside it does not."""
    path = journal(tmp_path)
    before = footprint(os.getpid(), path).journal
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("INSERT INTO step VALUES (?)", ("x" * 10_000,))
        opened.commit()
        grown = footprint(os.getpid(), path).journal
        for _ in range(20):
            opened.execute("UPDATE step SET word = ?", ("y" * 10_000,))
            opened.commit()
        assert path.with_name("journal.db-wal").stat().st_size > grown
        assert footprint(os.getpid(), path).journal < grown + 10_000
    assert grown > before


def test_a_process_is_measured(tmp_path: Path) -> None:
    """This one: it has memory, descriptors, an age, and no child that is a visit."""
    found = footprint(os.getpid(), journal(tmp_path))
    assert found.host.kib > 1024
    assert found.host.descriptors > 2
    assert found.visits == ()
    assert (found.kib, found.cpu) == (found.host.kib, found.host.cpu)
    assert found.cpu > 0
    assert age(os.getpid()) > 0


def test_processes_of_visits_are_counted(tmp_path: Path) -> None:
    """A child whose command names the module of a visit."""
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, "konbini.kiosk.visit"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        child.stdout.readline()
        found = footprint(os.getpid(), journal(tmp_path))
        child.communicate()
    assert len(found.visits) == 1
    assert found.kib == found.host.kib + found.visits[0].kib
