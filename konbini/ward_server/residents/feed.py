"""The registry's feed: what its followers apply, in order, once, each entry signed and chained to the one before.

Owns the entries' form, the heartbeat, and the pure judgement of a follower. `issuing` and the clerk each hold an own
position in an own store:

    def apply(connection):                                  # one transaction of the follower's store
        follower = FeedFollower(municipality, key, stored_position(connection), seen=stored_hash(connection))
        for signed in batch:
            entry = follower.accept(signed)
            if entry is not None:
                ...                                         # apply entry.body by entry.kind
                store_hash(connection, entry.number, follower.position.newest)
        store_position(connection, follower.position)

Invariants: numbers run 1, 2, 3 ... without gaps; `previous` is SHA-256 of the signed bytes of the entry before (32 zero
bytes for the first); the incarnation never changes within one life of a follower's store, but where two persons agreed
to a restored registry: history then has older ones, and never falls back. Each way of breaking one of these has its own
code (`BREAKING`) and stays so until a full reconcile, by two persons. The bytes are signed with the registry's record
key, which no follower holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, TypeVar

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.record import MOST_RECORD_BYTES

__all__ = [
    "BREAKING",
    "LEASE_SECONDS",
    "MOST_ENTRY_BYTES",
    "NOTHING_BEFORE",
    "CardSerial",
    "FeedEntry",
    "FeedFollower",
    "FeedKind",
    "FeedPosition",
    "Heartbeat",
    "HoldChange",
    "LinkChange",
    "MeasureChange",
]

LEASE_SECONDS = 60
"""The longest lease a heartbeat grants, counted by the follower from the moment it asked."""
MOST_ENTRY_BYTES = MOST_RECORD_BYTES + 1024
"""A signed entry is never longer."""
BREAKING = frozenset(
    (
        Code.FEED_GAP,
        Code.FEED_FORKED,
        Code.FEED_NOT_SIGNED,
        Code.FEED_BROKEN,
        Code.REGISTRY_RENEWED,
        Code.REGISTRY_BEHIND,
    )
)
"""The ways in which a feed breaks."""
NOTHING_BEFORE = bytes(32)
"""`previous` of the first entry, and the newest hash of a feed without entries."""

M = TypeVar("M")

_Number = Annotated[int, UpTo(2**53)]
_Version = Annotated[int, UpTo(2**31)]
_Nonce = Annotated[bytes, Sized(16)]


@unique
class FeedKind(IntEnum):
    """What an entry's body is."""

    RECORD = 1
    """The bytes of a `SignedRecord`; `version` is the record's."""
    LINK = 2
    """A `LinkChange`; `version` counts the changes of this card's link."""
    MEASURE = 3
    """A `MeasureChange`; `version` counts the changes of this application."""
    HOLD = 4
    """A `HoldChange`; `version` counts the changes of this hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSerial:
    """コンビニ交付シリアル番号: which user-authentication certificate a card carries, unique over all time.

    `issuer_key_id` is the certificate's authority key identifier, `serial` its serial number as DER writes it.
    """

    issuer_key_id: Annotated[bytes, UpTo(64)]
    serial: Annotated[bytes, UpTo(21)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A card was linked to the entry's resident, or its link ended.

    A link counts on the days from `counts_from` on while it is not ended; an ended one never counts again.
    """

    card: CardSerial
    counts_from: Date
    ended: bool

    def counts(self, day: int) -> bool:
        """Say whether the card stands for the resident on `day` (yyyymmdd, Japan)."""
        return not self.ended and self.counts_from <= day


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureChange:
    """A protective measure (支援措置) of the entry's resident: in force from set to released, whatever its planned end.

    `version` is what a release is compared with.
    """

    application: Line
    version: _Version
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChange:
    """A hold of issuing (発行抑止) on the entry's resident, for a reason that is not a protective measure."""

    hold: Line
    version: _Version
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One change of the registry, as its followers see it."""

    incarnation: Moment
    number: _Number
    previous: Digest
    kind: FeedKind
    resident: Line
    version: _Version
    body: Annotated[bytes, UpTo(MOST_RECORD_BYTES)]

    def sign(self, key: SigningKey, municipality: str) -> bytes:
        """Sign with the registry's record key."""
        return key.sign(to_bytes(self), _context(MessageKind.FEED, municipality))

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str) -> FeedEntry:
        """Check the signature alone; `FeedFollower` checks its place.

        Raises:
            Refused: `FEED_NOT_SIGNED`.
        """
        return _opened(cls, signed, key, _context(MessageKind.FEED, municipality))

    def link(self) -> LinkChange:
        """Read the body of a LINK.

        Raises:
            Refused: `FEED_BROKEN`.
        """
        return _body(LinkChange, self, FeedKind.LINK)

    def measure(self) -> MeasureChange:
        """Read the body of a MEASURE.

        Raises:
            Refused: `FEED_BROKEN`.
        """
        return _body(MeasureChange, self, FeedKind.MEASURE)

    def hold(self) -> HoldChange:
        """Read the body of a HOLD.

        Raises:
            Refused: `FEED_BROKEN`.
        """
        return _body(HoldChange, self, FeedKind.HOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The registry's signed word on how far its feed goes: the ground of a follower's lease."""

    municipality: Line
    incarnation: Moment
    number: _Number
    newest: Digest
    nonce: _Nonce
    lease_seconds: Annotated[int, UpTo(LEASE_SECONDS)]

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the registry's record key."""
        return key.sign(to_bytes(self), _context(MessageKind.HEARTBEAT, self.municipality))

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str, nonce: bytes) -> Heartbeat:
        """Check the signature and that it answers `nonce`.

        Raises:
            Refused: `FEED_NOT_SIGNED`.
        """
        heartbeat = _opened(cls, signed, key, _context(MessageKind.HEARTBEAT, municipality))
        if (heartbeat.municipality, heartbeat.nonce) != (municipality, nonce):
            raise Refused(Code.FEED_NOT_SIGNED, "a heartbeat for another question")
        return heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPosition:
    """How far a follower has applied the feed.

    `incarnation` is the one that it follows, 0 until its first entry or heartbeat binds it; `entered_under` is that of
    the entry that it applied last, which is older while a restored registry's history is applied.
    """

    incarnation: int = 0
    number: int = 0
    newest: bytes = NOTHING_BEFORE
    entered_under: int = 0


