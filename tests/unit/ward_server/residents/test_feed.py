"""The follower's judgement: gaps, forks, repetitions, restarts, another registry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.feed import (
    NOTHING_BEFORE,
    CardSerial,
    FeedEntry,
    FeedFollower,
    FeedKind,
    FeedPosition,
    Heartbeat,
    HoldChange,
    LinkChange,
    MeasureChange,
)

MUNICIPALITY = "131997"
INCARNATION = 1_790_000_000


def chain(key: SigningKey, count: int, *, incarnation: int = INCARNATION, name: str = "2026-017") -> list[bytes]:
    """Write a feed of measures."""
    signed: list[bytes] = []
    for number in range(1, count + 1):
        body = to_bytes(MeasureChange(application=name, version=number, in_force=number % 2 == 1))
        entry = FeedEntry(
            incarnation=incarnation,
            number=number,
            previous=hashlib.sha256(signed[-1]).digest() if signed else NOTHING_BEFORE,
            kind=FeedKind.MEASURE,
            resident="000000000000001",
            version=number,
            body=body,
        )
        signed.append(entry.sign(key, MUNICIPALITY))
    return signed


def follower_of(key: SigningKey, applied: Sequence[bytes] = ()) -> FeedFollower:
    """Make a follower that has applied some entries and remembers them."""
    position = FeedPosition()
    if applied:
        newest = hashlib.sha256(applied[-1]).digest()
        position = FeedPosition(incarnation=INCARNATION, number=len(applied), newest=newest)
    return FeedFollower(
        MUNICIPALITY, key.verifying, position, seen=lambda number: hashlib.sha256(applied[number - 1]).digest()
    )


def assert_broken(ask: Callable[[], object], code: Code = Code.FEED_BROKEN) -> None:
    """Assert that the feed is found broken, and in which way."""
    with pytest.raises(Refused) as refusal:
        ask()
    assert refusal.value.code is code


def test_a_feed_is_applied_in_order(record_key: SigningKey) -> None:
    """Each entry moves the position by one."""
    follower = follower_of(record_key)
    for number, signed in enumerate(chain(record_key, 3), start=1):
        entry = follower.accept(signed)
        assert entry is not None
        assert (entry.number, entry.measure().version, follower.position.number) == (number, number, number)


def test_a_gap_is_refused_and_the_position_stays(record_key: SigningKey) -> None:
    """The entry that is missing still fits afterwards."""
    follower = follower_of(record_key)
    first, second, third = chain(record_key, 3)
    follower.accept(first)
    assert_broken(lambda: follower.accept(third), Code.FEED_GAP)
    assert follower.position.number == 1
    assert follower.accept(second) is not None
    assert follower.accept(third) is not None


def test_what_was_applied_is_passed_over(record_key: SigningKey) -> None:
    """Within one run, and after a restart, from the hashes in the follower's store."""
    entries = chain(record_key, 3)
    follower = follower_of(record_key)
    for signed in entries:
        follower.accept(signed)
    for fresh in (follower, follower_of(record_key, entries)):
        assert [fresh.accept(signed) for signed in entries] == [None, None, None]
        assert fresh.position.number == 3


def test_another_entry_of_a_number_that_was_applied_is_a_fork(record_key: SigningKey) -> None:
    """The newest, and an older one; one that the store has forgotten cannot be told and is refused."""
    entries = chain(record_key, 3)
    fork = chain(record_key, 3, name="2026-018")
    for signed in fork:
        with pytest.raises(Refused) as refusal:
            follower_of(record_key, entries).accept(signed)
        assert refusal.value.code is Code.FEED_FORKED
    position = follower_of(record_key, entries).position
    forgetful = FeedFollower(MUNICIPALITY, record_key.verifying, position, seen=lambda _number: None)
    assert forgetful.accept(entries[2]) is None
    assert_broken(lambda: forgetful.accept(entries[0]), Code.FEED_FORKED)


def test_an_entry_that_follows_another_past_is_a_fork(record_key: SigningKey) -> None:
    """The number fits, the hash of the one before does not."""
    follower = follower_of(record_key, chain(record_key, 2))
    assert_broken(lambda: follower.accept(chain(record_key, 3, name="2026-018")[2]), Code.FEED_FORKED)


