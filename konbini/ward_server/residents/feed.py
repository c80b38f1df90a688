"""The registry's feed: what its followers apply, in order, once; its entries, positions and heartbeats.

Entries are numbered 1, 2, 3 ... without gaps and chained: the hash of an entry is SHA-256(hash of the one before |
SHA-256 of its bytes), over 32 zero bytes at the start. An entry's bytes say neither number nor hash: they travel in
signed blocks, which `konbini.ward_server.residents.feed_blocks` makes, opens and judges. The incarnation never changes
within one life of a follower's store, but where two persons agreed to a restored registry: history then has older ones,
and never falls back. Each way of breaking one of these has its own code (`BREAKING`) and stays so until a full
reconcile, by two persons. The registry's record key signs blocks and heartbeats; no follower holds it.
"""

from __future__ import annotations

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
    "DisposedChange",
    "EntryDraft",
    "FeedEntry",
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
"""The bytes of an entry are never more."""
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
"""What the first entry follows: the newest hash of a feed without entries."""

M = TypeVar("M")

_MOST_HEARTBEAT_BYTES = 512

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
    SEAL = 5
    """The bytes of a `SignedSeal`; `version` is the registration's."""
    DISPOSED = 9
    """A `DisposedChange`: residents of whom nobody keeps anything any more (docs/retention.md)."""


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

    A link counts on the days from `counts_from` to `counts_until`, the last day of the certificate (None: not known),
    while it is not ended. Why it is ended, and whether the card may be found again, the registry alone knows.
    """

    card: CardSerial
    counts_from: Date
    ended: bool
    counts_until: Date | None = None

    def counts(self, day: int) -> bool:
        """Say whether the card stands for the resident on `day` (yyyymmdd, Japan)."""
        return not self.ended and self.counts_from <= day <= (self.counts_until or day)


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
class DisposedChange:
    """Residents whose records' time is over: a follower destroys what it holds of them."""

    residents: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """What an entry says: its bytes, before and after it has its place."""

    kind: FeedKind
    resident: Line
    version: _Version
    body: Annotated[bytes, UpTo(MOST_RECORD_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One change of the registry, as its followers see it, at its place."""

    number: int
    kind: FeedKind
    resident: str
    version: int
    body: bytes

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

    def disposed(self) -> DisposedChange:
        """Read the body of a DISPOSED.

        Raises:
            Refused: `FEED_BROKEN`.
        """
        return _body(DisposedChange, self, FeedKind.DISPOSED)


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
        return key.sign(to_bytes(self), _context(self.municipality))

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str, nonce: bytes) -> Heartbeat:
        """Check the signature and that it answers `nonce`.

        Raises:
            Refused: `FEED_NOT_SIGNED`.
        """
        try:
            heartbeat = from_bytes(cls, key.open(signed, _context(municipality)), _MOST_HEARTBEAT_BYTES)
        except Refused as refused:
            raise Refused(Code.FEED_NOT_SIGNED, refused.detail) from refused
        if (heartbeat.municipality, heartbeat.nonce) != (municipality, nonce):
            raise Refused(Code.FEED_NOT_SIGNED, "a heartbeat for another question")
        return heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPosition:
    """How far a follower has applied the feed.

    `incarnation` is the one that it follows, 0 until its first entry or heartbeat binds it; `entered_under` is that of
    the block that it applied last, which is older while a restored registry's history is applied.
    """

    incarnation: int = 0
    number: int = 0
    newest: bytes = NOTHING_BEFORE
    entered_under: int = 0


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.HEARTBEAT, sender=municipality, receiver=ANYONE)


def _body(kind: type[M], entry: FeedEntry, expected: FeedKind) -> M:
    if entry.kind is not expected:
        raise Refused(Code.FEED_BROKEN, f"entry {entry.number} is no {expected.name}")
    try:
        return from_bytes(kind, entry.body)
    except Refused as refused:
        raise Refused(Code.FEED_BROKEN, refused.detail) from refused
