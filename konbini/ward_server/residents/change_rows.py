"""The rows of changes: those that wait, those in force, lists of them, and the individual numbers that wait apart."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.record import IndividualNumberPart
from konbini.ward_server.residents.sealed_rows import SealedRows
from konbini.ward_server.residents.store import (
    ChangeState,
    StoredChange,
)
from konbini.ward_server.storage.sealing import Place

__all__ = ["ChangeRows"]

_CHANGE_COLUMNS = "change_id, resident, state, entered_by, entered_at, concluded_by, concluded_at, number, sealed"
_LEGIBLE = "EXISTS (SELECT 1 FROM data_key WHERE data_key.resident = change.resident AND length(data_key.wrapped) > 0)"
"""Whose time is over is passed over where many are read; asked for by name, `RECORD_DISPOSED` is the answer."""


class ChangeRows(SealedRows):
    """Reads and keeps changes."""

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

    def pending(self, behind: tuple[int, str], most: int) -> tuple[StoredChange, ...]:
        """Give changes that wait for a second person and were entered `behind` (when, id), oldest first."""
        rows = self._connection.execute(
            f"SELECT {_CHANGE_COLUMNS} FROM change WHERE state = 1 AND (entered_at, change_id) > (?, ?)"  # noqa: S608 - see above
            " ORDER BY entered_at, change_id LIMIT ?",
            (*behind, most),
        ).fetchall()
        return tuple(self._change(row) for row in rows)

    def waiting_of(self, operator: str) -> int:
        """Count the changes that an operator entered and that wait."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM change WHERE state = 1 AND entered_by = ?", (operator,)
        ).fetchone()
        return int(count)

    def changed_between(self, resident: str, number: int, moment: int) -> int:
        """Count a resident's changes behind entry `number` of the feed that were in force at a moment."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM change WHERE state = 2 AND number > ?2 AND concluded_at <= ?3 AND (resident = ?1"
            " OR change_id IN (SELECT change_id FROM record WHERE resident = ?1)"
            " OR change_id IN (SELECT change_id FROM bulk_row WHERE resident = ?1))",
            (resident, number, moment),
        ).fetchone()
        return int(count)

    def bulk_rows(self, change_id: str) -> tuple[Change, ...]:
        """Give the rows of a bulk list, in order."""
        rows = self._connection.execute(
            "SELECT place, resident, sealed FROM bulk_row WHERE change_id = ? ORDER BY place", (change_id,)
        ).fetchall()
        return tuple(
            Change.open(self._open(_bulk_place(change_id, place, resident), sealed)) for place, resident, sealed in rows
        )

    def pending_number(self, change: StoredChange) -> bytes | None:
        """Give the individual number's part that a waiting change was entered with."""
        row = self._connection.execute(
            "SELECT wrapped, sealed FROM pending_number WHERE change_id = ?", (change.change_id,)
        ).fetchone()
        if row is None:
            return None
        return self._vault.numbers.open(row[0], _pending_place(change.change_id, change.change.resident), row[1])

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


def _bulk_place(change_id: str, place: int, resident: str) -> Place:
    return Place(table=f"bulk_row {change_id}", resident=resident, version=place)


def _pending_place(change_id: str, resident: str) -> Place:
    return Place(table=f"pending_number {change_id}", resident=resident, version=0)


def _change_table(change_id: str) -> str:
    return f"change {change_id}"
