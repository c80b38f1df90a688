"""Two servers of one registry on one PostgreSQL, each a process of its own: one register, one feed, one order.

The test is the operators, and the one follower: `issuing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from konbini.process.calls import CallClient
from konbini.process.stores import look_once
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.ward_server.audit import log
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.feed import FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.witness import Told
from tests.places import PostgresPlace, address, rows_of
from tests.records import written

ROOT = Path(__file__).parents[4]
MUNICIPALITY = "131997"
NONCE = bytes(16)
QUICK_SECONDS = 10.0
"""Far below a lease: who is answered within it waited for no lease."""

Start = Callable[..., Awaitable[subprocess.Popen[bytes]]]


def arrival(resident: int) -> Change:
    """Write somebody's arrival."""
    name = f"{resident:015d}"
    body = RecordWritten(record=written(name, municipality=MUNICIPALITY), individual_number=None, postcode="")
    return new_change(ChangeKind.MOVE_IN, name, body, seen=0, effective=20260921, source="届書")


@dataclass(slots=True)
class Seen:
    """One server, as its follower and its operators reach it."""

    followers: CallClient
    operators: CallClient

    @property
    def issuing(self) -> RegistryCalls:
        """The follower's line."""
        return RegistryCalls(self.followers, "issuing")

    def by(self, operator: str) -> OperatorLine:
        """Give an operator's line."""
        return OperatorLine(self.operators, operator)


@dataclass(slots=True)
class Servers:
    """The servers of one registry, by name, and their one follower's position."""

    folder: Path
    place: PostgresPlace
    start_one: Start
    follower: FeedFollower
    seen: dict[str, Seen] = field(default_factory=dict)

    def configure(self, server: str, name: str, names: str = '["a", "b"]') -> str:
        """Write the configuration of a server that is reached under `server`, and give its file's name."""
        text = (self.folder / "registry.toml").read_text("utf-8")
        for socket in ("followers", "operators"):
            text = text.replace(f"{socket}.sock", f"{socket}-{server}.sock")
        text = text.replace("sqlite:registry.db", self.place.uri("registry"))
        file = f"registry-{server}.toml"
        (self.folder / file).write_text(f'{text}[server]\nname = "{name}"\nall = {names}\n', "utf-8")
        return file

    async def start(self, server: str, name: str | None = None) -> subprocess.Popen[bytes]:
        """Start one, under its own name or another's."""
        process = await self.start_one(self.configure(server, name or server))
        users = frozenset({os.getuid()})
        self.seen[server] = Seen(
            followers=CallClient(self.folder / f"followers-{server}.sock", peers=users),
            operators=CallClient(self.folder / f"operators-{server}.sock", peers=users),
        )
        return process

    async def close(self) -> None:
        """Hang up."""
        for one in self.seen.values():
            await one.followers.close()
            await one.operators.close()

    async def pull(self, server: str, wait_seconds: int = 5) -> None:
        """Apply what is new at a server."""
        for block in await self.seen[server].issuing.feed_after(self.follower.position.number, 100, wait_seconds):
            self.follower.accept(block)

    async def tell(self, server: str) -> None:
        """Say at a server how far the follower is."""
        at = self.follower.position
        told = Told(life=1, number=at.number, newest=at.newest, entries=0, log_hash=b"", ranges=0)
        await self.seen[server].issuing.applied(told)

    async def follow(self, server: str) -> None:
        """Follow at a server until it is cancelled, or gone."""
        while True:
            await self.pull(server)
            await self.tell(server)

    def audited(self) -> int:
        """Check the audit log, and count it."""
        return look_once(address(self.place, "registry"), log.verify)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Read the rows."""
        return rows_of(self.place, "registry", query)


@pytest.fixture
async def servers(
    folder: Path, record_key: SigningKey, start: Start, postgres_place: PostgresPlace
) -> AsyncIterator[Servers]:
    """Give what starts the servers; none runs yet."""
    follower = FeedFollower(MUNICIPALITY, record_key.verifying, FeedPosition(), seen=lambda _number: None)
    made = Servers(folder=folder, place=postgres_place, start_one=start, follower=follower)
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def following(servers: Servers, server: str) -> AsyncIterator[None]:
    """Follow while the context lasts."""
    task = asyncio.create_task(servers.follow(server))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_entered_at_one_and_approved_at_the_other(servers: Servers) -> None:
    """The feed wakes who follows at the first; the approval at the second waits for that follower's word there."""
    await servers.start("a")
    await servers.start("b")
    a, b = servers.seen["a"], servers.seen["b"]
    assert servers.follower.hear(await a.issuing.heartbeat(NONCE), NONCE).number == 0
    change_id = await a.by("aoki").enter(arrival(1))
    assert [one.change_id for one in await b.by("bando").pending()] == [change_id]
    begun = time.monotonic()
    pulling = asyncio.create_task(servers.pull("a", 20))
    approving = asyncio.create_task(b.by("bando").approve(change_id))
    await pulling
    assert time.monotonic() - begun < QUICK_SECONDS
    assert servers.follower.position.number == 1
    await asyncio.sleep(1)
    assert not approving.done()
    await servers.tell("a")
    assert await asyncio.wait_for(approving, QUICK_SECONDS) == 1
    assert servers.follower.hear(await b.issuing.heartbeat(NONCE), NONCE).number == 1
    assert (await a.by("chiba").look_up(f"{1:015d}", "a test")).links == ()