def test_another_incarnation_is_refused(record_key: SigningKey) -> None:
    """A registry restored from a backup says so itself."""
    follower = follower_of(record_key)
    follower.accept(chain(record_key, 1)[0])
    newer = chain(record_key, 2, incarnation=INCARNATION + 1)[1]
    assert_broken(lambda: follower.accept(newer), Code.REGISTRY_RENEWED)
    nothing = chain(record_key, 1, incarnation=0)[0]
    assert_broken(lambda: follower_of(record_key).accept(nothing), Code.REGISTRY_RENEWED)


def test_the_history_of_a_restored_registry_is_applied_and_never_falls_back(record_key: SigningKey) -> None:
    """Whoever follows the new incarnation applies what the old one wrote, then the new; nothing old behind that."""
    first = chain(record_key, 1)[0]
    second = reincarnated(record_key, first, number=2, incarnation=INCARNATION + 1)
    third = reincarnated(record_key, second, number=3, incarnation=INCARNATION)
    agreed = FeedPosition(incarnation=INCARNATION + 1)
    follower = FeedFollower(MUNICIPALITY, record_key.verifying, agreed, seen=lambda _number: None)
    assert follower.accept(first) is not None
    assert follower.accept(second) is not None
    assert_broken(lambda: follower.accept(third), Code.REGISTRY_RENEWED)
    assert follower.position.incarnation == INCARNATION + 1


def reincarnated(key: SigningKey, before: bytes, *, number: int, incarnation: int) -> bytes:
    """Write the entry that follows `before` under another incarnation."""
    entry = FeedEntry.open(chain(key, number)[number - 1], key.verifying, MUNICIPALITY)
    return replace(entry, incarnation=incarnation, previous=hashlib.sha256(before).digest()).sign(key, MUNICIPALITY)


def test_another_key_or_another_kind_of_message_is_refused(record_key: SigningKey) -> None:
    """A heartbeat's signature does not pass as an entry's."""
    heartbeat = beat(record_key, 0, NOTHING_BEFORE)
    for signed in (chain(SigningKey.generate(), 1)[0], heartbeat, b"", b"\xd2\x84"):
        with pytest.raises(Refused) as refusal:
            follower_of(record_key).accept(signed)
        assert refusal.value.code is Code.FEED_NOT_SIGNED


def beat(key: SigningKey, number: int, newest: bytes, incarnation: int = INCARNATION) -> bytes:
    """Sign a heartbeat."""
    heartbeat = Heartbeat(
        municipality=MUNICIPALITY,
        incarnation=incarnation,
        number=number,
        newest=newest,
        nonce=bytes(16),
        lease_seconds=60,
    )
    return heartbeat.sign(key)


def test_a_heartbeat_is_compared_with_the_position(record_key: SigningKey) -> None:
    """Behind, at another newest entry, or of another incarnation: this is not the registry that was followed."""
    entries = chain(record_key, 2)
    follower = follower_of(record_key, entries)
    newest = follower.position.newest
    assert follower.hear(beat(record_key, 2, newest), bytes(16)).number == 2
    assert follower.hear(beat(record_key, 3, bytes(32)), bytes(16)).number == 3
    for wrong, code in (
        (beat(record_key, 1, hashlib.sha256(entries[0]).digest()), Code.REGISTRY_BEHIND),
        (beat(record_key, 2, bytes(32)), Code.FEED_FORKED),
        (beat(record_key, 2, newest, INCARNATION + 1), Code.REGISTRY_RENEWED),
        (beat(SigningKey.generate(), 2, newest), Code.FEED_NOT_SIGNED),
    ):
        with pytest.raises(Refused) as refusal:
            follower.hear(wrong, bytes(16))
        assert refusal.value.code is code


def test_a_body_is_read_as_its_own_kind(record_key: SigningKey) -> None:
    """A measure is no link, a hold no measure, and a body that does not fit its kind breaks the feed."""
    entry = FeedEntry.open(chain(record_key, 1)[0], record_key.verifying, MUNICIPALITY)
    assert_broken(entry.link)
    assert_broken(entry.hold)
    assert_broken(replace(entry, kind=FeedKind.LINK).link)
    card = CardSerial(issuer_key_id=b"issuer", serial=b"\x01")
    link = LinkChange(card=card, counts_from=20260922, ended=False)
    assert replace(entry, kind=FeedKind.LINK, body=to_bytes(link)).link() == link
    hold = HoldChange(hold="a", version=1, in_force=True)
    assert replace(entry, kind=FeedKind.HOLD, body=to_bytes(hold)).hold() == hold
