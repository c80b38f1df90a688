"""What the registry's use cases ask of their store.

A use case is a plain function of one transaction: what it reads is what it changes, at one moment, and state, feed
entry and audit entry become durable together or not at all. What is personal enters and leaves here in the clear; that
it is sealed at rest is the store's duty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import NamedTuple, Protocol, TypeVar

from konbini.process.statements import Parameters
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.bodies import CardKind, MeasureCategory, Protection, Withheld
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.entry import RegisterEntry
from konbini.ward_server.residents.feed import CardSerial, EntryDraft, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import SignedHead
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.witness import Told

__all__ = [
    "ChangeState",
    "NumberKind",
    "RegistryReading",
    "RegistryStore",
    "RegistryWriting",
    "SealedEntry",
    "StoredAccess",
    "StoredChange",
    "StoredEntry",
    "StoredLink",
    "StoredRecord",
    "StoredRestriction",
    "StoredSeal",
]

T = TypeVar("T")


@unique
class ChangeState(IntEnum):
    """Where a change stands."""

    ENTERED = 1
    APPROVED = 2
    WITHDRAWN = 3


@unique
class NumberKind(IntEnum):
    """A number that belongs to one resident in all time."""

    INDIVIDUAL_NUMBER = 1
    """個人番号."""
    RESIDENT_CODE = 2
    """住民票コード."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """A change with who entered it, when (Unix milliseconds), and who ended its waiting.

    `number` is the feed's newest entry of an approved change, 0 otherwise. `change` never holds an individual number:
    see `konbini.ward_server.residents.pending`.
    """

    change_id: str
    change: Change
    state: ChangeState
    entered_by: str
    entered_at: int
    concluded_by: str = ""
    concluded_at: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A resident's record: the signed bytes, and which change wrote this version."""

    resident: str
    version: int
    household: str
    data: bytes
    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """What is kept of a resident beyond the record, at one version; versions count from 1 apart from the record's."""

    resident: str
    version: int
    entry: RegisterEntry
    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """What a card's serial is linked to; one row for each serial, for ever.

    `withheld` says why it does not count for the time being, `valid_until` is the last day of its certificate.
    """

    card: CardSerial
    resident: str
    version: int
    counts_from: int
    ended: bool
    carrier: CardKind = CardKind.NUMBER_CARD
    valid_until: int | None = None
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRestriction:
    """A protective measure or a hold: when it began and ended, and what a measure rests on."""

    resident: str
    kind: FeedKind
    name: str
    version: int
    in_force: bool
    planned_end: int | None
    begun: int | None = None
    ended: int | None = None
    category: MeasureCategory | None = None
    protection: Protection | None = None
    remark: str = ""


class SealedEntry(NamedTuple):
    """A feed entry as the store keeps it, without its number; a tuple, since a town's come out of other processes.

    `record` is the version of the record that it brings, which stands in its own table; `sealed` is any other entry.
    """

    resident: str
    record: int | None
    sealed: bytes | None
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeal:
    """A version of a resident's seal registration: the signed bytes, and which change wrote it."""

    resident: str
    version: int
    number: str
    data: bytes
    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccess:
    """One access to a resident's record: its entry in the audit log, and why."""

    entry: AuditEntry
    reason: str