class FeedFollower:
    """Judges one entry after another; holds no more than its position.

    Args:
        municipality: whose feed.
        key: the registry's record key.
        position: where the follower's store stands.
        seen: gives the hash of an entry that was applied (number at most the position's), None where the store no
            longer knows it; such an entry cannot be told from a fork and is refused.
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

    def accept(self, signed: bytes) -> FeedEntry | None:
        """Take one entry and move the position.

        Returns:
            The entry to apply, or None where it was applied before, byte for byte.

        Raises:
            Refused: `FEED_NOT_SIGNED`, `FEED_GAP`, `FEED_FORKED`, `REGISTRY_RENEWED`. The position has not moved.
        """
        entry = FeedEntry.open(signed, self._key, self._municipality)
        digest = hashlib.sha256(signed).digest()
        self._check_entered(entry.incarnation)
        if entry.number <= self.position.number:
            self._check_repeated(entry.number, digest)
            return None
        if entry.number != self.position.number + 1:
            raise Refused(Code.FEED_GAP, f"entry {entry.number} after {self.position.number}")
        if entry.previous != self.position.newest:
            raise Refused(Code.FEED_FORKED, f"entry {entry.number} follows another {self.position.number}")
        self.position = FeedPosition(
            incarnation=self.position.incarnation or entry.incarnation,
            number=entry.number,
            newest=digest,
            entered_under=entry.incarnation,
        )
        self._fresh[entry.number] = digest
        return entry

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


def _context(kind: MessageKind, municipality: str) -> Context:
    return Context(kind=kind, sender=municipality, receiver=ANYONE)


def _opened(kind: type[M], signed: bytes, key: VerifyingKey, context: Context) -> M:
    try:
        return from_bytes(kind, key.open(signed, context), MOST_ENTRY_BYTES)
    except Refused as refused:
        raise Refused(Code.FEED_NOT_SIGNED, refused.detail) from refused


def _body(kind: type[M], entry: FeedEntry, expected: FeedKind) -> M:
    if entry.kind is not expected:
        raise Refused(Code.FEED_BROKEN, f"entry {entry.number} is no {expected.name}")
    try:
        return from_bytes(kind, entry.body)
    except Refused as refused:
        raise Refused(Code.FEED_BROKEN, refused.detail) from refused
