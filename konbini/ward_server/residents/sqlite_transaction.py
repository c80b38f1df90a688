"""One transaction of the registry's store on rows, everything personal sealed.

The sealed columns are opened with the data key of the resident whose row it is, for that very row and version: what was
moved to another row does not open (`SEAL_BROKEN`).

Limits: a row put back whole from an older copy of the store opens. The feed's chain, which followers hold too, and the
audit log show it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from konbini.process.statements import Connection, Parameters
from konbini.protocol.codec import encode
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.log import AuditEntry, append, entry_at
from konbini.ward_server.residents.bodies import CardKind, MeasureCategory, Protection, Withheld
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.dates import Date, today
from konbini.ward_server.residents.entry import MOST_ENTRY_ITEMS_BYTES, RegisterEntry
from konbini.ward_server.residents.feed import NOTHING_BEFORE, CardSerial, EntryDraft, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import BlockHead, SignedHead, block_bytes, chain_hash, entry_digests
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.store import (
    ChangeState,
    SealedEntry,
    StoredChange,
    StoredEntry,
    StoredLink,
    StoredRecord,
    StoredRestriction,
    StoredSeal,
)
from konbini.ward_server.residents.witness import NO_RANGES, Told
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import DataKey, Place, Sealer

__all__ = ["MOST_KEYS", "SqliteTransaction", "Vault", "access_month"]

MOST_KEYS = 4096
"""Data keys that one transaction keeps open at a time."""
_MOST_ANSWER_BYTES = 768 * 1024
_CHANGE_COLUMNS = "change_id, resident, state, entered_by, entered_at, concluded_by, concluded_at, number, sealed"
_NEWEST = (
    "NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.resident = record.resident"
    " AND newer.version > record.version)"
    " AND EXISTS (SELECT 1 FROM data_key WHERE data_key.resident = record.resident AND length(data_key.wrapped) > 0)"
)
_LEGIBLE = "EXISTS (SELECT 1 FROM data_key WHERE data_key.resident = change.resident AND length(data_key.wrapped) > 0)"
"""Whose time is over is passed over where many are read; asked for by name, `RECORD_DISPOSED` is the answer."""


_ENTRY_COLUMNS = "feed.number, feed.resident, feed.record, COALESCE(feed.sealed, record.sealed), feed_disposed.word"
_ENTRIES = (
    "feed LEFT JOIN record ON record.resident = feed.resident AND record.version = feed.record"
    " LEFT JOIN feed_disposed ON feed_disposed.number = feed.number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What opens the store: sealers for personal fields and for individual numbers, and the keyed hash."""

    municipality: str
    personal: Sealer
    numbers: Sealer
    keyed_hash: KeyedHash


@dataclass(frozen=True, slots=True, kw_only=True)
class _LinkContent:
    """The sealed part of a card's link."""

    card: CardSerial
    counts_from: Date
    ended: bool
    carrier: CardKind
    valid_until: Date | None
    withheld: Withheld | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _RestrictionContent:
    """The sealed part of a restriction."""

    kind: FeedKind
    name: Line
    in_force: bool
    planned_end: Date | None
    begun: Date | None
    ended: Date | None
    category: MeasureCategory | None
    protection: Protection | None
    remark: Annotated[str, UpTo(500)]


