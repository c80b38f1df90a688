"""A standby server dials the center while an outage is in force there, and hangs up when it has ended."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path

from konbini.process.sqlite.rows import SqliteRows
from konbini.simulation.clock import SettableClock
from konbini.ward_server.following.outage import Outages
from konbini.ward_server.issuing.dialling import Dialling

NOW = 1_790_000_000_000
HOUR = 3_600_000


class CountedLink:
    """A link that notes when it is kept."""

    def __init__(self) -> None:
        """Nothing is dialled yet."""
        self.kept = 0

    async def run(self) -> None:
        """Stay until it is hung up."""
        self.kept += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.kept -= 1


async def until(link: CountedLink, kept: int, clock: SettableClock) -> None:
    """Wait until so many links are kept."""
    async with asyncio.timeout(10):
        while link.kept != kept:
            await clock.advance(1)
            await asyncio.sleep(0.005)


async def test_it_dials_in_an_outage_alone(tmp_path: Path) -> None:
    """Not before two persons declared it, once while it lasts, and not behind its end."""
    rows = SqliteRows.open(tmp_path / "issuing.db", files("konbini.ward_server.issuing") / "migrations")
    clock, link = SettableClock(NOW), CountedLink()
    running = asyncio.create_task(Dialling(link, Outages(rows, clock), clock).run())
    for _ in range(5):
        await clock.advance(1)
        await asyncio.sleep(0.005)
    assert link.kept == 0
    await rows.write(lambda connection: connection.execute("INSERT INTO heard VALUES (1, ?)", (NOW,)).rowcount)
    await rows.write(
        lambda connection: (
            connection.execute("INSERT INTO outage VALUES (1, 'a', ?1, ?2, 0, ?1)", (NOW, NOW + HOUR)).rowcount
        )
    )
    await until(link, 1, clock)
    clock.set_wall(NOW + HOUR)
    await until(link, 0, clock)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await rows.close()
