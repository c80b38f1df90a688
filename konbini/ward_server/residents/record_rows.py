"""The rows of residents: records and what is kept beyond them, a version each; individual numbers apart."""

from __future__ import annotations

from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.residents.entry import MOST_ENTRY_ITEMS_BYTES, RegisterEntry
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.sealed_rows import SealedRows, row_place
from konbini.ward_server.residents.store import (
    StoredEntry,
    StoredRecord,
)
from konbini.ward_server.storage.sealing import Place

__all__ = ["RecordRows"]

_NEWEST = (
    "NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.resident = record.resident"
    " AND newer.version > record.version)"
    " AND EXISTS (SELECT 1 FROM data_key WHERE data_key.resident = record.resident AND length(data_key.wrapped) > 0)"
)


class RecordRows(SealedRows):
    """Reads and adds versions; none that was written is changed."""

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

    def version_at(self, resident: str, moment: int) -> int:
        """Give which version of a record was in force at a moment (Unix milliseconds), 0 where there was none."""
        (version,) = self._connection.execute(
            "SELECT coalesce(max(record.version), 0) FROM record JOIN change ON change.change_id = record.change_id"
            " WHERE record.resident = ? AND change.concluded_at <= ?",
            (resident, moment),
        ).fetchone()
        return int(version)

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

    def entry_with(self, resident: str, change_id: str) -> StoredEntry | None:
        """Give the newest version of it that was approved before the feed went on from what a change wrote."""
        row = self._connection.execute(
            "SELECT entry.version, entry.change_id, entry.sealed FROM entry"
            " JOIN change ON change.change_id = entry.change_id WHERE entry.resident = ?"
            " AND change.number <= (SELECT number FROM change WHERE change_id = ?)"
            " ORDER BY entry.version DESC LIMIT 1",
            (resident, change_id),
        ).fetchone()
        return None if row is None else self._entry(resident, row)

    def number_part(self, resident: str, commitment: bytes) -> bytes | None:
        """Give the individual number's part that a record's commitment stands for."""
        row = self._connection.execute(
            "SELECT wrapped, sealed FROM individual_number WHERE resident = ? AND commitment = ?",
            (resident, commitment),
        ).fetchone()
        if row is None:
            return None
        return self._vault.numbers.open(row[0], row_place("individual_number", commitment, resident, 0), row[1])

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

    def add_number_part(self, part: IndividualNumberPart) -> bytes:
        """Keep an individual number, apart from the record, and give the commitment that the record carries."""
        commitment = part.commitment()
        wrapped, key = self._vault.numbers.fresh(part.resident)
        place = row_place("individual_number", commitment, part.resident, 0)
        sealed = key.seal(place, part.to_bytes())
        self._connection.execute(
            "INSERT INTO individual_number VALUES (?, ?, ?, ?)", (part.resident, commitment, wrapped, sealed)
        )
        return commitment

    def _record(self, resident: str, row: tuple[int, str, str, bytes]) -> StoredRecord:
        version, household, change_id, sealed = row
        data = self._open(Place(table="record", resident=resident, version=version), sealed)
        return StoredRecord(resident=resident, version=version, household=household, data=data, change_id=change_id)

    def _entry(self, resident: str, row: tuple[int, str, bytes]) -> StoredEntry:
        version, change_id, sealed = row
        data = self._open(Place(table="entry", resident=resident, version=version), sealed)
        entry = from_bytes(RegisterEntry, data, MOST_ENTRY_ITEMS_BYTES)
        return StoredEntry(resident=resident, version=version, entry=entry, change_id=change_id)
