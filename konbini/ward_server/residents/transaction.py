"""One transaction of the registry's store on rows, whichever engine keeps them.

What each kind of row is stands by what it owns: `record_rows`, `beside_rows`, `number_rows`, `change_rows`,
`feed_entry_rows`, over `sealed_rows`. Here are followers' words, audit and accesses, and rows that were sealed
elsewhere.

Limits: a row put back whole from an older copy of the store opens. The feed's chain, which followers hold too, and the
audit log show it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence

from konbini.process.statements import Parameters
from konbini.protocol.codec import decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.log import AuditEntry, append, entry_at
from konbini.ward_server.residents.beside_rows import BesideRows
from konbini.ward_server.residents.change_rows import ChangeRows
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.feed_entry_rows import FeedEntryRows
from konbini.ward_server.residents.number_rows import NumberRows
from konbini.ward_server.residents.record_rows import RecordRows
from konbini.ward_server.residents.store import StoredAccess
from konbini.ward_server.residents.witness import NO_RANGES, Told
from konbini.ward_server.storage.sealing import Place

__all__ = ["RegistryTransaction", "access_month"]

_MOST_ACCESS_BYTES = 1 << 17
"""A list of a thousand changes, each of another resident."""


class RegistryTransaction(RecordRows, NumberRows, BesideRows, ChangeRows, FeedEntryRows):
    """`RegistryWriting` on a connection; on a reader's connection every write is a fault of the engine."""

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

    def audit(self, entry: AuditEntry) -> int:
        """Add an audit entry and give its position."""
        return append(self._connection, entry)

    def add_access(self, position: int, residents: Sequence[str], reason: str) -> None:
        """Keep of whom something was shown and why, for the audit entry at `position`."""
        entry = entry_at(self._connection, position)
        if entry is None:
            raise ValueError("an access without its audit entry")
        month = access_month(entry.moment)
        sealed = self._seal(Place(table="access", resident=month, version=position), encode([list(residents), reason]))
        self._connection.execute("INSERT INTO access VALUES (?, ?, ?)", (position, month, sealed))

    def accesses(self, resident: str, most: int) -> tuple[StoredAccess, ...]:
        """Give who looked a resident up, newest first; every access that is kept is opened for it.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: an access whose entry of the log is gone; `SEAL_BROKEN`.
        """
        found: list[StoredAccess] = []
        # Whose it is stands sealed, under the key of its month: a month that was disposed of has no rows.
        rows = self._connection.execute("SELECT position, month, sealed FROM access ORDER BY position DESC").fetchall()
        for position, month, sealed in rows:
            content = self._open(Place(table="access", resident=month, version=position), bytes(sealed))
            match decode(content, _MOST_ACCESS_BYTES):
                case [[*whose], str(reason)] if resident in whose:
                    entry = entry_at(self._connection, position)
                    if entry is None:
                        raise Refused(Code.EVIDENCE_MISMATCH, f"access {position} without its entry")
                    found.append(StoredAccess(entry=entry, reason=reason))
            if len(found) == most:
                break
        return tuple(found)


def access_month(moment: int) -> str:
    """Give the name of the key that seals the accesses of a moment's month in Japan; no resident has such an id."""
    day = today(moment)
    return f"/access/{day // 10000:04d}-{day // 100 % 100:02d}"
