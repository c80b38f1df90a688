"""A follower of a registry that loses, forks, repeats and restores: over the clerk's own index, on a real file.

The registry here is a small one in memory that signs what it is told to; what it does wrong is the test's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.rows import NotStored
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.following.events import CLERK
from konbini.ward_server.following.follower import Follower
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.life import Life, Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.standing import Standing
from konbini.ward_server.residents.feed import (
    LEASE_SECONDS,
    EntryDraft,
    FeedKind,
    FeedPosition,
    Heartbeat,
    HoldChange,
    MeasureChange,
)
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.witness import Told
from konbini.ward_server.storage.keyed_hash import KeyedHash

WARD = "131997"
RESIDENT = "1000000001"


class PaperRegistry:
    """A feed in memory, signed with a real key; `incarnation`, `blocks` and `reachable` are the test's."""

    def __init__(self, key: SigningKey) -> None:
        """Begin an empty feed."""
        self.key, self.incarnation, self.reachable = key, 7, True
        self.blocks: list[FeedBlock] = []
        self.numbers: list[int] = []
        self.overtaken = 0
        self.remembered: Told | None = None

    def write(self, *, count: int = 1, in_force: bool = True, key: SigningKey | None = None) -> bytes:
        """Write one more block: a measure set or released, `count` times."""
        versions = range(self.position.number + 1, self.position.number + count + 1)
        changes = (MeasureChange(application="S-1", version=version, in_force=in_force) for version in versions)
        return self.sign([draft_of(FeedKind.MEASURE, change.version, to_bytes(change)) for change in changes], key)

    def sign(self, drafts: list[EntryDraft], key: SigningKey | None = None) -> bytes:
        """Write one more block of what it is given."""
        self.blocks.append(FeedBlock.sign([to_bytes(draft) for draft in drafts], self.position, key or self.key, WARD))
        return self.blocks[-1].to_bytes()

    @property
    def position(self) -> FeedPosition:
        """How far it goes."""
        begin = FeedPosition(incarnation=self.incarnation)
        return replace(self.blocks[-1].position, incarnation=self.incarnation) if self.blocks else begin

    async def feed_after(self, number: int, most: int, _wait_seconds: int) -> Sequence[bytes]:
        """See `following.follower.Registry`."""
        self._check()
        return [block.to_bytes() for block in self.blocks if number < block.head.last <= number + most]

    async def heartbeat(self, nonce: bytes) -> bytes:
        """See `following.follower.Registry`."""
        self._check()
        return Heartbeat(
            municipality=WARD,
            incarnation=self.incarnation,
            number=self.position.number,
            newest=self.position.newest,
            nonce=nonce,
            lease_seconds=LEASE_SECONDS,
        ).sign(self.key)

    async def applied(self, told: Told) -> None:
        """See `following.follower.Registry`."""
        self._check()
        if self.overtaken:
            self.overtaken -= 1
            raise Refused(Code.WARD_RESTORED)
        self.remembered = told
        self.numbers.append(told.number)

    async def told(self) -> tuple[Told | None, int]:
        """See `following.follower.Registry`."""
        self._check()
        return self.remembered, 0

    def _check(self) -> None:
        if not self.reachable:
            raise ConnectionError


def nothing(_connection: Connection, _used: int) -> None:
    """Do nothing about ranges of numbers."""


def draft_of(kind: FeedKind, version: int, body: bytes) -> EntryDraft:
    """Write what an entry of the resident says."""
    return EntryDraft(kind=kind, resident=RESIDENT, version=version, body=body)


class Following:
    """A follower with its store, its lease and its clock."""

    def __init__(self, path: Path, registry: PaperRegistry, beside: Following | None = None) -> None:
        """Open the store, or share that of another server."""
        migrations = files("konbini.ward_server.clerk") / "migrations"
        self.rows: SqliteRows = SqliteRows.open(path, migrations) if beside is None else beside.rows
        self.clock: SettableClock = SettableClock(1_790_000_000_000) if beside is None else beside.clock
        self.registry, self.lease = registry, Lease()
        feed = FeedRows(WARD, registry.key.verifying, KeyedHash(bytes(32)))
        self.index = Index(self.rows, feed)
        self.standing = Standing(self.rows, CLERK.follower)
        self.life = Life(self.rows, CLERK.life, Numbers(used=lambda _rows: 0, begin=nothing, renew=nothing))
        self.agreed = True
        self.follower = Follower(
            name="clerk",
            municipality=WARD,
            key=registry.key.verifying,
            registry=registry,
            application=self.index,
            standing=self.standing,
            life=self.life,
            agrees=self.agrees,
            lease=self.lease,
            clock=self.clock,
            entropy=SeededEntropy(1),
        )

    async def agrees(self) -> bool:
        """Give what the test says that a reconcile would find."""
        return self.agreed

    async def both(self) -> None:
        """Pull and renew once."""
        await self.follower.pull()
        await self.follower.renew()

    def holds(self) -> bool:
        """Say whether the lease holds now."""
        return self.lease.holds(self.clock.monotonic())


