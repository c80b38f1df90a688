"""An approval is answered when no follower can issue from older facts: applied, or its lease has run out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.elsewhere import Elsewhere
from konbini.ward_server.residents.feed import LEASE_SECONDS, FeedPosition, Heartbeat
from konbini.ward_server.residents.feed_blocks import FeedBlock, FeedFollower
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.store import RegistryReading, RegistryStore, RegistryWriting
from konbini.ward_server.residents.witness import Told
from tests.unit.ward_server.residents.conftest import MakeRecord, OpenOffice

T = TypeVar("T")

NONCE = bytes(16)


@pytest.fixture
def clock() -> SettableClock:
    """Return a clock at rest."""
    return SettableClock(1_790_000_000_000)


def told(number: int, newest: bytes = b"") -> Told:
    """Give a follower's word on how far it is."""
    return Told(life=1, number=number, newest=newest, entries=0, log_hash=b"", ranges=0)


async def turns() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_waits_for_every_follower(clock: SettableClock) -> None:
    """One that has applied is not enough."""
    acknowledging = Acknowledging(("issuing", "clerk"), clock)
    waiting = asyncio.create_task(acknowledging.settled(3))
    acknowledging.applied("issuing", 3)
    acknowledging.applied("clerk", 2)
    await turns()
    assert not waiting.done()
    acknowledging.applied("clerk", 4)
    await waiting


async def test_after_a_start_every_follower_counts_as_just_granted(clock: SettableClock) -> None:
    """What was granted before the start is not known, so the longest lease is waited for."""
    acknowledging = Acknowledging(("issuing",), clock)
    waiting = asyncio.create_task(acknowledging.settled(1))
    await clock.advance(LEASE_SECONDS - 1)
    await turns()
    assert not waiting.done()
    await clock.advance(1)
    await waiting


async def test_the_lease_counts_from_the_answer(clock: SettableClock) -> None:
    """A heartbeat answered later is waited for longer."""
    acknowledging = Acknowledging(("issuing",), clock)
    await clock.advance(LEASE_SECONDS - 10)
    acknowledging.granted("issuing")
    waiting = asyncio.create_task(acknowledging.settled(1))
    await turns()
    await clock.advance(LEASE_SECONDS - 1)
    await turns()
    assert not waiting.done()
    await clock.advance(1)
    await waiting


