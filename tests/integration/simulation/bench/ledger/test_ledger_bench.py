"""The ways to commit, small: each makes what it is told durable; no time is asserted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from konbini.process.postgresql.address import PostgresAddress
from konbini.simulation.bench.ledger.running import Plan, measure_ledger
from konbini.simulation.bench.ledger.ways import CALLERS, ways


def _nowhere(schema: str) -> PostgresAddress:
    raise AssertionError(f"no server was wanted for {schema}")


async def test_every_way_on_sqlite_leaves_two_rows_a_commit(tmp_path: Path) -> None:
    """In a file of its own."""
    on_files = ways(tmp_path, _nowhere)[:3]
    for way in on_files:
        assert await way.run("r", CALLERS) > 0
    files = sorted(tmp_path.glob("*.db"))
    assert len(files) == len(on_files)
    for file in files:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM entry").fetchone() == (2 * CALLERS,)


@pytest.mark.long
async def test_all_ways_in_one_run() -> None:
    """On both engines."""
    found = await measure_ledger(Plan(rounds=1, commits=64), lambda _line: None)
    assert [len(way.rates) for way in found.ways.values()] == [1] * 5
