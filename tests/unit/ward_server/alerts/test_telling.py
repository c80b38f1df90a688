"""The standing task: each receiver beside the others, again and again until it has what it is owed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from konbini.process.sqlite.rows import SqliteRows
from konbini.simulation.clock import SettableClock
from konbini.ward_server.alerts.alert import Alert
from konbini.ward_server.alerts.outbox import Outbox, count_owed
from konbini.ward_server.alerts.receivers import NotTold
from konbini.ward_server.alerts.telling import Telling
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.cases import opens_or_is_none
from tests.unit.ward_server.alerts.conftest import KIOSKS, NOON, WARD, record


@dataclass(slots=True)
class Person:
    """Somebody who is told: takes it, fails so many times, or hangs until let go."""

    name: str
    fails: int = 0
    hangs: asyncio.Event | None = None
    told: list[Alert] = field(default_factory=list)

    async def tell(self, alert: Alert) -> None:
        """Take an alert."""
        if self.hangs is not None:
            await self.hangs.wait()
        if self.fails:
            self.fails -= 1
            raise NotTold("away")
        self.told.append(alert)


@asynccontextmanager
async def telling(rows: SqliteRows, clock: SettableClock, *people: Person) -> AsyncIterator[None]:
    """Run the task while the context lasts; what happened before is history."""
    outbox = Outbox(
        rows, ward=WARD, kiosks=KIOSKS, receivers=[person.name for person in people], is_news=opens_or_is_none
    )
    await outbox.begin()
    running = asyncio.create_task(Telling(outbox, people, clock).run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(clock: SettableClock, holds: Callable[[], object], *, step: float = 1.0) -> None:
    """Let time pass until something holds."""
    async with asyncio.timeout(20):
        while not holds():
            await clock.advance(step)
            await asyncio.sleep(0.005)


async def owed(rows: SqliteRows) -> int:
    """Count."""
    return await rows.read(count_owed)


async def test_everybody_is_told_once(rows: SqliteRows) -> None:
    """And nothing is owed then."""
    clock, watch, office = SettableClock(NOON), Person("watch"), Person("office")
    async with telling(rows, clock, watch, office):
        await record(rows, AuditEvent.ISSUING_STOPPED, AuditEvent.ORDER_SEALED, AuditEvent.VISIT_CONFLICT)
        await until(clock, lambda: len(watch.told) == len(office.told) == 2)
        await until(clock, lambda: clock.now() > NOON + 120_000)
    assert [alert.position for alert in watch.told] == [0, 2]
    assert watch.told == office.told
    assert await owed(rows) == 0


async def test_one_that_hangs_keeps_no_other_waiting(rows: SqliteRows) -> None:
    """It is told when it answers again."""
    clock, watch, office = SettableClock(NOON), Person("watch", hangs=asyncio.Event()), Person("office")
    async with telling(rows, clock, watch, office):
        await record(rows, AuditEvent.ISSUING_STOPPED)
        await until(clock, lambda: office.told)
        async with asyncio.timeout(20):
            while await owed(rows) != 1:  # noqa: ASYNC110 - another task strikes it, after the receiver has it
                await asyncio.sleep(0.005)
        assert watch.told == []
        assert watch.hangs is not None
        watch.hangs.set()
        await until(clock, lambda: watch.told)


async def test_what_fails_is_tried_until_it_is_told(rows: SqliteRows, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has the kind, the attempt and one word of why."""
    clock, watch = SettableClock(NOON), Person("watch", fails=4)
    async with telling(rows, clock, watch):
        await record(rows, AuditEvent.FEED_BREAK_FOUND)
        await until(clock, lambda: watch.told, step=5.0)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed = [(line["kind"], line["attempt"], line["reason"]) for line in lines if line["event"] == "alert not told"]
    assert failed == [("feed_broken", attempt, "away") for attempt in (1, 2, 3, 4)]
    assert clock.now() >= NOON + 1000 * (5 + 10 + 20 + 40)


async def test_a_process_that_died_in_telling_tells_again(rows: SqliteRows) -> None:
    """At least once: the receiver knows the repeat by its name."""
    clock, first = SettableClock(NOON), Person("watch", hangs=asyncio.Event())
    async with telling(rows, clock, first):
        await record(rows, AuditEvent.ISSUING_STOPPED)
        await until(clock, lambda: clock.now() > NOON + 5_000)
    second = Person("watch")
    async with telling(rows, clock, second):
        await until(clock, lambda: second.told)
    assert second.told[0].name == "131997-0"
    assert first.told == []
