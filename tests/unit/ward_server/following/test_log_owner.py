"""A log that is not the one that was signed: a follower is stopped in that transaction, others record it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.rows import Rows
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.process.tree_rows import opened
from konbini.process.witnessing import Contradiction
from konbini.protocol.errors import Code
from konbini.protocol.shape import from_bytes
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.audit.log_owner import recording_log_owner
from konbini.ward_server.decisions.stop import stop_code
from konbini.ward_server.following.events import CLERK, ISSUING, ProcessEvents
from konbini.ward_server.following.life import Life, Numbers, begin_life, is_unsaid
from konbini.ward_server.issuing.ledger.cases import all_cases
from konbini.ward_server.issuing.log_exchange import open_log_case

NOW = 1_795_000_000_000
SEEN = Checkpoint(origin="konbini/131997/issuing", size=30, root=bytes(range(32)))
NUMBERS = Numbers(
    used=lambda _connection: 0, begin=lambda _connection, _used: None, renew=lambda _connection, _used: None
)


@asynccontextmanager
async def rows_at(folder: Path, process: str) -> AsyncIterator[Rows]:
    """Open the rows of a process."""
    rows = SqliteRows.open(folder / f"{process}.db", files(f"konbini.ward_server.{process}") / "migrations")
    yield rows
    await rows.close()


@pytest.fixture
async def issuing(tmp_path: Path) -> AsyncIterator[Rows]:
    """The rows of `issuing`."""
    async with rows_at(tmp_path, "issuing") as rows:
        yield rows


def entries(connection: Connection) -> list[AuditEntry]:
    """Read the log."""
    return [from_bytes(AuditEntry, one.entry) for one in opened(connection, 0, 100)]


@pytest.mark.parametrize(("process", "events"), [("issuing", ISSUING), ("clerk", CLERK)])
async def test_a_follower_stops_and_signs_no_more(tmp_path: Path, process: str, events: ProcessEvents) -> None:
    """Until two persons have said what happened; the code says that it was found by the log itself."""
    async with rows_at(tmp_path, process) as rows:
        owner = Life(rows, events.life, NUMBERS).log_owner()
        assert await rows.read(owner.may_sign)
        await rows.write(lambda connection: owner.rewritten(connection, SEEN, NOW))
        assert await rows.read(stop_code) is Code.LOG_REWRITTEN
        assert await rows.read(is_unsaid)
        assert not await rows.read(owner.may_sign)
        found = await rows.read(entries)
        assert [(one.event, one.code, one.about, one.digest) for one in found] == [
            (event, Code.LOG_REWRITTEN, "signed, log 30", SEEN.root) for event in (events.life.found, events.stopped)
        ]
        await rows.write(lambda connection: begin_life(connection, NOW))
        assert await rows.read(owner.may_sign)
        assert await rows.read(stop_code) is Code.LOG_REWRITTEN


@pytest.mark.parametrize(
    ("process", "event"),
    [("residents", AuditEvent.REGISTRY_LOG_CONTRADICTED), ("console", AuditEvent.CONSOLE_LOG_CONTRADICTED)],
)
async def test_registry_and_console_record_it_once(tmp_path: Path, process: str, event: AuditEvent) -> None:
    """They have nothing to stop; each checkpoint that does not hold is one entry, however often it is looked at."""
    async with rows_at(tmp_path, process) as rows:
        owner = recording_log_owner(event)
        for _ in range(3):
            await rows.write(lambda connection: owner.rewritten(connection, SEEN, NOW))
        (entry,) = await rows.read(entries)
        assert (entry.event, entry.code) == (event, Code.LOG_REWRITTEN)


async def test_a_contradiction_of_the_centers_log_is_a_case(issuing: Rows) -> None:
    """One for each checkpoint, with its entry; the same one again opens no second."""
    found = Contradiction(origin="konbini/center", code=Code.LOG_SPLIT_VIEW, moment=NOW, digest=bytes(32))
    for _ in range(2):
        await issuing.write(lambda connection: open_log_case(connection, found))
    (case,) = await issuing.read(partial(all_cases, before=2**53, most=10, closed=False))
    assert (case.kind, case.about, case.kiosk, case.closed) == ("CENTER_LOG_CONTRADICTED", "konbini/center", "", 0)
    (entry,) = await issuing.read(entries)
    assert (entry.event, entry.about, entry.code) == (
        AuditEvent.CENTER_LOG_CONTRADICTED,
        "konbini/center",
        Code.LOG_SPLIT_VIEW,
    )
