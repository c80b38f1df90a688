"""The follower's judgement of blocks: gaps, forks, repetitions, restarts, another registry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.codec import encode
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.residents.feed import (
    NOTHING_BEFORE,
    CardSerial,
    EntryDraft,
    FeedKind,
    FeedPosition,
    Heartbeat,
    HoldChange,
    LinkChange,
    MeasureChange,
)
from konbini.ward_server.residents.feed_blocks import MOST_IN_BLOCK, FeedBlock, FeedFollower

MUNICIPALITY = "131997"
INCARNATION = 1_790_000_000
BEGINNING = FeedPosition(incarnation=INCARNATION)


def draft_of(number: int, name: str = "2026-017") -> bytes:
    """Write what one entry says: a measure set or released."""
    body = to_bytes(MeasureChange(application=name, version=number, in_force=number % 2 == 1))
    return to_bytes(EntryDraft(kind=FeedKind.MEASURE, resident="000000000000001", version=number, body=body))


def chain_of(
    key: SigningKey, sizes: Sequence[int], *, incarnation: int = INCARNATION, name: str = "2026-017"
) -> list[FeedBlock]:
    """Write a feed of measures in blocks of such sizes."""
    blocks: list[FeedBlock] = []
    position, numbers = FeedPosition(incarnation=incarnation), itertools.count(1)
    for size in sizes:
        drafts = [draft_of(number, name) for number in itertools.islice(numbers, size)]
        blocks.append(FeedBlock.sign(drafts, position, key, MUNICIPALITY))
        position = blocks[-1].position
    return blocks


def chain(key: SigningKey, count: int, *, incarnation: int = INCARNATION, name: str = "2026-017") -> list[bytes]:
    """Write a feed of measures, each a block of its own."""
    return [block.to_bytes() for block in chain_of(key, [1] * count, incarnation=incarnation, name=name)]


def ends(key: SigningKey, blocks: Sequence[bytes]) -> dict[int, bytes]:
    """Give the last number and hash of each block."""
    opened = [FeedBlock.open(data, key.verifying, MUNICIPALITY) for data in blocks]
    return {block.head.last: block.head.newest for block in opened}


def follower_of(key: SigningKey, applied: Sequence[bytes] = ()) -> FeedFollower:
    """Make a follower that has applied some entries and remembers them."""
    known = ends(key, applied)
    position = FeedPosition()
    if known:
        number, newest = max(known.items())
        position = replace(BEGINNING, number=number, newest=newest, entered_under=INCARNATION)
    return FeedFollower(MUNICIPALITY, key.verifying, position, seen=known.get)


def assert_broken(ask: Callable[[], object], code: Code = Code.FEED_BROKEN) -> None:
    """Assert that the feed is found broken, and in which way."""
    with pytest.raises(Refused) as refusal:
        ask()
    assert refusal.value.code is code


def test_a_feed_is_applied_in_order(record_key: SigningKey) -> None:
    """Each entry moves the position by one."""
    follower = follower_of(record_key)
    for number, signed in enumerate(chain(record_key, 3), start=1):
        (entry,) = follower.accept(signed)
        assert (entry.number, entry.measure().version, follower.position.number) == (number, number, number)


def test_a_gap_is_refused_and_the_position_stays(record_key: SigningKey) -> None:
    """The entry that is missing still fits afterwards."""
    follower = follower_of(record_key)
    first, second, third = chain(record_key, 3)
    follower.accept(first)
    assert_broken(lambda: follower.accept(third), Code.FEED_GAP)
    assert follower.position.number == 1
    assert len(follower.accept(second)) == 1
    assert len(follower.accept(third)) == 1


def test_what_was_applied_is_passed_over(record_key: SigningKey) -> None:
    """Within one run, and after a restart, from the hashes in the follower's store."""
    entries = chain(record_key, 3)
    follower = follower_of(record_key)
    for signed in entries:
        follower.accept(signed)
    for fresh in (follower, follower_of(record_key, entries)):
        assert [fresh.accept(signed) for signed in entries] == [(), (), ()]
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
    assert forgetful.accept(entries[2]) == ()
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
    first = chain_of(record_key, [2])[0]
    second = reincarnated(record_key, first, incarnation=INCARNATION + 1)
    third = reincarnated(record_key, second, incarnation=INCARNATION)
    agreed = FeedPosition(incarnation=INCARNATION + 1)
    follower = FeedFollower(MUNICIPALITY, record_key.verifying, agreed, seen=lambda _number: None)
    assert len(follower.accept(first.to_bytes())) == 2
    assert len(follower.accept(second.to_bytes())) == 1
    assert_broken(lambda: follower.accept(third.to_bytes()), Code.REGISTRY_RENEWED)
    assert follower.position == replace(second.position, incarnation=INCARNATION + 1)


def reincarnated(key: SigningKey, before: FeedBlock, *, incarnation: int) -> FeedBlock:
    """Write the block that follows `before` under another incarnation."""
    after = replace(before.position, incarnation=incarnation)
    return FeedBlock.sign([draft_of(after.number + 1)], after, key, MUNICIPALITY)