async def test_a_lease_granted_after_the_change_is_not_waited_for(clock: SettableClock) -> None:
    """A follower that asks on and on and never applies cannot hold an operator up for ever."""
    acknowledging = Acknowledging(("issuing",), clock)
    waiting = asyncio.create_task(acknowledging.settled(1))
    await turns()
    for _ in range(LEASE_SECONDS // 10):
        await clock.advance(10)
        acknowledging.granted("issuing")
    await waiting


async def test_a_follower_whose_lease_ran_out_is_not_waited_for(clock: SettableClock) -> None:
    """It refuses by itself until it has caught up."""
    acknowledging = Acknowledging(("issuing", "clerk"), clock)
    await clock.advance(LEASE_SECONDS)
    acknowledging.granted("clerk")
    waiting = asyncio.create_task(acknowledging.settled(1))
    await turns()
    assert not waiting.done()
    acknowledging.applied("clerk", 1)
    await waiting


async def test_beside_another_server_every_follower_may_hold_a_lease(clock: SettableClock) -> None:
    """Nothing was granted here for long; another server may have granted one a moment ago."""
    acknowledging = Acknowledging(("issuing",), clock, alone=False)
    await clock.advance(10 * LEASE_SECONDS)
    waiting = asyncio.create_task(acknowledging.settled(1))
    await turns()
    await clock.advance(LEASE_SECONDS - 1)
    await turns()
    assert not waiting.done()
    await clock.advance(1)
    await waiting


async def test_what_another_server_heard_ends_the_waiting_here(
    open_office: OpenOffice, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """A follower's word and the newest entry stand in the rows that both share."""
    office = await open_office("issuing")
    here = Acknowledging(("issuing",), office.clock, alone=False)
    elsewhere = Elsewhere(office.store, here, office.clock)
    await elsewhere.look()
    news = asyncio.create_task(here.news_after(0, 30))
    waiting = asyncio.create_task(here.settled(1))
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    approval = asyncio.create_task(office.registry.approve("bando", change_id))
    (block,) = await office.publisher.feed_after(0, 10, 1)
    await elsewhere.look()
    await news
    assert not waiting.done()
    newest = FeedBlock.open(block, office.pen.key.verifying, office.pen.municipality).head.newest
    await office.publisher.applied("issuing", told(1, newest))
    await elsewhere.look()
    await waiting
    await approval


async def test_a_stranger_is_refused(clock: SettableClock) -> None:
    """Who is not configured as a follower grants itself nothing."""
    acknowledging = Acknowledging(("issuing",), clock)
    with pytest.raises(Refused) as refusal:
        acknowledging.granted("nobody")
    assert refusal.value.code is Code.MISROUTED
    with pytest.raises(Refused) as refusal:
        acknowledging.applied("nobody", 1)
    assert refusal.value.code is Code.MISROUTED


async def test_news_wakes_who_waits_and_silence_ends(clock: SettableClock) -> None:
    """A long poll ends with the first news, or with its seconds."""
    acknowledging = Acknowledging((), clock)
    waiting = asyncio.create_task(acknowledging.news_after(0, 30))
    await turns()
    assert not waiting.done()
    acknowledging.news(1)
    await waiting
    silent = asyncio.create_task(acknowledging.news_after(1, 30))
    await clock.advance(30)
    await silent


async def test_an_approval_waits_for_the_follower(
    open_office: OpenOffice, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """The change is durable and in the feed before it is acknowledged; the follower's word ends the waiting."""
    office = await open_office("issuing")
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    approval = asyncio.create_task(office.registry.approve("bando", change_id))
    (signed,) = await office.publisher.feed_after(0, 10, 1)
    await turns()
    assert not approval.done()
    follower = FeedFollower(
        office.pen.municipality, office.pen.key.verifying, FeedPosition(), seen=lambda _number: None
    )
    assert len(follower.accept(signed)) == 1
    heartbeat = follower.hear(await office.publisher.heartbeat("issuing", NONCE), NONCE)
    assert (heartbeat.number, heartbeat.lease_seconds) == (1, LEASE_SECONDS)
    assert not approval.done()
    await office.publisher.applied("issuing", told(1, follower.position.newest))
    assert await approval == 1


class HeldStore:
    """A store whose readers keep what they read for a while before they hand it over."""

    def __init__(self, store: RegistryStore) -> None:
        """Read at once, hand over when `handed_over` is set."""
        self._store = store
        self.was_read, self.handed_over = asyncio.Event(), asyncio.Event()

    async def write(self, use: Callable[[RegistryWriting], T], *, step: str) -> T:
        """Write as the store does."""
        return await self._store.write(use, step=step)

    async def read(self, use: Callable[[RegistryReading], T]) -> T:
        """Read as the store does, and hold on to it."""
        value = await self._store.read(use)
        self.was_read.set()
        await self.handed_over.wait()
        return value


async def test_a_heartbeat_on_its_way_is_waited_for(
    open_office: OpenOffice, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """It read the number before the change, and its follower will rely on that: the lease counts from before."""
    office = await open_office("issuing")
    await office.clock.advance(LEASE_SECONDS)
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    held = HeldStore(office.store)
    slow = Publisher(
        store=held,
        pen=office.pen,
        identity=office.identity,
        acknowledging=office.acknowledging,
        clock=office.clock,
    )
    heartbeat = asyncio.create_task(slow.heartbeat("issuing", NONCE))
    await held.was_read.wait()
    approval = asyncio.create_task(office.registry.approve("bando", change_id))
    assert await office.publisher.feed_after(0, 10, 1)
    held.handed_over.set()
    signed = await heartbeat
    assert Heartbeat.open(signed, office.pen.key.verifying, office.pen.municipality, NONCE).number == 0
    await turns()
    assert not approval.done()
    (block,) = await office.publisher.feed_after(0, 10, 0)
    newest = FeedBlock.open(block, office.pen.key.verifying, office.pen.municipality).head.newest
    await office.publisher.applied("issuing", told(1, newest))
    assert await approval == 1


async def test_a_follower_cannot_have_applied_what_was_never_written(open_office: OpenOffice) -> None:
    """Nor ask for what follows it: then this registry is not the one it followed."""
    office = await open_office("issuing")
    for ask in (office.publisher.applied("issuing", told(1)), office.publisher.feed_after(1, 10, 0)):
        with pytest.raises(Refused) as refusal:
            await ask
        assert refusal.value.code is Code.REGISTRY_BEHIND


async def test_a_heartbeat_answers_its_own_question(open_office: OpenOffice) -> None:
    """An old one, or another's, is refused."""
    office = await open_office("issuing")
    signed = await office.publisher.heartbeat("issuing", NONCE)
    with pytest.raises(Refused) as refusal:
        Heartbeat.open(signed, office.pen.key.verifying, office.pen.municipality, b"\x01" * 16)
    assert refusal.value.code is Code.FEED_NOT_SIGNED