async def test_both_write_one_feed(servers: Servers) -> None:
    """Changes at both at once: each entry once, counted through, chained and signed, the same at either."""
    await servers.start("a")
    await servers.start("b")
    lines = list(servers.seen.values())

    async def take_in(resident: int) -> int:
        one, other = lines[resident % 2], lines[resident // 2 % 2]
        return await other.by("bando").approve(await one.by("aoki").enter(arrival(resident)))

    async with following(servers, "b"):
        numbers = await asyncio.gather(*map(take_in, range(1, 25)))
    assert sorted(numbers) == list(range(1, 25))
    assert servers.follower.position.number == 24
    feeds = [await one.issuing.feed_after(0, 100, 0) for one in lines]
    assert feeds[0] == feeds[1]
    assert servers.rows("SELECT count(*), count(DISTINCT resident) FROM record") == [(24, 24)]
    assert servers.audited()


async def test_a_killed_one_loses_nothing(servers: Servers) -> None:
    """What it answered is in the feed; what it did not answer is asked again at the other, and is in force once."""
    process = await servers.start("a")
    await servers.start("b")
    a, b = servers.seen["a"], servers.seen["b"]
    async with following(servers, "b"):
        assert await a.by("bando").approve(await a.by("aoki").enter(arrival(1))) == 1
        entered = [await a.by("aoki").enter(arrival(resident)) for resident in range(2, 12)]
        approving = [asyncio.create_task(a.by("bando").approve(one)) for one in entered]
        await asyncio.wait(approving, return_when=asyncio.FIRST_COMPLETED)
        process.send_signal(signal.SIGKILL)
        answered = await asyncio.gather(*approving, return_exceptions=True)
        again = [await b.by("bando").approve(one) for one in entered]
        assert [number for number in answered if isinstance(number, int)]
        assert all(isinstance(one, ConnectionError) or one == now for one, now in zip(answered, again, strict=True))
        await servers.start("a")
        assert await servers.seen["a"].by("bando").approve(entered[0]) == again[0]
    assert sorted(again) == list(range(2, 12))
    assert servers.rows("SELECT count(*), max(last) FROM feed_block") == [(11, 11)]
    assert servers.audited()


@pytest.mark.faults
async def test_one_that_lost_its_turn_writes_nothing(servers: Servers) -> None:
    """Another is started under its name: it is fenced at its next transaction, and ends."""
    process = await servers.start("a")
    await servers.start("b")
    change_id = await servers.seen["a"].by("aoki").enter(arrival(1))
    process.send_signal(signal.SIGSTOP)
    await servers.start("c", name="a")
    process.send_signal(signal.SIGCONT)
    with pytest.raises((Refused, ConnectionError)):
        await servers.seen["a"].by("bando").approve(change_id)
    assert await asyncio.to_thread(process.wait, 30) == 1
    assert servers.rows("SELECT state, concluded_by, (SELECT count(*) FROM feed_block) FROM change") == [(1, "", 0)]
    assert servers.audited()
    async with following(servers, "b"):
        assert await servers.seen["c"].by("bando").approve(change_id) == 1


@pytest.mark.parametrize(("what", "names"), [("topology", '["a", "b", "c"]'), ("configuration", '["a", "b"]')])
async def test_one_that_differs_does_not_start(servers: Servers, what: str, names: str) -> None:
    """Another list of servers, another list of followers."""
    await servers.start("a")
    file = servers.folder / servers.configure("b", "b", names)
    if what == "configuration":
        file.write_text(file.read_text("utf-8").replace('["issuing"]', '["issuing", "clerk"]'), "utf-8")
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "konbini.ward_server.residents", str(file)),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await second.communicate()
    assert second.returncode == 2
    assert f"NotInStep: server 'a' is at work with another {what}" in errors.decode()
