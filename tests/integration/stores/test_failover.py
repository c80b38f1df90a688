"""A primary that dies, the standby that takes its place, and the old one that comes back with an old history."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.rows import PostgresRows
from konbini.process.rows import NotOpened, NotStored
from tests.notes import add, texts
from tests.places import NOTES
from tests.postgres import Server, check_installed, folder_of_its_own

pytestmark = pytest.mark.faults


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    """Run a primary and a standby that follows it; a commit waits for both."""
    check_installed()
    with folder_of_its_own() as here, folder_of_its_own() as there:
        primary, standby = Server(folder=here), Server(folder=there)
        primary.make()
        primary.start()
        try:
            primary.base_backup(standby)
            standby.start()
            yield primary, standby
        finally:
            standby.end()
            primary.end(signal.SIGQUIT)


def both(first: Server, second: Server) -> PostgresAddress:
    """Give the address of a schema on whichever of two servers is the primary."""
    (user,) = {word for word in first.uri().split("&") if word.startswith("user=")}
    return PostgresAddress.parse(
        f"postgresql:///postgres?host={first.folder},{second.folder}&{user}&schema=notes&port=5432,5432"
    )


async def followed(primary: Server, how: str) -> None:
    """Wait until a standby follows."""
    async with asyncio.timeout(30):
        while primary.run("SELECT sync_state FROM pg_stat_replication") != [(how,)]:  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.1)


async def synchronous(primary: Server) -> None:
    """Have each commit wait until the standby has it too."""
    primary.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.run("SELECT pg_reload_conf()")
    await followed(primary, "sync")


async def test_a_standby_that_is_promoted_takes_over(pair: tuple[Server, Server]) -> None:
    """What was answered is on the promoted one, the writer finds it by itself, and the old primary is refused."""
    primary, standby = pair
    await synchronous(primary)
    rows = PostgresRows.open(both(primary, standby), NOTES)
    before = [await rows.write(add(f"before {number}")) for number in range(20)]
    primary.end(signal.SIGQUIT)
    standby.promote()
    after = []
    for number in range(20):
        try:
            after.append(await rows.write(add(f"after {number}")))
        except NotStored:
            await asyncio.sleep(0.1)
    assert len(after) >= 19
    kept = await rows.read(texts)
    assert kept[:20] == [f"before {number}" for number in range(20)]
    assert len(kept) == len(before) + len(after)
    await rows.close()


async def test_a_standby_is_never_written(pair: tuple[Server, Server]) -> None:
    """An address that names the standby alone opens nothing."""
    _primary, standby = pair
    with pytest.raises(NotOpened):
        PostgresRows.open(both(standby, standby), NOTES)


async def test_a_primary_of_an_older_history_is_refused(pair: tuple[Server, Server]) -> None:
    """It came back and believes that it is the primary still: who has met the new one does not write there."""
    primary, standby = pair
    meeting = Primary(both(standby, primary))
    await followed(primary, "async")
    standby.promote()
    (session,) = await asyncio.to_thread(lambda: [meeting.session()])
    await asyncio.to_thread(session.close)
    standby.end(signal.SIGQUIT)
    with pytest.raises(NotOpened, match="older history"):
        await asyncio.to_thread(meeting.session)
    standby.start()
    (session,) = await asyncio.to_thread(lambda: [meeting.session()])
    await asyncio.to_thread(session.close)
