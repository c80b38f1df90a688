"""How a kiosk's day is kept where several servers judge it at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.sqlite.rows import SqliteRows
from konbini.process.tree_rows import opened, size_of
from konbini.protocol.shape import from_bytes
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.ledger.days import DayLedger, DayState

NOW = 1_795_000_000_000
KIOSK, DAY = "K-0001", 20261120


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """The rows of an `issuing`."""
    migrations = files("konbini.ward_server.issuing") / "migrations"
    store = SqliteRows.open(tmp_path / "issuing.db", migrations, entropy=SeededEntropy(1))
    yield store
    await store.close()


async def judged(rows: SqliteRows, *differences: str) -> list[AuditEvent]:
    """Have four servers judge a day at once, and give what the log has of it since the beginning."""
    await asyncio.gather(*(DayLedger(rows, "131997").conclude(KIOSK, DAY, differences, NOW) for _ in range(4)))
    entries = await rows.read(lambda connection: opened(connection, 0, size_of(connection)))
    return [from_bytes(AuditEntry, one.entry).event for one in entries]


async def test_a_day_is_judged_once_whoever_judges_it(rows: SqliteRows) -> None:
    """A day that never differed is no news; one that differs, and one that agrees again, is told once."""
    assert await judged(rows) == []
    assert await judged(rows, "printed: kiosk 1, ledger 0") == [AuditEvent.COUNT_DIFFERS]
    assert await judged(rows) == [AuditEvent.COUNT_DIFFERS, AuditEvent.DAY_AGREES]
    (account,) = await DayLedger(rows, "131997").accounts(DAY)
    assert (account.state, account.differences) == (DayState.AGREES, "")
