"""Several servers on one schema: who may start beside whom, and that one that was taken for gone writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused, read_table
from konbini.process.membership import GONE_SECONDS, Fenced, Member, NotInStep, ServerNames
from konbini.process.postgresql.rows import PostgresRows
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from tests.notes import RecordedCommits, add, texts
from tests.places import NOTES, Place, PostgresPlace, address, rows_of


def member(name: str, *parts: bytes, servers: tuple[str, ...] = ("a", "b")) -> Member:
    """Describe a server."""
    return Member.of(ServerNames(name=name, all=servers), parts)


def opened(place: Place, who: Member, watch: RecordedCommits | None = None) -> Rows:
    """Open the rows as a member."""
    return open_rows(address(place, "notes"), NOTES, member=who, watch=watch)


async def test_servers_that_are_alike_share_a_schema(postgres_place: PostgresPlace) -> None:
    """Each has an epoch of its own; one that leaves is gone at once."""
    one, other = opened(postgres_place, member("a")), opened(postgres_place, member("b"))
    assert 0 < one.epoch < other.epoch
    await one.write(add("one"))
    await other.write(add("other"))
    assert await one.read(texts) == ["one", "other"]
    await one.close()
    assert rows_of(postgres_place, "notes", "SELECT epoch, gone FROM member WHERE epoch > 0 ORDER BY epoch") == [
        (one.epoch, 1),
        (other.epoch, 0),
    ]
    await other.close()


@pytest.mark.parametrize(
    ("what", "unlike"),
    [
        ("version", lambda: replace(member("b"), version="9.9.9")),
        ("configuration", lambda: member("b", b"another settings file")),
        ("topology", lambda: member("b", servers=("a", "b", "c"))),
    ],
)
async def test_servers_that_differ_do_not_start_together(
    postgres_place: PostgresPlace, what: str, unlike: Callable[[], Member]
) -> None:
    """The second is refused with what differs, and from whom; alone it may start."""
    one = opened(postgres_place, member("a"))
    with pytest.raises(NotInStep, match=f"'a' is at work with another {what}"):
        opened(postgres_place, unlike())
    await one.write(add("goes on"))
    await one.close()
    alone = opened(postgres_place, unlike())
    await alone.write(add("alone"))
    await alone.close()


async def test_a_start_under_the_same_name_takes_the_turn(place: Place) -> None:
    """On a server the older one is fenced; a file's older owner has ended."""
    one = opened(place, member("a"))
    await one.write(add("one"))
    if place.engine == "sqlite":
        await one.close()
    again = opened(place, member("a"))
    assert again.epoch > one.epoch
    if place.engine == "postgresql":
        with pytest.raises(NotStored, match="Fenced") as refusal:
            await one.write(add("from the past"))
        assert isinstance(refusal.value.__cause__, Fenced)
        async with asyncio.timeout(10):
            await one.until_unfit()
        with pytest.raises(NotStored, match="for good"):
            await one.write(add("and again"))
        await one.close()
    await again.write(add("again"))
    assert await again.read(texts) == ["one", "again"]
    await again.close()


async def test_a_server_that_is_not_seen_is_taken_for_gone(postgres_place: PostgresPlace) -> None:
    """It stands still in the middle of a change: the others go on without it, and when it wakes it writes nothing."""
    watch = RecordedCommits(patience=60)
    stopped, other = opened(postgres_place, member("a"), watch), opened(postgres_place, member("b"))
    assert isinstance(stopped, PostgresRows)
    assert stopped._pulse is not None
    await stopped.write(add("before"))
    stopped._pulse.stop()
    watch.gate.clear()
    sleeping = asyncio.create_task(stopped.write(add("half done")))
    async with asyncio.timeout(60):
        await other.write(add("of the other"))
        while rows_of(postgres_place, "notes", "SELECT name FROM member WHERE gone = 0 ORDER BY epoch") != [("b",)]:  # noqa: ASYNC110 - other servers set no event
            await asyncio.sleep(0.5)
    watch.gate.set()
    with pytest.raises(NotStored):
        await sleeping
    with pytest.raises(NotStored, match="Fenced"):
        await stopped.write(add("late"))
    assert await other.read(texts) == ["before", "of the other"]
    for rows in (stopped, other):
        await rows.close()


@pytest.mark.long
async def test_a_server_that_works_for_long_is_not_taken_for_gone(postgres_place: PostgresPlace) -> None:
    """A transaction that takes longer than the others' patience keeps nobody from being seen."""
    one, other = opened(postgres_place, member("a")), opened(postgres_place, member("b"))

    def slow(connection: Connection) -> None:
        for _ in range(round(GONE_SECONDS) + 3):
            connection.execute("SELECT count(*) FROM pg_sleep(1)").fetchone()

    await one.write(slow)
    await one.write(add("one"))
    await other.write(add("other"))
    for rows in (one, other):
        await rows.close()


def test_a_name_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    """The topology is what the configuration declares; a server alone needs to declare none."""
    file = tmp_path / "c.toml"
    for text, found in (
        ("", ServerNames()),
        ('[server]\nname = "b"\nall = ["a", "b"]', ServerNames(name="b", all=("a", "b"))),
    ):
        file.write_text(text, "utf-8")
        with read_table(file) as table:
            assert ServerNames.read(table) == found
    file.write_text('[server]\nname = "c"\nall = ["a", "b"]', "utf-8")
    with pytest.raises(ConfigRefused, match="among all"), read_table(file) as table:
        ServerNames.read(table)