class RegistryReading(Protocol):
    """What is read of the registry, at one moment."""

    def incarnation(self) -> int:
        """Give the incarnation."""

    def position(self) -> FeedPosition:
        """Give the newest entry of the feed."""

    def entry_hash(self, number: int) -> bytes | None:
        """Give the hash of an entry of the feed."""

    def feed_after(self, number: int, most: int) -> tuple[bytes, ...]:
        """Give the blocks beyond `number`, of `most` entries together and as many as fit an answer; at least one."""

    def record(self, resident: str) -> StoredRecord | None:
        """Give the newest version of a record."""

    def versions(self, resident: str) -> tuple[StoredRecord, ...]:
        """Give every version of a record, oldest first."""

    def household(self, household: str) -> tuple[StoredRecord, ...]:
        """Give the newest version of each record that stands in a household, removed ones among them."""

    def records_after(self, resident: str, most: int) -> tuple[StoredRecord, ...]:
        """Give the newest version of each record whose resident follows, in the order of their ids, at most `most`."""

    def entry(self, resident: str) -> StoredEntry | None:
        """Give the newest version of what is kept of a resident beyond the record."""

    def entries(self, resident: str) -> tuple[StoredEntry, ...]:
        """Give every version of it, oldest first."""

    def entry_with(self, resident: str, change_id: str) -> StoredEntry | None:
        """Give the newest version of it that was approved before the feed went on from what a change wrote."""

    def number_part(self, resident: str, commitment: bytes) -> bytes | None:
        """Give the individual number's part that a record's commitment stands for."""

    def link(self, card: CardSerial) -> StoredLink | None:
        """Find a card's link, ended or not."""

    def links(self, resident: str) -> tuple[StoredLink, ...]:
        """Give every link of a resident."""

    def restriction(self, resident: str, kind: FeedKind, name: str) -> StoredRestriction | None:
        """Find a protective measure or a hold."""

    def restrictions(self, resident: str) -> tuple[StoredRestriction, ...]:
        """Give every protective measure and hold of a resident."""

    def change(self, change_id: str) -> StoredChange | None:
        """Find a change."""

    def history(self, resident: str) -> tuple[StoredChange, ...]:
        """Give every change in force that is the resident's or wrote the resident's record, oldest first."""

    def concluded(self, since: int, until: int, after: tuple[int, str], most: int) -> tuple[StoredChange, ...]:
        """Give changes approved from `since` to before `until` (Unix milliseconds), in order, that follow `after`."""

    def pending(self, behind: tuple[int, str], most: int) -> tuple[StoredChange, ...]:
        """Give changes that wait for a second person and were entered `behind` (when, id), oldest first."""

    def waiting_of(self, operator: str) -> int:
        """Count the changes that an operator entered and that wait."""

    def bulk_rows(self, change_id: str) -> tuple[Change, ...]:
        """Give the rows of a bulk list, in order."""

    def told(self, follower: str) -> Told | None:
        """Give what a follower told last of how far it is."""

    def used_ranges(self) -> int:
        """Give the ranges of issuance numbers that any follower told of, one bit each."""

    def version_at(self, resident: str, moment: int) -> int:
        """Give which version of a record was in force at a moment (Unix milliseconds), 0 where there was none."""

    def changed_between(self, resident: str, number: int, moment: int) -> int:
        """Count a resident's changes behind entry `number` of the feed that were in force at a moment."""

    def pending_number(self, change: StoredChange) -> bytes | None:
        """Give the individual number's part that a waiting change was entered with."""

    def seal(self, resident: str) -> StoredSeal | None:
        """Give the newest version of a resident's seal registration, in force or cancelled."""

    def number_taken(self, kind: NumberKind, number: str, resident: str) -> bool:
        """Say whether a number is, or was, another resident's."""

    def seal_number_given(self, number: str) -> bool:
        """Say whether anybody's registration has or had this number."""

    def accesses(self, resident: str, most: int) -> tuple[StoredAccess, ...]:
        """Give who looked a resident up, newest first; every access that is kept is opened for it.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: an access whose entry of the log is gone; `SEAL_BROKEN`.
        """


class RegistryWriting(RegistryReading, Protocol):
    """What is written to the registry, in one transaction."""

    def put_told(self, follower: str, told: Told) -> None:
        """Keep what a follower told."""

    def known(self, residents: Sequence[str]) -> set[str]:
        """Give those of some residents of whom the store holds anything, a waiting change among it."""

    def add_rows(self, rows: Mapping[str, Sequence[Parameters]]) -> None:
        """Insert rows that were sealed elsewhere for this store, by statement, of residents that are not known."""

    def seal_entries(self, drafts: Sequence[EntryDraft]) -> tuple[SealedEntry, ...]:
        """Seal entries of the feed, whose records stand already; nothing is written."""

    def add_block(self, signed: SignedHead, entries: Sequence[SealedEntry]) -> None:
        """Add the next block of the feed."""

    def add_record(self, record: StoredRecord) -> None:
        """Add a version of a record; versions that were written before stay."""

    def add_entry_items(self, entry: StoredEntry) -> None:
        """Add a version of what is kept beyond the record; versions that were written before stay."""

    def add_number_part(self, part: IndividualNumberPart) -> bytes:
        """Keep an individual number, apart from the record, and give the commitment that the record carries."""

    def give_number(self, kind: NumberKind, number: str, resident: str) -> None:
        """Keep that a number is this resident's; nothing happens where it was given before."""

    def given(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Give those of some hashes whose numbers were given."""

    def put_link(self, link: StoredLink) -> None:
        """Keep a card's link."""

    def put_restriction(self, restriction: StoredRestriction) -> None:
        """Keep a protective measure or a hold."""

    def put_change(self, change: StoredChange) -> None:
        """Keep a change; the pending number of one that waits no more is gone."""

    def add_bulk_rows(self, change_id: str, rows: Sequence[Change]) -> None:
        """Keep the rows of a bulk list."""

    def put_pending_number(self, change_id: str, part: IndividualNumberPart) -> None:
        """Keep the individual number of a waiting change, apart from it."""

    def audit(self, entry: AuditEntry) -> int:
        """Add an audit entry and give its position."""

    def add_seal(self, seal: StoredSeal) -> None:
        """Add a version of a seal registration; versions that were written before stay."""

    def add_access(self, position: int, residents: Sequence[str], reason: str) -> None:
        """Keep of whom something was shown and why, for the audit entry at `position`."""


class RegistryStore(Protocol):
    """A store of the registry."""

    async def write(self, use: Callable[[RegistryWriting], T], *, step: str) -> T:
        """Run `use` in one transaction and answer once it is durable.

        Raises:
            NotStored: nobody was promised it.
            Exception: what `use` raised; nothing of it is kept.
        """

    async def read(self, use: Callable[[RegistryReading], T]) -> T:
        """Run `use` on one moment of the registry."""
