"""A registry that disposes of what is due, and may end itself with SIGKILL at an edge of a commit; run by the tests.

    disposing_child.py CONFIG fill
    disposing_child.py CONFIG approve [before|after NTH]
    disposing_child.py CONFIG approve-only
    disposing_child.py CONFIG go-on

`fill` takes two residents in and removes them on New Year's Day of 2026; `approve` does so and then, in the year 2177,
enters and approves the list of what is due, which `approve-only` does alone; `go-on` does what a start of the process
does in that year.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path

from konbini.process.entropy import SystemEntropy
from konbini.protocol.japan import JAPAN
from konbini.simulation.clock import SettableClock
from konbini.simulation.town.numbers import individual_number
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.bodies import Removal
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.config import read_config
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.retention import registry_desk
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import Kept, Retention, Term
from tests.crashing import Crash
from tests.records import written

TABLE = (Retention(period=Period(begins=dt.date(2020, 1, 1)), kept=Kept.REMOVED_RECORD, term=Term(years=150)),)


def at(year: int) -> int:
    """Give New Year's noon."""
    return int(dt.datetime(year, 1, 1, 12, tzinfo=JAPAN).timestamp() * 1000)


def number_of(resident: str) -> str:
    """Give each resident an individual number of its own."""
    return individual_number(int(resident[-9:]))


async def remove(registry: Registry, resident: str) -> None:
    """Take a resident in and remove the record."""
    arrival = RecordWritten(record=written(resident), individual_number=number_of(resident), postcode="")
    removal = Removal(reason=Presence.REMOVED_EX_OFFICIO)
    for kind, body, seen in ((ChangeKind.MOVE_IN, arrival, 0), (ChangeKind.REMOVAL, removal, 1)):
        change = new_change(kind, resident, body, seen=seen, effective=20251231, source="届書")
        await registry.approve("bando", await registry.enter("aoki", change))


async def main() -> None:
    """Do what was asked."""
    config = read_config(Path(sys.argv[1]))
    watch = Crash(sys.argv[3], step="dispose", nth=int(sys.argv[4])) if sys.argv[3:] else None
    clock = SettableClock(at(2026))
    async with open_registry(config, clock, SystemEntropy(), watch=watch) as rooms:
        acknowledging = Acknowledging((), clock)
        desk = registry_desk(
            rooms.store.rows,
            vault=rooms.vault,
            pen=rooms.pen,
            retention=lambda: TABLE,
            acknowledging=acknowledging,
            clock=clock,
        )
        if sys.argv[2] in {"fill", "approve"}:
            for resident in ("000000000000001", "000000000000002"):
                await remove(Registry(rooms.store, rooms.pen, acknowledging, clock), resident)
        if sys.argv[2] == "fill":
            return
        clock.set_wall(at(2177))
        if sys.argv[2] != "go-on":
            await desk.judge()
            await desk.approve("bando", await desk.enter("aoki", Kept.REMOVED_RECORD))
        await desk.go_on()


if __name__ == "__main__":
    asyncio.run(main())
