"""One transaction of the registry's store in SQLite, everything personal sealed.

The sealed columns are opened with the data key of the resident whose row it is, for that very row and version: what was
moved to another row does not open (`SEAL_BROKEN`).

Limits: a row put back whole from an older copy of the file opens. The feed's chain, which followers hold too, and the
audit log show it.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, from_bytes, to_bytes
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.dates import Date
from konbini.ward_server.residents.feed import NOTHING_BEFORE, CardSerial, FeedKind, FeedPosition
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.store import (
    ChangeState,
    StoredChange,
    StoredLink,
    StoredRecord,
    StoredRestriction,
)
from konbini.ward_server.residents.witness import NO_RANGES, Told
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import Place, Sealer

__all__ = ["SqliteTransaction", "Vault"]

_MOST_ANSWER_BYTES = 768 * 1024
_CHANGE_COLUMNS = "change_id, resident, state, entered_by, entered_at, concluded_by, concluded_at, number, sealed"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _RestrictionContent:
    """The sealed part of a restriction."""

    kind: FeedKind
    name: Line
    in_force: bool
    planned_end: Date | None


class SqliteTransaction:
    """`RegistryWriting` on a connection; on a reader's connection every write is a sqlite3.Error."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def incarnation(self) -> int:
        """Give the incarnation."""
        return int(self._connection.execute("SELECT incarnation FROM registry").fetchone()[0])

    def position(self) -> FeedPosition:
        """Give the newest entry of the feed."""
        row = self._connection.execute("SELECT number, hash FROM feed ORDER BY number DESC LIMIT 1").fetchone()
        number, newest = row or (0, NOTHING_BEFORE)
        return FeedPosition(incarnation=self.incarnation(), number=number, newest=newest)

    def entry_hash(self, number: int) -> bytes | None:
        """Give the hash of an entry of the feed."""
        row = self._connection.execute("SELECT hash FROM feed WHERE number = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def feed_after(self, number: int, most: int) -> tuple[bytes, ...]:
        """Give signed entries that follow `number`, at most `most`, as many as fit an answer."""
        found = self._connection.execute(
            "SELECT number, resident, sealed FROM feed WHERE number > ? ORDER BY number LIMIT ?", (number, most)
        )
        entries: list[bytes] = []
        room = _MOST_ANSWER_BYTES
        for at, resident, sealed in found:
            signed = self._open(Place(table="feed", resident=resident, version=at), sealed)
            room -= len(signed)
            if room < 0:
                break
            entries.append(signed)
        return tuple(entries)

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

    def pending(self) -> tuple[StoredChange, ...]:
        """Give the changes that wait for a second person, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE state = 1 ORDER BY entered_at, change_id"  # noqa: S608 - see above
        )
        return tuple(self._change(row) for row in rows)

    def residents_after(self, resident: str, most: int) -> tuple[str, ...]:
        """Give the ids of residents of whom there is a record, in their order, after one."""
        found = self._connection.execute(
            "SELECT DISTINCT resident FROM record WHERE resident > ? ORDER BY resident LIMIT ?", (resident, most)
        )
        return tuple(row[0] for row in found)

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
            "SELECT count(*) FROM change WHERE resident = ? AND state = 2 AND number > ? AND concluded_at <= ?",
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

    def add_entry(self, number: int, digest: bytes, resident: str, signed: bytes) -> None:
        """Add the next entry of the feed."""
        sealed = self._seal(Place(table="feed", resident=resident, version=number), signed)
        self._connection.execute("INSERT INTO feed VALUES (?, ?, ?, ?)", (number, digest, resident, sealed))

    def add_record(self, record: StoredRecord) -> None:
        """Add a version of a record; versions that were written before stay."""
        sealed = self._seal(Place(table="record", resident=record.resident, version=record.version), record.data)
        self._connection.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?)",
            (record.resident, record.version, record.household, record.change_id, sealed),
        )

    def add_number_part(self, part: IndividualNumberPart) -> None:
        """Keep an individual number, apart from the record."""
        commitment = part.commitment()
        wrapped = self._vault.numbers.new_data_key(part.resident)
        place = _row_place("individual_number", commitment, part.resident, 0)
        sealed = self._vault.numbers.seal(wrapped, place, part.to_bytes())
        self._connection.execute(
            "INSERT INTO individual_number VALUES (?, ?, ?, ?)", (part.resident, commitment, wrapped, sealed)
        )

    def put_link(self, link: StoredLink) -> None:
        """Keep a card's link."""
        card = self._card(link.card)
        content = _LinkContent(card=link.card, counts_from=link.counts_from, ended=link.ended)
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
        sealed = self._seal(Place(table="access", resident=resident, version=position), encode([reason]))
        self._connection.execute("INSERT INTO access VALUES (?, ?, ?)", (position, resident, sealed))

    def _record(self, resident: str, row: tuple[int, str, str, bytes]) -> StoredRecord:
        version, household, change_id, sealed = row
        data = self._open(Place(table="record", resident=resident, version=version), sealed)
        return StoredRecord(resident=resident, version=version, household=household, data=data, change_id=change_id)

    def _link(self, card: bytes, resident: str, version: int, sealed: bytes) -> StoredLink:
        place = _row_place("card_link", card, resident, version)
        content = from_bytes(_LinkContent, self._open(place, sealed))
        return StoredLink(
            card=content.card,
            resident=resident,
            version=version,
            counts_from=content.counts_from,
            ended=content.ended,
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
        return self._vault.keyed_hash.card(card.issuer_key_id, card.serial)

    def _restriction(self, resident: str, kind: FeedKind, name: str) -> bytes:
        return self._vault.keyed_hash.restriction(self._vault.municipality, resident, int(kind), name)

    def _seal(self, place: Place, content: bytes) -> bytes:
        """Seal under the resident's data key, a new one where there is none yet."""
        wrapped = self._data_key(place.resident)
        if wrapped is None:
            wrapped = self._vault.personal.new_data_key(place.resident)
            self._connection.execute("INSERT INTO data_key VALUES (?, ?)", (place.resident, wrapped))
        return self._vault.personal.seal(wrapped, place, content)

    def _open(self, place: Place, sealed: bytes) -> bytes:
        wrapped = self._data_key(place.resident)
        if wrapped is None:
            raise Refused(Code.SEAL_BROKEN, f"{place.table}: no data key")
        return self._vault.personal.open(wrapped, place, sealed)

    def _data_key(self, resident: str) -> bytes | None:
        row = self._connection.execute("SELECT wrapped FROM data_key WHERE resident = ?", (resident,)).fetchone()
        return None if row is None else bytes(row[0])


def _row_place(table: str, row: bytes, resident: str, version: int) -> Place:
    return Place(table=f"{table} {row.hex()}", resident=resident, version=version)


def _pending_place(change_id: str, resident: str) -> Place:
    return Place(table=f"pending_number {change_id}", resident=resident, version=0)


def _change_table(change_id: str) -> str:
    return f"change {change_id}"