@pytest.fixture
def registry() -> PaperRegistry:
    """Return an empty registry."""
    return PaperRegistry(SigningKey.generate())


@pytest.fixture
async def following(tmp_path: Path, registry: PaperRegistry) -> AsyncIterator[Following]:
    """Return a follower."""
    one = Following(tmp_path / "clerk.db", registry)
    yield one
    await one.rows.close()


async def test_up_to_date_it_has_a_lease(following: Following, registry: PaperRegistry) -> None:
    """Sixty seconds from the asking, and again from each asking."""
    registry.write()
    await following.both()
    assert following.holds()
    assert registry.numbers == [1]
    await following.clock.advance(LEASE_SECONDS)
    assert not following.holds()
    await following.both()
    assert following.holds()


async def test_behind_it_has_none(following: Following, registry: PaperRegistry) -> None:
    """A heartbeat that speaks of a change not applied yet counts when the change is applied, from its asking."""
    registry.write()
    await following.follower.renew()
    assert not following.holds()
    await following.clock.advance(50)
    await following.follower.pull()
    assert following.holds()
    await following.clock.advance(10)
    assert not following.holds()


async def test_more_than_one_answer(following: Following, registry: PaperRegistry) -> None:
    """A long feed is pulled in parts; only the last brings the lease."""
    for _ in range(9):
        registry.write(count=256)
    await following.both()
    assert not following.holds()
    await following.follower.pull()
    assert following.holds()
    assert registry.numbers == [2048, 2304]


def lose_an_entry(registry: PaperRegistry) -> None:
    """Leave a gap."""
    registry.write()
    registry.write()
    del registry.blocks[1]


def fork(registry: PaperRegistry) -> None:
    """Go on from another past of the same length."""
    registry.blocks = []
    registry.write(in_force=False)
    registry.write()


def go_back(registry: PaperRegistry) -> None:
    """Forget what was published."""
    registry.blocks = []


def restore(registry: PaperRegistry) -> None:
    """Go on as another incarnation."""
    registry.incarnation += 1
    registry.write()


def forge(registry: PaperRegistry) -> None:
    """Let somebody else sign."""
    registry.write(key=SigningKey.generate())


def smuggle(registry: PaperRegistry) -> None:
    """Publish a record that the registry never signed."""
    registry.sign([draft_of(FeedKind.RECORD, 1, b"no record")])


def contradict(registry: PaperRegistry) -> None:
    """Publish an entry that says one thing and holds another."""
    hold = to_bytes(HoldChange(hold="H-1", version=1, in_force=True))
    registry.sign([draft_of(FeedKind.LINK, 1, hold)])


WRONGS: dict[str, tuple[Callable[[PaperRegistry], None], Code]] = {
    "a gap": (lose_an_entry, Code.FEED_GAP),
    "a fork": (fork, Code.FEED_FORKED),
    "a shorter feed": (go_back, Code.REGISTRY_BEHIND),
    "another incarnation": (restore, Code.REGISTRY_RENEWED),
    "another signer": (forge, Code.FEED_NOT_SIGNED),
    "a record nobody signed": (smuggle, Code.FEED_NOT_SIGNED),
    "a contradiction": (contradict, Code.FEED_BROKEN),
}


@pytest.mark.parametrize("wrong", sorted(WRONGS))
async def test_a_feed_that_does_not_follow(
    following: Following, registry: PaperRegistry, tmp_path: Path, wrong: str
) -> None:
    """Each way has its own code; the lease ends at once, nothing wrong is applied, and nothing brings it back."""
    registry.write()
    await following.both()
    good = list(registry.blocks)
    break_it, code = WRONGS[wrong]
    break_it(registry)
    async with running(following):
        await broken_by(following, code)
        assert (await following.index.position()).number == 1
        registry.blocks, registry.incarnation = good, 7
        for _ in range(30):
            await following.clock.advance(1)
            await asyncio.sleep(0.005)
        await broken_by(following, code)
    await following.rows.close()
    again = Following(tmp_path / "clerk.db", registry)
    async with running(again):
        await broken_by(again, code, again.clock)
    await again.rows.close()


