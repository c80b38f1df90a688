"""The feed's blocks: runs of entries under one signature, and a follower's judgement of them.

    block   [signed head, [entry bytes, ...]]
    head    COSE_Sign1 of [incarnation, first number, count, hash before, hash of the last entry]

The last hash stands for every entry of the block, since each entry's hash goes over the one before. An ordinary change
is a block of its few entries, an import a series of blocks of up to `MOST_IN_BLOCK`: one form for both. The registry
keeps a block as it signed it, so blocks are repeated as they were. `issuing` and the clerk each hold an own position in
an own store:

    def apply(connection):                                  # one transaction of the follower's store
        follower = FeedFollower(municipality, key, stored_position(connection), seen=stored_hash(connection))
        for block in blocks:
            for entry in follower.accept(block):
                ...                                         # apply entry.body by entry.kind
            store_hash(connection, follower.position)

An entry of a resident who was disposed of (廃棄) travels as a *disposed entry* in its place: the registry's signed word
on its number and digest, by which the chain goes on. It says nothing and is applied by nobody; only whoever holds the
record key can take an entry out in this way.

Invariants: those of `konbini.ward_server.residents.feed`. A block is taken whole or not at all; one that was taken in
part (its follower was filled otherwise) is gone on with only where its entry at the follower's position is the one that
was applied. What breaks one of these is named by its own code (`BREAKING` there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Moment, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.feed import MOST_ENTRY_BYTES, EntryDraft, FeedEntry, FeedPosition, Heartbeat

__all__ = [
    "MOST_BLOCK_BYTES",
    "MOST_IN_BLOCK",
    "BlockHead",
    "FeedBlock",
    "FeedFollower",
    "SignedHead",
    "block_bytes",
    "chain_hash",
    "disposed_entry",
    "entry_digests",
]

MOST_IN_BLOCK = 256
"""Entries of one block."""
MOST_BLOCK_BYTES = 512 * 1024
"""A block is never longer; it fits one answer of the registry."""

_Number = Annotated[int, UpTo(2**53)]
_COSE_TAG = b"\xd2"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disposed:
    """The registry's word on an entry that was disposed of."""

    number: _Number
    digest: Digest


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

    @property
    def position(self) -> FeedPosition:
        """Where the feed stands with this block."""
        return FeedPosition(
            incarnation=self.incarnation, number=self.last, newest=self.newest, entered_under=self.incarnation
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A head together with the bytes that were signed."""

    head: BlockHead
    data: bytes

    @classmethod
    def sign(cls, digests: Sequence[bytes], after: FeedPosition, key: SigningKey, municipality: str) -> SignedHead:
        """Sign the head of a block of entries with these digests, which follows a position.

        Raises:
            ValueError: no entry, or too many.
        """
        if not 1 <= len(digests) <= MOST_IN_BLOCK:
            raise ValueError(f"a block of {len(digests)} entries")
        head = BlockHead(
            incarnation=after.incarnation,
            first=after.number + 1,
            count=len(digests),
            before=after.newest,
            newest=chain_hash(after.newest, digests),
        )
        return cls(head=head, data=key.sign(to_bytes(head), _context(municipality)))


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
    coded: tuple[bytes, ...]
    disposed: frozenset[int] = frozenset()

    @classmethod
    def sign(cls, coded: Sequence[bytes], after: FeedPosition, key: SigningKey, municipality: str) -> FeedBlock:
        """Number and chain entries after a position, and sign them with the registry's record key.

        Args:
            coded: the bytes of an `EntryDraft` for each entry.
            after: the feed's newest entry.
            key: the record key.
            municipality: whose feed.

        Raises:
            ValueError: no entry, or too many.
        """
        signed = SignedHead.sign(entry_digests(coded), after, key, municipality)
        return cls(head=signed.head, signed_head=signed.data, coded=tuple(coded))

    @classmethod
    def open(cls, data: bytes, key: VerifyingKey, municipality: str) -> FeedBlock:
        """Check the signature and that it is over these very entries; `FeedFollower` checks the block's place.

        Raises:
            Refused: `FEED_NOT_SIGNED`.
        """
        try:
            wire = from_bytes(_Wire, data, MOST_BLOCK_BYTES)
            head = from_bytes(BlockHead, key.open(wire.head, _context(municipality)))
        except Refused as refused:
            raise Refused(Code.FEED_NOT_SIGNED, refused.detail) from refused
        if not wire.entries or len(wire.entries) != head.count:
            raise Refused(Code.FEED_NOT_SIGNED, "a block with another count of entries than its head says")
        disposed = _disposed(head.first, wire.entries, key, municipality)
        if chain_hash(head.before, entry_digests(wire.entries)) != head.newest:
            raise Refused(Code.FEED_NOT_SIGNED, f"the block that ends at {head.last} has other entries")
        return cls(head=head, signed_head=wire.head, coded=wire.entries, disposed=disposed)

    def entries(self) -> tuple[FeedEntry, ...]:
        """Read the entries; disposed ones are passed over.

        Raises:
            Refused: `FEED_BROKEN`: what was signed is none.
        """
        return self.entries_from(self.head.first)

    def entries_from(self, first: int) -> tuple[FeedEntry, ...]:
        """Read the entries from a number on; disposed ones are passed over.

        Raises:
            Refused: `FEED_BROKEN`: what was signed is none.
        """
        numbered = enumerate(self.coded, start=self.head.first)
        kept = ((number, coded) for number, coded in numbered if number >= first and number not in self.disposed)
        return tuple(_entry(number, coded) for number, coded in kept)

    @property
    def position(self) -> FeedPosition:
        """Where a follower stands that has applied it."""
        return self.head.position

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
            Refused: `FEED_NOT_SIGNED`, `FEED_GAP`, `FEED_FORKED`, `REGISTRY_RENEWED`; `FEED_BROKEN`: what was signed is
                no entry. The position has not moved.
        """
        block = FeedBlock.open(data, self._key, self._municipality)
        head, here = block.head, self.position
        self._check_entered(head.incarnation)
        if head.last <= here.number:
            self._check_repeated(head.last, head.newest)
            return ()
        if head.first > here.number + 1:
            raise Refused(Code.FEED_GAP, f"entry {head.first} after {here.number}")
        applied = here.number + 1 - head.first
        if chain_hash(head.before, entry_digests(block.coded[:applied])) != here.newest:
            raise Refused(Code.FEED_FORKED, f"entry {here.number + 1} follows another {here.number}")
        fresh = block.entries()[applied:]
        self.position = replace(head.position, incarnation=here.incarnation or head.incarnation)
        self._fresh[head.last] = head.newest
        return fresh

    def hear(self, signed: bytes, nonce: bytes) -> Heartbeat:
        """Check a heartbeat against the position; the caller's lease begins when its `number` is applied.

        Raises:
            Refused: `FEED_NOT_SIGNED`; `REGISTRY_RENEWED`; `REGISTRY_BEHIND`: a feed shorter than what was applied;
                `FEED_FORKED`: another newest entry.
        """
        heartbeat = Heartbeat.open(signed, self._key, self._municipality, nonce)
        if heartbeat.incarnation == 0 or self.position.incarnation not in (0, heartbeat.incarnation):
            raise Refused(Code.REGISTRY_RENEWED, "another incarnation of the registry")
        if heartbeat.number < self.position.number:
            raise Refused(Code.REGISTRY_BEHIND, f"the registry is at {heartbeat.number}, behind {self.position.number}")
        if heartbeat.number == self.position.number and heartbeat.newest != self.position.newest:
            raise Refused(Code.FEED_FORKED, f"the registry has another entry {heartbeat.number}")
        return heartbeat

    def _check_entered(self, incarnation: int) -> None:
        followed = self.position.incarnation or incarnation
        if not max(self.position.entered_under, 1) <= incarnation <= followed:
            raise Refused(Code.REGISTRY_RENEWED, "an entry of another incarnation")

    def _check_repeated(self, number: int, digest: bytes) -> None:
        known = self._fresh.get(number) or self._known(number)
        if known != digest:
            raise Refused(Code.FEED_FORKED, f"another entry {number} than the one applied")

    def _known(self, number: int) -> bytes | None:
        return self.position.newest if number == self.position.number else self._seen(number)


def block_bytes(signed_head: bytes, coded: Sequence[bytes]) -> bytes:
    """Put a block together as it travels, of what its registry keeps of it."""
    return to_bytes(_Wire(head=signed_head, entries=tuple(coded)))


def entry_digests(coded: Iterable[bytes]) -> list[bytes]:
    """Give the SHA-256 of each entry's bytes, as they were where the entry was disposed of.

    Raises:
        Refused: `MALFORMED`: a disposed entry that is none. Its signature is checked by `FeedBlock.open` alone.
    """
    return [
        _word(unchecked_payload(one)).digest if _is_disposed(one) else hashlib.sha256(one).digest() for one in coded
    ]


def disposed_entry(number: int, digest: bytes, key: SigningKey, municipality: str) -> bytes:
    """Sign what travels in the place of a disposed entry."""
    word = _Disposed(number=number, digest=digest)
    return key.sign(to_bytes(word), _disposed_context(municipality))


def _is_disposed(coded: bytes) -> bool:
    """Say whether an entry's bytes are a disposed entry: a COSE_Sign1, where an entry is a plain array."""
    return coded[:1] == _COSE_TAG


def chain_hash(before: bytes, digests: Iterable[bytes]) -> bytes:
    """Give the hash of the last of these entries, the first of which follows `before`."""
    for digest in digests:
        before = hashlib.sha256(before + digest).digest()
    return before


def _entry(number: int, coded: bytes) -> FeedEntry:
    try:
        draft = from_bytes(EntryDraft, coded, MOST_ENTRY_BYTES)
    except Refused as refused:
        raise Refused(Code.FEED_BROKEN, refused.detail) from refused
    return FeedEntry(number=number, kind=draft.kind, resident=draft.resident, version=draft.version, body=draft.body)


def _disposed(first: int, coded: Sequence[bytes], key: VerifyingKey, municipality: str) -> frozenset[int]:
    """Check each disposed entry's signature and that it speaks of its own place; give their numbers.

    Raises:
        Refused: `FEED_BROKEN`.
    """
    found = set()
    for number, one in enumerate(coded, start=first):
        if not _is_disposed(one):
            continue
        try:
            word = _word(key.open(one, _disposed_context(municipality)))
        except Refused as refused:
            raise Refused(Code.FEED_BROKEN, f"entry {number} was disposed of by nobody we know") from refused
        if word.number != number:
            raise Refused(Code.FEED_BROKEN, f"entry {number} is not the one that was disposed of")
        found.add(number)
    return frozenset(found)


def _word(payload: bytes) -> _Disposed:
    return from_bytes(_Disposed, payload)


def _disposed_context(municipality: str) -> Context:
    return Context(kind=MessageKind.ENTRY_DISPOSED, sender=municipality, receiver=ANYONE)


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.FEED, sender=municipality, receiver=ANYONE)
