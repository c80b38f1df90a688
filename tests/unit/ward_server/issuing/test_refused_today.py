"""The day's refusals, counted from the audit log as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.rows import Rows
from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.refusals import Refusals

DAY = 1_795_000_000
DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """The rows of an `issuing`."""
    migrations = files("konbini.ward_server.issuing") / "migrations"
    opened = SqliteRows.open(tmp_path / "issuing.db", migrations, entropy=SeededEntropy(1))
    yield opened
    await opened.close()


async def refuse(rows: Rows, code: Code, moment: int = DAY, event: AuditEvent = AuditEvent.VISIT_REFUSED) -> None:
    """Record a refusal."""
    entry = AuditEntry(moment=1000 * moment, event=event, code=code)
    await rows.write(lambda connection: append(connection, entry), step="refuse")


async def test_refusals_are_counted_by_code_as_they_come(rows: SqliteRows) -> None:
    """Each once, of today alone, and of what refuses somebody alone; a new day begins at nothing."""
    refusals = Refusals(rows)
    assert await refusals.today(DAY) == {}
    await refuse(rows, Code.WARD_CLOSED, moment=DAY - 1)
    await refuse(rows, Code.WARD_CLOSED)
    await refuse(rows, Code.ASK_AT_COUNTER, event=AuditEvent.ORDER_VOIDED)
    await refuse(rows, Code.INTERNAL, event=AuditEvent.ISSUING_STOPPED)
    counted = {Code.WARD_CLOSED: 1, Code.ASK_AT_COUNTER: 1}
    assert await refusals.today(DAY) == await refusals.today(DAY) == counted
    await refuse(rows, Code.WARD_CLOSED, moment=DAY + DAY_SECONDS)
    assert await refusals.today(DAY + DAY_SECONDS) == {Code.WARD_CLOSED: 1}


async def test_several_that_ask_at_once_count_each_refusal_once(rows: SqliteRows) -> None:
    """Readers are threads of their own; what one has counted the next does not count again."""
    for _ in range(200):
        await refuse(rows, Code.WARD_CLOSED)
    refusals = Refusals(rows)
    for counted in await asyncio.gather(*(refusals.today(DAY) for _ in range(8))):
        assert counted == {Code.WARD_CLOSED: 200}