async def test_two_servers_of_one_store(following: Following, registry: PaperRegistry, tmp_path: Path) -> None:
    """What breaks the feed for one breaks it for both, and what one of them saw mended both follow again."""
    registry.write()
    other = Following(tmp_path / "clerk.db", registry, beside=following)
    async with running(following), running(other):
        await until(lambda: following.holds() and other.holds(), following.clock)
        await following.standing.broke(Code.FEED_GAP, following.clock.now())
        for one in (following, other):
            await broken_by(one, Code.FEED_GAP, following.clock)
        await following.rows.write(lambda connection: connection.execute("UPDATE feed_break SET retaking = 1").rowcount)
        await until(lambda: following.holds() and other.holds(), following.clock)
        assert await other.standing.broken() is None


async def test_a_word_that_was_overtaken(following: Following, registry: PaperRegistry) -> None:
    """The registry takes it for a restored store's; the follower looks anew, finds that it is none, and goes on."""
    registry.write()
    async with running(following):
        await until(following.holds, following.clock)
        registry.overtaken = 1
        await until(lambda: not registry.overtaken, following.clock)
        registry.write()
        await until(lambda: registry.numbers[-1:] == [2], following.clock)
        assert following.holds()


async def broken_by(following: Following, code: Code, clock: SettableClock | None = None) -> None:
    """Wait until the follower refuses with a code, in memory and in its rows."""

    def refuses() -> bool:
        try:
            following.lease.check(following.clock.monotonic())
        except Refused as refused:
            return refused.code is code
        return False

    await until(refuses, clock)
    broken = await following.standing.broken()
    while broken is None:
        await asyncio.sleep(0.005)
        broken = await following.standing.broken()
    assert (broken.code, broken.retaking) == (code, False)


async def test_a_registry_that_is_gone_for_a_while(following: Following, registry: PaperRegistry) -> None:
    """The lease runs out, and comes back with the registry; nothing is lost."""
    registry.write()
    async with running(following):
        await until(following.holds)
        registry.reachable = False
        await following.clock.advance(LEASE_SECONDS)
        assert not following.holds()
        registry.reachable = True
        registry.write(in_force=False)
        await until(following.holds, following.clock)
        assert (await following.index.position()).number == 2
        assert await following.standing.broken() is None


async def test_a_fault_that_nobody_foresaw_comes_out_as_it_is(following: Following) -> None:
    """Whoever runs the follower names it in the log by its own type, not as a group's."""
    await following.rows.close()
    async with asyncio.timeout(10):
        with pytest.raises((RuntimeError, NotStored)):  # its rows are closed
            await following.follower.run()


async def test_what_was_applied_is_not_applied_again(following: Following, registry: PaperRegistry) -> None:
    """A repeated block passes over in silence; another one under its number breaks the feed."""
    first, second = registry.write(), registry.write()
    await following.index.apply([first])
    await following.index.apply([first, second, first])
    assert (await following.index.position()).number == 2
    fork(registry)
    with pytest.raises(Refused) as caught:
        await following.index.apply([registry.blocks[0].to_bytes()])
    assert caught.value.code is Code.FEED_FORKED


async def test_an_answer_is_applied_whole_or_not_at_all(following: Following, registry: PaperRegistry) -> None:
    """A wrong block at its end undoes the good ones before it."""
    registry.write()
    forge(registry)
    with pytest.raises(Refused):
        await following.index.apply([block.to_bytes() for block in registry.blocks])
    assert (await following.index.position()).number == 0


async def test_an_entry_that_says_one_thing_and_holds_another(following: Following, registry: PaperRegistry) -> None:
    """A kind with another kind's body."""
    hold = to_bytes(HoldChange(hold="H-1", version=1, in_force=True))
    with pytest.raises(Refused) as caught:
        await following.index.apply([registry.sign([draft_of(FeedKind.LINK, 1, hold)])])
    assert caught.value.code is Code.FEED_BROKEN


@asynccontextmanager
async def running(following: Following) -> AsyncIterator[None]:
    """Let the follower's own tasks run while the context lasts."""
    task = asyncio.create_task(following.follower.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool], clock: SettableClock | None = None) -> None:
    """Wait for what the follower's tasks bring about, letting the clock go on if there is one."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)
            if clock is not None:
                await clock.advance(1)