def test_another_key_or_another_kind_of_message_is_refused(record_key: SigningKey) -> None:
    """A heartbeat's signature does not pass as an entry's."""
    heartbeat = beat(record_key, 0, NOTHING_BEFORE)
    inside = encode([heartbeat, [chain_of(record_key, [1])[0].coded[0]]])
    for signed in (chain(SigningKey.generate(), 1)[0], heartbeat, inside, b"", b"\xd2\x84"):
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
        (beat(record_key, 1, ends(record_key, entries)[1]), Code.REGISTRY_BEHIND),
        (beat(record_key, 2, bytes(32)), Code.FEED_FORKED),
        (beat(record_key, 2, newest, INCARNATION + 1), Code.REGISTRY_RENEWED),
        (beat(SigningKey.generate(), 2, newest), Code.FEED_NOT_SIGNED),
    ):
        with pytest.raises(Refused) as refusal:
            follower.hear(wrong, bytes(16))
        assert refusal.value.code is code


def test_a_body_is_read_as_its_own_kind(record_key: SigningKey) -> None:
    """A measure is no link, a hold no measure, and a body that does not fit its kind breaks the feed."""
    (entry,) = chain_of(record_key, [1])[0].entries()
    assert_broken(entry.link)
    assert_broken(entry.hold)
    assert_broken(replace(entry, kind=FeedKind.LINK).link)
    card = CardSerial(issuer_key_id=b"issuer", serial=b"\x01")
    link = LinkChange(card=card, counts_from=20260922, ended=False)
    assert replace(entry, kind=FeedKind.LINK, body=to_bytes(link)).link() == link
    hold = HoldChange(hold="a", version=1, in_force=True)
    assert replace(entry, kind=FeedKind.HOLD, body=to_bytes(hold)).hold() == hold


def test_a_block_is_taken_whole_and_once(record_key: SigningKey) -> None:
    """The position goes to its last entry; repeated, it has nothing to apply."""
    blocks = chain_of(record_key, [3, MOST_IN_BLOCK, 1])
    follower = follower_of(record_key)
    for block in blocks:
        assert follower.accept(block.to_bytes()) == block.entries()
        assert follower.position == block.position
    assert follower.position.number == 4 + MOST_IN_BLOCK
    assert follower.accept(blocks[1].to_bytes()) == ()


def test_a_block_that_is_applied_in_part_is_gone_on_with(record_key: SigningKey) -> None:
    """Only where the entry at the follower's position is this block's own."""
    first, second = chain_of(record_key, [2, 3])
    other = chain_of(record_key, [2, 3], name="2026-018")
    half = FeedBlock.sign([draft_of(3), draft_of(4)], first.position, record_key, MUNICIPALITY)
    follower = follower_of(record_key, [first.to_bytes(), half.to_bytes()])
    assert follower.accept(second.to_bytes()) == second.entries()[2:]
    assert follower.position == second.position
    follower = follower_of(record_key, [first.to_bytes(), half.to_bytes()])
    assert_broken(lambda: follower.accept(other[1].to_bytes()), Code.FEED_FORKED)
    assert follower.position == half.position


def test_a_block_has_a_count(record_key: SigningKey) -> None:
    """None and too many are no block."""
    for drafts in ([], [draft_of(1)] * (MOST_IN_BLOCK + 1)):
        with pytest.raises(ValueError, match="block"):
            FeedBlock.sign(drafts, BEGINNING, record_key, MUNICIPALITY)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    choice=st.data(),
)
def test_entries_in_another_block_order_or_count_are_refused(
    record_key: SigningKey, sizes: list[int], choice: st.DataObject
) -> None:
    """A block's head stands for its own entries alone: swapped, left out, added, repeated or another's."""
    blocks = chain_of(record_key, sizes)
    other = chain_of(record_key, sizes, name="2026-018")
    place = choice.draw(st.integers(0, len(blocks) - 1))
    block = blocks[place]
    everything = [coded for one in (*blocks, *other) for coded in one.coded]
    entries = choice.draw(
        st.lists(st.sampled_from(everything), max_size=6).filter(lambda one: tuple(one) != block.coded)
    )
    follower = follower_of(record_key, [one.to_bytes() for one in blocks[:place]])
    before = follower.position
    assert_broken(lambda: follower.accept(encode([block.signed_head, entries])), Code.FEED_NOT_SIGNED)
    assert follower.position == before
    assert follower.accept(block.to_bytes()) == block.entries()


def test_what_is_signed_and_is_no_entry_breaks_the_feed(record_key: SigningKey) -> None:
    """Also inside a good block, which is then not taken in part."""
    block = FeedBlock.sign([draft_of(1), b"no entry"], BEGINNING, record_key, MUNICIPALITY)
    follower = follower_of(record_key)
    assert_broken(lambda: follower.accept(block.to_bytes()))
    assert follower.position == FeedPosition()


def test_a_link_counts_to_the_last_day_of_its_certificate(card: CardSerial) -> None:
    """An expired one does not count; one whose last day is not known does."""
    link = LinkChange(card=card, counts_from=20260922, ended=False, counts_until=20270401)
    assert [link.counts(day) for day in (20260921, 20260922, 20270401, 20270402)] == [False, True, True, False]
    assert replace(link, counts_until=None).counts(20991231)
    assert not replace(link, ended=True).counts(20260922)
