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


def assert_broken(ask: Callable[[], object]) -> None:
    """Assert that the feed is found broken."""
    with pytest.raises(Refused) as refusal:
        ask()
    assert refusal.value.code is Code.FEED_BROKEN


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
    assert_broken(lambda: follower.accept(third))
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
        assert_broken(lambda signed=signed: follower_of(record_key, entries).accept(signed))  # type: ignore[misc] # bound now
    position = follower_of(record_key, entries).position
    forgetful = FeedFollower(MUNICIPALITY, record_key.verifying, position, seen=lambda _number: None)
    assert forgetful.accept(entries[2]) is None
    assert_broken(lambda: forgetful.accept(entries[0]))


def test_an_entry_that_follows_another_past_is_a_fork(record_key: SigningKey) -> None:
    """The number fits, the hash of the one before does not."""
    follower = follower_of(record_key, chain(record_key, 2))
    assert_broken(lambda: follower.accept(chain(record_key, 3, name="2026-018")[2]))


def test_another_incarnation_is_refused(record_key: SigningKey) -> None:
    """A registry restored from a backup says so itself."""
    follower = follower_of(record_key)
    follower.accept(chain(record_key, 1)[0])
    assert_broken(lambda: follower.accept(chain(record_key, 2, incarnation=INCARNATION + 1)[1]))
    assert_broken(lambda: follower_of(record_key).accept(chain(record_key, 1, incarnation=0)[0]))


def test_another_key_or_another_kind_of_message_is_refused(record_key: SigningKey) -> None:
    """A heartbeat's signature does not pass as an entry's."""
    heartbeat = beat(record_key, 0, NOTHING_BEFORE)
    for signed in (chain(SigningKey.generate(), 1)[0], heartbeat, b"", b"\xd2\x84"):
        assert_broken(lambda signed=signed: follower_of(record_key).accept(signed))  # type: ignore[misc] # bound now


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
    for wrong in (
        beat(record_key, 1, hashlib.sha256(entries[0]).digest()),
        beat(record_key, 2, bytes(32)),
        beat(record_key, 2, newest, INCARNATION + 1),
        beat(SigningKey.generate(), 2, newest),
    ):
        assert_broken(lambda wrong=wrong: follower.hear(wrong, bytes(16)))  # type: ignore[misc] # bound now


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


def test_a_link_counts_to_the_last_day_of_its_certificate(card: CardSerial) -> None:
    """An expired one does not count; one whose last day is not known does."""
    link = LinkChange(card=card, counts_from=20260922, ended=False, counts_until=20270401)
    assert [link.counts(day) for day in (20260921, 20260922, 20270401, 20270402)] == [False, True, True, False]
    assert replace(link, counts_until=None).counts(20991231)
    assert not replace(link, ended=True).counts(20260922)
