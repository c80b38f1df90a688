"""The feed's blocks: runs of entries under one signature, and a follower's judgement of them.

    block   [signed head, [entry bytes, ...]]
    head    COSE_Sign1 of [incarnation, first number, count, hash before, hash of the last entry]

The last hash stands for every entry of the block, since each carries the hash of the one before. An ordinary change is
a block of its few entries, an import a series of blocks of up to `MOST_IN_BLOCK`: one form for both. The registry keeps
a block as it signed it, so blocks are repeated as they were. `issuing` and the clerk each hold an own position in an
own store:

    def apply(connection):                                  # one transaction of the follower's store
        follower = FeedFollower(municipality, key, stored_position(connection), seen=stored_hash(connection))
        for block in blocks:
            for entry in follower.accept(block):
                ...                                         # apply entry.body by entry.kind
            store_hash(connection, follower.position)

Invariants: those of `konbini.ward_server.residents.feed`. A block is taken whole or not at all; one that was taken in
part (its follower was filled otherwise) is gone on with only where its entry at the follower's position is the one that
was applied. Whatever breaks one of these is `FEED_BROKEN` and stays so until a full reconcile, by two persons.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Moment, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.feed import (
    MOST_ENTRY_BYTES,
    FeedEntry,
    FeedKind,
    FeedPosition,
    Heartbeat,
)

__all__ = ["MOST_BLOCK_BYTES", "MOST_IN_BLOCK", "BlockHead", "EntryDraft", "FeedBlock", "FeedFollower", "block_bytes"]

MOST_IN_BLOCK = 256
"""Entries of one block."""
MOST_BLOCK_BYTES = 512 * 1024
"""A block is never longer; it fits one answer of the registry."""

_Number = Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """What an entry says, before it has its place."""

    kind: FeedKind
    resident: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockHead:
    """Where a block stands in the feed: what is signed of it."""

    incarnation: Moment
    first: _Number
    count: Annotated[int, UpTo(MOST_IN_BLOCK)]
    before: Digest
    newest: Digest

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return self.first + self.count - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wire:
    """A block as it travels."""

    head: Annotated[bytes, UpTo(256)]
    entries: tuple[Annotated[bytes, UpTo(MOST_ENTRY_BYTES)], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBlock:
    """A block, signed; `coded` are the bytes of the entries."""

    head: BlockHead
    signed_head: bytes
    entries: tuple[FeedEntry, ...]
    coded: tuple[bytes, ...]

    @classmethod
    def sign(cls, drafts: Sequence[EntryDraft], after: FeedPosition, key: SigningKey, municipality: str) -> FeedBlock:
        """Number and chain entries after a position, and sign them with the registry's record key.

        Raises:
            ValueError: no entry, too many, or too many bytes.
        """
        if not 1 <= len(drafts) <= MOST_IN_BLOCK:
            raise ValueError(f"a block of {len(drafts)} entries")
        entries, coded, newest = [], [], after.newest
        for number, draft in enumerate(drafts, start=after.number + 1):
            entry = FeedEntry(
                incarnation=after.incarnation,
                number=number,
                previous=newest,
                kind=draft.kind,
                resident=draft.resident,
                version=draft.version,
                body=draft.body,
            )
            entries.append(entry)
            coded.append(to_bytes(entry))
            newest = hashlib.sha256(coded[-1]).digest()
        head = BlockHead(
            incarnation=after.incarnation,
            first=after.number + 1,
            count=len(entries),
            before=after.newest,
            newest=newest,
        )
        signed = key.sign(to_bytes(head), _context(municipality))
        return cls(head=head, signed_head=signed, entries=tuple(entries), coded=tuple(coded))

    @classmethod
    def open(cls, data: bytes, key: VerifyingKey, municipality: str) -> FeedBlock:
        """Check the signature and that it is over these very entries; `FeedFollower` checks the block's place.

        Raises:
            Refused: `FEED_BROKEN`.
        """
        try:
            wire = from_bytes(_Wire, data, MOST_BLOCK_BYTES)
            head = from_bytes(BlockHead, key.open(wire.head, _context(municipality)))
            entries = tuple(from_bytes(FeedEntry, one, MOST_ENTRY_BYTES) for one in wire.entries)
        except Refused as refused:
            raise Refused(Code.FEED_BROKEN, refused.detail) from refused
        _check_chain(head, entries, wire.entries)
        return cls(head=head, signed_head=wire.head, entries=entries, coded=wire.entries)

    @property
    def position(self) -> FeedPosition:
        """Where a follower stands that has applied it."""
        return FeedPosition(incarnation=self.head.incarnation, number=self.head.last, newest=self.head.newest)

    def to_bytes(self) -> bytes:
        """Encode."""
        return block_bytes(self.signed_head, self.coded)


class FeedFollower:
    """Judges one block after another; holds no more than its position.

    Args:
        municipality: whose feed.
        key: the registry's record key.
        position: where the follower's store stands.
        seen: gives the hash of an entry that was applied and ended a block (number at most the position's), None where
            the store does not know it; such an entry cannot be told from a fork and is refused.
    """

    def __init__(
        self,
        municipality: str,
        key: VerifyingKey,
        position: FeedPosition,
        *,
        seen: Callable[[int], bytes | None],
    ) -> None:
        self._municipality = municipality
        self._key = key
        self._seen = seen
        self._fresh: dict[int, bytes] = {}
        self.position = position

    def accept(self, data: bytes) -> tuple[FeedEntry, ...]:
        """Take one block and move the position.

        Returns:
            The entries to apply, in order; none where the block was applied before, byte for byte.

        Raises:
            Refused: `FEED_BROKEN`: bad signature, gap, fork or another incarnation. The position has not moved.
        """
        block = FeedBlock.open(data, self._key, self._municipality)
        head, here = block.head, self.position
        self._check_incarnation(head.incarnation)
        if head.last <= here.number:
            self._check_repeated(head.last, head.newest)
            return ()
        if head.first > here.number + 1:
            raise Refused(Code.FEED_BROKEN, f"entry {head.first} after {here.number}")
        fresh = block.entries[here.number + 1 - head.first :]
        if fresh[0].previous != here.newest:
            raise Refused(Code.FEED_BROKEN, f"entry {fresh[0].number} follows another {here.number}")
        self.position = block.position
        self._fresh[head.last] = head.newest
        return fresh

    def hear(self, signed: bytes, nonce: bytes) -> Heartbeat:
        """Check a heartbeat against the position; the caller's lease begins when its `number` is applied.

        Raises:
            Refused: `FEED_BROKEN`: another incarnation, a feed shorter than what was applied, or another newest entry.
        """
        heartbeat = Heartbeat.open(signed, self._key, self._municipality, nonce)
        self._check_incarnation(heartbeat.incarnation)
        if heartbeat.number < self.position.number:
            raise Refused(Code.FEED_BROKEN, f"the registry is at {heartbeat.number}, behind {self.position.number}")
        if heartbeat.number == self.position.number and heartbeat.newest != self.position.newest:
            raise Refused(Code.FEED_BROKEN, f"the registry has another entry {heartbeat.number}")
        return heartbeat

    def _check_incarnation(self, incarnation: int) -> None:
        if incarnation == 0 or self.position.incarnation not in (0, incarnation):
            raise Refused(Code.FEED_BROKEN, "another incarnation of the registry")

    def _check_repeated(self, number: int, digest: bytes) -> None:
        known = self._fresh.get(number) or self._known(number)
        if known != digest:
            raise Refused(Code.FEED_BROKEN, f"another entry {number} than the one applied")

    def _known(self, number: int) -> bytes | None:
        return self.position.newest if number == self.position.number else self._seen(number)


def block_bytes(signed_head: bytes, coded: Sequence[bytes]) -> bytes:
    """Put a block together as it travels, of what its registry keeps of it."""
    return to_bytes(_Wire(head=signed_head, entries=tuple(coded)))


def _check_chain(head: BlockHead, entries: Sequence[FeedEntry], coded: Sequence[bytes]) -> None:
    """Compare every entry's place with the head's, and the hashes from `before` to `newest`."""
    if not entries or len(entries) != head.count:
        raise Refused(Code.FEED_BROKEN, "a block with another count of entries than its head says")
    before = head.before
    for number, entry, data in zip(itertools.count(head.first), entries, coded, strict=False):
        if (entry.incarnation, entry.number, entry.previous) != (head.incarnation, number, before):
            raise Refused(Code.FEED_BROKEN, f"entry {number} is not where its block says")
        before = hashlib.sha256(data).digest()
    if before != head.newest:
        raise Refused(Code.FEED_BROKEN, f"the block that ends at {head.last} has other entries")


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.FEED, sender=municipality, receiver=ANYONE)