class SqliteTransaction:
    """`RegistryWriting` on a connection; on a reader's connection every write is a fault of the engine."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._keys: dict[str, DataKey] = {}
        self._hashed: tuple[CardSerial, bytes] | None = None

    def incarnation(self) -> int:
        """Give the incarnation."""
        return int(self._connection.execute("SELECT incarnation FROM registry").fetchone()[0])

    def position(self) -> FeedPosition:
        """Give the newest entry of the feed."""
        row = self._connection.execute("SELECT last, hash FROM feed_block ORDER BY last DESC LIMIT 1").fetchone()
        number, newest = row or (0, NOTHING_BEFORE)
        return FeedPosition(incarnation=self.incarnation(), number=number, newest=newest)

    def entry_hash(self, number: int) -> bytes | None:
        """Give the hash of an entry of the feed that ends a block."""
        row = self._connection.execute("SELECT hash FROM feed_block WHERE last = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def feed_after(self, number: int, most: int) -> tuple[bytes, ...]:
        """Give the blocks beyond `number`, of `most` entries together and as many as fit an answer; at least one."""
        heads = self._connection.execute(
            "SELECT first, last, hash, head FROM feed_block WHERE last > ? ORDER BY last LIMIT ?", (number, most)
        ).fetchall()
        blocks: list[bytes] = []
        room, left = _MOST_ANSWER_BYTES, most
        for first, last, newest, head in heads:
            left -= last - first + 1
            block = self._block(first, last, newest, head) if left >= 0 or not blocks else b""
            room -= len(block)
            if not block or room < 0:
                break
            blocks.append(block)
        return tuple(blocks)

    def record(self, resident: str) -> StoredRecord | None:
        """Give the newest version of a record."""
        row = self._connection.execute(
            "SELECT version, household, change_id, sealed FROM record WHERE resident = ? ORDER BY version DESC LIMIT 1",
            (resident,),
        ).fetchone()
        return None if row is None else self._record(resident, row)

    def versions(self, resident: str) -> tuple[StoredRecord, ...]:
        """Give every version of a record, oldest first."""
        rows = self._connection.execute(
            "SELECT version, household, change_id, sealed FROM record WHERE resident = ? ORDER BY version", (resident,)
        )
        return tuple(self._record(resident, row) for row in rows)

    def household(self, household: str) -> tuple[StoredRecord, ...]:
        """Give the newest version of each record that stands in a household, removed ones among them."""
        rows = self._connection.execute(
            f"SELECT resident, version, household, change_id, sealed FROM record WHERE household = ? AND {_NEWEST}"  # noqa: S608 - a constant of this module
            " ORDER BY resident",
            (household,),
        ).fetchall()
        return tuple(self._record(row[0], row[1:]) for row in rows)

    def records_after(self, resident: str, most: int) -> tuple[StoredRecord, ...]:
        """Give the newest version of each record whose resident follows, in the order of their ids, at most `most`."""
        rows = self._connection.execute(
            f"SELECT resident, version, household, change_id, sealed FROM record WHERE resident > ? AND {_NEWEST}"  # noqa: S608 - see above
            " ORDER BY resident LIMIT ?",
            (resident, most),
        ).fetchall()
        return tuple(self._record(row[0], row[1:]) for row in rows)

    def entry(self, resident: str) -> StoredEntry | None:
        """Give the newest version of what is kept of a resident beyond the record."""
        row = self._connection.execute(
            "SELECT version, change_id, sealed FROM entry WHERE resident = ? ORDER BY version DESC LIMIT 1", (resident,)
        ).fetchone()
        return None if row is None else self._entry(resident, row)

    def entries(self, resident: str) -> tuple[StoredEntry, ...]:
        """Give every version of it, oldest first."""
        rows = self._connection.execute(
            "SELECT version, change_id, sealed FROM entry WHERE resident = ? ORDER BY version", (resident,)
        ).fetchall()
        return tuple(self._entry(resident, row) for row in rows)

    def number_part(self, resident: str, commitment: bytes) -> bytes | None:
        """Give the individual number's part that a record's commitment stands for."""
        row = self._connection.execute(
            "SELECT wrapped, sealed FROM individual_number WHERE resident = ? AND commitment = ?",
            (resident, commitment),
        ).fetchone()
        if row is None:
            return None
        return self._vault.numbers.open(row[0], _row_place("individual_number", commitment, resident, 0), row[1])

    def link(self, card: CardSerial) -> StoredLink | None:
        """Find a card's link, ended or not."""
        row = self._connection.execute(
            "SELECT card, resident, version, sealed FROM card_link WHERE card = ?", (self._card(card),)
        ).fetchone()
        return None if row is None else self._link(*row)

    def links(self, resident: str) -> tuple[StoredLink, ...]:
        """Give every link of a resident."""
        rows = self._connection.execute(
            "SELECT card, resident, version, sealed FROM card_link WHERE resident = ? ORDER BY card", (resident,)
        )
        return tuple(self._link(*row) for row in rows)

    def restriction(self, resident: str, kind: FeedKind, name: str) -> StoredRestriction | None:
        """Find a protective measure or a hold."""
        row = self._connection.execute(
            "SELECT restriction, version, sealed FROM restriction WHERE restriction = ?",
            (self._restriction(resident, kind, name),),
        ).fetchone()
        return None if row is None else self._restrict(resident, *row)

    def restrictions(self, resident: str) -> tuple[StoredRestriction, ...]:
        """Give every protective measure and hold of a resident."""
        whose = self._vault.keyed_hash.resident(self._vault.municipality, resident)
        rows = self._connection.execute(
            "SELECT restriction, version, sealed FROM restriction WHERE whose = ? ORDER BY restriction", (whose,)
        )
        return tuple(self._restrict(resident, *row) for row in rows)

    def change(self, change_id: str) -> StoredChange | None:
        """Find a change."""
        row = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE change_id = ?",  # noqa: S608 - a constant of this module
            (change_id,),
        ).fetchone()
        return None if row is None else self._change(row)

    def history(self, resident: str) -> tuple[StoredChange, ...]:
        """Give every change in force that is the resident's or wrote the resident's record, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE state = 2 AND (resident = ?1 OR change_id IN"  # noqa: S608 - see above
            " (SELECT change_id FROM record WHERE resident = ?1))"
            f" AND (resident = ?1 OR {_LEGIBLE}) ORDER BY concluded_at, change_id",
            (resident,),
        ).fetchall()
        return tuple(self._change(row) for row in rows)

    def concluded(self, since: int, until: int, after: tuple[int, str], most: int) -> tuple[StoredChange, ...]:
        """Give changes approved from `since` to before `until` (Unix milliseconds), in order, that follow `after`."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE state = 2 AND concluded_at >= ? AND concluded_at < ?"  # noqa: S608 - see above
            f" AND (concluded_at, change_id) > (?, ?) AND {_LEGIBLE} ORDER BY concluded_at, change_id LIMIT ?",
            (since, until, *after, most),
        ).fetchall()
        return tuple(self._change(row) for row in rows)

    def pending(self) -> tuple[StoredChange, ...]:
        """Give the changes that wait for a second person, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE state = 1 ORDER BY entered_at, change_id"  # noqa: S608 - see above
        )
        return tuple(self._change(row) for row in rows)

    def bulk_rows(self, change_id: str) -> tuple[Change, ...]:
        """Give the rows of a bulk list, in order."""
        rows = self._connection.execute(
            "SELECT place, resident, sealed FROM bulk_row WHERE change_id = ? ORDER BY place", (change_id,)
        ).fetchall()
        return tuple(
            Change.open(self._open(_bulk_place(change_id, place, resident), sealed)) for place, resident, sealed in rows
        )

    def told(self, follower: str) -> Told | None:
        """Give what a follower told last of how far it is."""
        row = self._connection.execute(
            "SELECT life, number, newest, entries, log_hash, ranges FROM follower WHERE name = ?", (follower,)
        ).fetchone()
        if row is None:
            return None
        return Told(
            life=row[0],
            number=row[1],
            newest=bytes(row[2]),
            entries=row[3],
            log_hash=bytes(row[4]),
            ranges=row[5],
        )

    def used_ranges(self) -> int:
        """Give the ranges of issuance numbers that any follower told of, one bit each."""
        found = self._connection.execute("SELECT ranges FROM follower")
        return functools.reduce(operator.or_, (row[0] for row in found), NO_RANGES)

    def version_at(self, resident: str, moment: int) -> int:
        """Give which version of a record was in force at a moment (Unix milliseconds), 0 where there was none."""
        (version,) = self._connection.execute(
            "SELECT coalesce(max(record.version), 0) FROM record JOIN change ON change.change_id = record.change_id"
            " WHERE record.resident = ? AND change.concluded_at <= ?",
            (resident, moment),
        ).fetchone()
        return int(version)

    def changed_between(self, resident: str, number: int, moment: int) -> int:
        """Count a resident's changes behind entry `number` of the feed that were in force at a moment."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM change WHERE state = 2 AND number > ?2 AND concluded_at <= ?3 AND (resident = ?1"
            " OR change_id IN (SELECT change_id FROM record WHERE resident = ?1)"
            " OR change_id IN (SELECT change_id FROM bulk_row WHERE resident = ?1))",
            (resident, number, moment),
        ).fetchone()
        return int(count)

    def pending_number(self, change: StoredChange) -> bytes | None:
        """Give the individual number's part that a waiting change was entered with."""
        row = self._connection.execute(
            "SELECT wrapped, sealed FROM pending_number WHERE change_id = ?", (change.change_id,)
        ).fetchone()
        if row is None:
            return None
        return self._vault.numbers.open(row[0], _pending_place(change.change_id, change.change.resident), row[1])

    def put_told(self, follower: str, told: Told) -> None:
        """Keep what a follower told."""
        self._connection.execute(
            "INSERT INTO follower (name, life, number, newest, entries, log_hash, ranges)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET life = excluded.life, number = excluded.number,"
            " newest = excluded.newest, entries = excluded.entries, log_hash = excluded.log_hash,"
            " ranges = excluded.ranges",
            (follower, told.life, told.number, told.newest, told.entries, told.log_hash, told.ranges),
        )

    def known(self, residents: Sequence[str]) -> set[str]:
        """Give those of some residents of whom the store holds anything, a waiting change among it."""
        marks = ", ".join("?" * len(residents))
        found = self._connection.execute(
            f"SELECT resident FROM data_key WHERE resident IN ({marks})",  # noqa: S608 - question marks
            residents,
        )
        return {str(row[0]) for row in found.fetchall()}

    def add_rows(self, rows: Mapping[str, Sequence[Parameters]]) -> None:
        """Insert rows that were sealed elsewhere for this store, by statement, of residents that are not known."""
        for statement, parameters in rows.items():
            self._connection.executemany(statement, parameters)

    def seal_entries(self, drafts: Sequence[EntryDraft]) -> tuple[SealedEntry, ...]:
        """Seal entries of the feed, whose records stand already; nothing is written but a first data key."""
        return tuple(self._sealed_entry(draft) for draft in drafts)

    def add_block(self, signed: SignedHead, entries: Sequence[SealedEntry]) -> None:
        """Add the next block of the feed."""
        head = signed.head
        self._connection.execute(
            "INSERT INTO feed_block (last, first, hash, head) VALUES (?, ?, ?, ?)",
            (head.last, head.first, head.newest, signed.data),
        )
        self._connection.executemany(
            "INSERT INTO feed (number, resident, record, sealed, digest) VALUES (?, ?, ?, ?, ?)",
            [
                (number, one.resident, one.record, one.sealed, one.digest)
                for number, one in enumerate(entries, start=head.first)
            ],
        )

    def seal(self, resident: str) -> StoredSeal | None:
        """Give the newest version of a resident's seal registration, in force or cancelled."""
        row = self._connection.execute(
            "SELECT version, number, change_id, sealed FROM seal_registration"
            " WHERE resident = ? ORDER BY version DESC LIMIT 1",
            (resident,),
        ).fetchone()
        if row is None:
            return None
        version, number, change_id, sealed = row
        data = self._open(Place(table="seal_registration", resident=resident, version=version), sealed)
        return StoredSeal(resident=resident, version=version, number=number, data=data, change_id=change_id)

    def seal_number_given(self, number: str) -> bool:
        """Say whether anybody's registration has or had this number."""
        row = self._connection.execute("SELECT 1 FROM seal_registration WHERE number = ? LIMIT 1", (number,)).fetchone()
        return row is not None

    def add_seal(self, seal: StoredSeal) -> None:
        """Add a version of a seal registration; versions that were written before stay."""
        sealed = self._seal(Place(table="seal_registration", resident=seal.resident, version=seal.version), seal.data)
        self._connection.execute(
            "INSERT INTO seal_registration VALUES (?, ?, ?, ?, ?)",
            (seal.resident, seal.version, seal.number, seal.change_id, sealed),
        )

    def add_record(self, record: StoredRecord) -> None:
        """Add a version of a record; versions that were written before stay."""
        sealed = self._seal(Place(table="record", resident=record.resident, version=record.version), record.data)
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?)",
            (record.resident, record.version, record.household, record.change_id, sealed),
        )

    def add_entry_items(self, entry: StoredEntry) -> None:
        """Add a version of what is kept beyond the record; versions that were written before stay."""
        place = Place(table="entry", resident=entry.resident, version=entry.version)
        self._connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?)",
            (entry.resident, entry.version, entry.change_id, self._seal(place, to_bytes(entry.entry))),
        )

    def add_number_part(self, part: IndividualNumberPart) -> None:
        """Keep an individual number, apart from the record."""
        commitment = part.commitment()
        wrapped, key = self._vault.numbers.fresh(part.resident)
        place = _row_place("individual_number", commitment, part.resident, 0)
        sealed = key.seal(place, part.to_bytes())
        self._connection.execute(
            "INSERT INTO individual_number VALUES (?, ?, ?, ?)", (part.resident, commitment, wrapped, sealed)
        )

    def put_link(self, link: StoredLink) -> None:
        """Keep a card's link."""
        card = self._card(link.card)
        content = _LinkContent(
            card=link.card,
            counts_from=link.counts_from,
            ended=link.ended,
            carrier=link.carrier,
            valid_until=link.valid_until,
            withheld=link.withheld,
        )
        place = _row_place("card_link", card, link.resident, link.version)
        self._connection.execute(
            "INSERT INTO card_link VALUES (?, ?, ?, ?) ON CONFLICT (card) DO UPDATE"
            " SET resident = excluded.resident, version = excluded.version, sealed = excluded.sealed",
            (card, link.resident, link.version, self._seal(place, to_bytes(content))),
        )

    def put_restriction(self, restriction: StoredRestriction) -> None:
        """Keep a protective measure or a hold."""
        which = self._restriction(restriction.resident, restriction.kind, restriction.name)
        whose = self._vault.keyed_hash.resident(self._vault.municipality, restriction.resident)
        content = _RestrictionContent(
            kind=restriction.kind,
            name=restriction.name,
            in_force=restriction.in_force,
            planned_end=restriction.planned_end,
            begun=restriction.begun,
            ended=restriction.ended,
            category=restriction.category,
            protection=restriction.protection,
            remark=restriction.remark,
        )
        place = _row_place("restriction", which, restriction.resident, restriction.version)
        self._connection.execute(
            "INSERT INTO restriction VALUES (?, ?, ?, ?) ON CONFLICT (restriction) DO UPDATE"
            " SET version = excluded.version, sealed = excluded.sealed",
            (which, whose, restriction.version, self._seal(place, to_bytes(content))),
        )

    def put_change(self, change: StoredChange) -> None:
        """Keep a change; the pending number of one that waits no more is gone."""
        resident = change.change.resident
        place = Place(table=_change_table(change.change_id), resident=resident, version=0)
        self._connection.execute(
            f"INSERT INTO change ({_CHANGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (change_id)"  # noqa: S608 - see above
            " DO UPDATE SET state = excluded.state, concluded_by = excluded.concluded_by,"
            " concluded_at = excluded.concluded_at, number = excluded.number",
            (
                change.change_id,
                resident,
                int(change.state),
                change.entered_by,
                change.entered_at,
                change.concluded_by,
                change.concluded_at,
                change.number,
                self._seal(place, change.change.to_bytes()),
            ),
        )
        if change.state is not ChangeState.ENTERED:
            self._connection.execute("DELETE FROM pending_number WHERE change_id = ?", (change.change_id,))

    def add_bulk_rows(self, change_id: str, rows: Sequence[Change]) -> None:
        """Keep the rows of a bulk list."""
        for place, row in enumerate(rows, start=1):
            sealed = self._seal(_bulk_place(change_id, place, row.resident), row.to_bytes())
            self._connection.execute(
                "INSERT INTO bulk_row (change_id, place, resident, sealed) VALUES (?, ?, ?, ?)",
                (change_id, place, row.resident, sealed),
            )

    def put_pending_number(self, change_id: str, part: IndividualNumberPart) -> None:
        """Keep the individual number of a waiting change, apart from it."""
        wrapped = self._vault.numbers.new_data_key(part.resident)
        sealed = self._vault.numbers.seal(wrapped, _pending_place(change_id, part.resident), part.to_bytes())
        self._connection.execute("INSERT INTO pending_number VALUES (?, ?, ?)", (change_id, wrapped, sealed))

    def audit(self, entry: AuditEntry) -> int:
        """Add an audit entry and give its position."""
        return append(self._connection, entry)

    def add_access(self, position: int, resident: str, reason: str) -> None:
        """Keep whose record was looked up and why, for the audit entry at `position`."""
        entry = entry_at(self._connection, position)
        if entry is None:
            raise ValueError("an access without its audit entry")
        month = access_month(entry.moment)
        sealed = self._seal(Place(table="access", resident=month, version=position), encode([resident, reason]))
        self._connection.execute("INSERT INTO access VALUES (?, ?, ?)", (position, month, sealed))

    def feed_digests(self, residents: Sequence[str]) -> tuple[tuple[int, bytes], ...]:
        """Give number and digest of each entry of the feed that is one of these residents' and has no word yet.

        No entry is opened; the feed is read once.
        """
        marks = ", ".join("?" * len(residents))
        rows = self._connection.execute(
            f"SELECT number, digest FROM feed WHERE resident IN ({marks})"  # noqa: S608 - question marks
            " AND NOT EXISTS (SELECT 1 FROM feed_disposed WHERE feed_disposed.number = feed.number) ORDER BY number",
            tuple(residents),
        ).fetchall()
        return tuple((row[0], bytes(row[1])) for row in rows)

    def _block(self, first: int, last: int, newest: bytes, head: bytes) -> bytes:
        """Put a block together again, the records that it brought from where they stand."""
        rows = self._connection.execute(
            f"SELECT {_ENTRY_COLUMNS} FROM {_ENTRIES} WHERE feed.number BETWEEN ? AND ? ORDER BY feed.number",  # noqa: S608 - constants of this module
            (first, last),
        ).fetchall()
        coded = [self._feed_entry(*row) for row in rows]
        before = from_bytes(BlockHead, unchecked_payload(head)).before
        if chain_hash(before, entry_digests(coded)) != newest:
            raise Refused(Code.SEAL_BROKEN, f"the feed's block that ends at {last} is not what was signed")
        return block_bytes(head, coded)

    def _feed_entry(
        self, number: int, resident: str, record: int | None, sealed: bytes | None, disposed: bytes | None
    ) -> bytes:
        if disposed is not None:
            return bytes(disposed)
        if sealed is None:
            raise Refused(Code.SEAL_BROKEN, f"feed: entry {number} has lost its record")
        if record is None:
            return self._open(_feed_place(resident), sealed)
        body = self._open(Place(table="record", resident=resident, version=record), sealed)
        return to_bytes(EntryDraft(kind=FeedKind.RECORD, resident=resident, version=record, body=body))

    def _sealed_entry(self, draft: EntryDraft) -> SealedEntry:
        coded = to_bytes(draft)
        brings_record = draft.kind is FeedKind.RECORD
        return SealedEntry(
            resident=draft.resident,
            record=draft.version if brings_record else None,
            sealed=None if brings_record else self._seal(_feed_place(draft.resident), coded),
            digest=entry_digests((coded,))[0],
        )

    def _record(self, resident: str, row: tuple[int, str, str, bytes]) -> StoredRecord:
        version, household, change_id, sealed = row
        data = self._open(Place(table="record", resident=resident, version=version), sealed)
        return StoredRecord(resident=resident, version=version, household=household, data=data, change_id=change_id)

    def _entry(self, resident: str, row: tuple[int, str, bytes]) -> StoredEntry:
        version, change_id, sealed = row
        data = self._open(Place(table="entry", resident=resident, version=version), sealed)
        entry = from_bytes(RegisterEntry, data, MOST_ENTRY_ITEMS_BYTES)
        return StoredEntry(resident=resident, version=version, entry=entry, change_id=change_id)

    def _link(self, card: bytes, resident: str, version: int, sealed: bytes) -> StoredLink:
        place = _row_place("card_link", card, resident, version)
        content = from_bytes(_LinkContent, self._open(place, sealed))
        return StoredLink(
            card=content.card,
            resident=resident,
            version=version,
            counts_from=content.counts_from,
            ended=content.ended,
            carrier=content.carrier,
            valid_until=content.valid_until,
            withheld=content.withheld,
        )

    def _restrict(self, resident: str, which: bytes, version: int, sealed: bytes) -> StoredRestriction:
        place = _row_place("restriction", which, resident, version)
        content = from_bytes(_RestrictionContent, self._open(place, sealed))
        return StoredRestriction(
            resident=resident,
            kind=content.kind,
            name=content.name,
            version=version,
            in_force=content.in_force,
            planned_end=content.planned_end,
            begun=content.begun,
            ended=content.ended,
            category=content.category,
            protection=content.protection,
            remark=content.remark,
        )

    def _change(self, row: tuple[str, str, int, str, int, str, int, int, bytes]) -> StoredChange:
        change_id, resident, state, entered_by, entered_at, concluded_by, concluded_at, number, sealed = row
        place = Place(table=_change_table(change_id), resident=resident, version=0)
        return StoredChange(
            change_id=change_id,
            change=Change.open(self._open(place, sealed)),
            state=ChangeState(state),
            entered_by=entered_by,
            entered_at=entered_at,
            concluded_by=concluded_by,
            concluded_at=concluded_at,
            number=number,
        )

    def _card(self, card: CardSerial) -> bytes:
        if self._hashed is None or self._hashed[0] != card:
            self._hashed = (card, self._vault.keyed_hash.card(card.issuer_key_id, card.serial))
        return self._hashed[1]

    def _restriction(self, resident: str, kind: FeedKind, name: str) -> bytes:
        return self._vault.keyed_hash.restriction(self._vault.municipality, resident, int(kind), name)

    def _seal(self, place: Place, content: bytes) -> bytes:
        """Seal under the resident's data key, a new one where there is none yet."""
        return (self._data_key(place.resident) or self._new_data_key(place.resident)).seal(place, content)

    def _open(self, place: Place, sealed: bytes) -> bytes:
        key = self._data_key(place.resident)
        if key is None:
            raise Refused(Code.SEAL_BROKEN, f"{place.table}: no data key")
        return key.open(place, sealed)

    def _data_key(self, resident: str) -> DataKey | None:
        key = self._keys.get(resident)
        if key is None:
            row = self._connection.execute("SELECT wrapped FROM data_key WHERE resident = ?", (resident,)).fetchone()
            if row is None:
                return None
            key = self._remember(resident, self._vault.personal.unwrap(bytes(row[0]), resident))
        return key

    def _new_data_key(self, resident: str) -> DataKey:
        wrapped, key = self._vault.personal.fresh(resident)
        self._connection.execute("INSERT INTO data_key VALUES (?, ?)", (resident, wrapped))
        return self._remember(resident, key)

    def _remember(self, resident: str, key: DataKey) -> DataKey:
        if len(self._keys) == MOST_KEYS:
            self._keys.clear()
        self._keys[resident] = key
        return key


def access_month(moment: int) -> str:
    """Give the name of the key that seals the accesses of a moment's month in Japan; no resident has such an id."""
    day = today(moment)
    return f"/access/{day // 10000:04d}-{day // 100 % 100:02d}"


def _feed_place(resident: str) -> Place:
    """Where an entry stands among the entries is in the block's hash, and not known yet when it is sealed."""
    return Place(table="feed", resident=resident, version=0)


def _row_place(table: str, row: bytes, resident: str, version: int) -> Place:
    return Place(table=f"{table} {row.hex()}", resident=resident, version=version)


def _bulk_place(change_id: str, place: int, resident: str) -> Place:
    return Place(table=f"bulk_row {change_id}", resident=resident, version=place)


def _pending_place(change_id: str, resident: str) -> Place:
    return Place(table=f"pending_number {change_id}", resident=resident, version=0)


def _change_table(change_id: str) -> str:
    return f"change {change_id}"
