"""The audit log of one process of the ward: rows with an index, each carrying the hash of the one before.

A store keeps it in its own file of rows, so that state, audit entry and owed message are one transaction. Its migration
creates the table, word for word:

    CREATE TABLE audit_entry (
        position INTEGER PRIMARY KEY,
        entry BLOB NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        leaf BLOB CHECK (length(leaf) = 32),
        CHECK ((length(entry) > 0) = (leaf IS NULL))
    ) STRICT;
    CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
    WHEN length(NEW.entry) > 0 OR OLD.leaf IS NOT NULL OR NEW.hash <> OLD.hash OR NEW.position <> OLD.position
    BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;
    CREATE TRIGGER audit_entry_remains BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'an audit entry stays'); END;

Invariants: positions run 0, 1, 2 ... without gaps; `hash` is SHA-256(hash of the row before | leaf), over 32 zero bytes
at the start, where leaf is SHA-256(0x00 | entry bytes), as RFC 6962 hashes a leaf; no row is ever removed, and none is
changed but in one way: what an aged entry says is destroyed, and its leaf stands in its place
(`konbini.ward_server.keeping.aged_log`), so that the chain is checked as before. An entry names no resident: it refers
to orders, changes, kiosks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import leaf_hash
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent

__all__ = ["AuditEntry", "append", "empty", "entry_at", "hash_at", "newest", "verify"]

_NOTHING_BEFORE = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One decision, before or after it was carried out.

    Fields: moment in Unix milliseconds; the visit's id and the order's ordinal where there is one; the issuance number;
    the persons who acted, in order (one who enters, one who approves); what else it is about (a change's id, a kiosk's
    name); the refusal's code, 0 where nothing was refused; the SHA-256 of what was decided upon.
    """

    moment: Annotated[int, UpTo(2**53)]
    event: AuditEvent
    visit: Annotated[bytes, UpTo(32)] = b""
    ordinal: Annotated[int, UpTo(99)] = 0
    number: Line = ""
    operators: tuple[Line, ...] = ()
    about: Line = ""
    code: Annotated[int, UpTo(9999)] = 0
    digest: Annotated[bytes, UpTo(32)] = b""


def append(connection: Connection, entry: AuditEntry) -> int:
    """Add an entry within the caller's transaction.

    Returns:
        Its position in the log.
    """
    position, before = _end(connection)
    data = to_bytes(entry)
    digest = hashlib.sha256(before + leaf_hash(data)).digest()
    connection.execute("INSERT INTO audit_entry (position, entry, hash) VALUES (?, ?, ?)", (position, data, digest))
    return position


def newest(connection: Connection) -> tuple[int, bytes]:
    """Give how many entries there are and the hash of the last (32 zero bytes where there is none)."""
    return _end(connection)


def entry_at(connection: Connection, position: int) -> AuditEntry | None:
    """Read the entry at a position; None where there is none, or what it said is destroyed."""
    row = connection.execute(
        "SELECT entry FROM audit_entry WHERE position = ? AND leaf IS NULL", (position,)
    ).fetchone()
    return None if row is None else from_bytes(AuditEntry, row[0])


def hash_at(connection: Connection, position: int) -> bytes | None:
    """Read the hash of the entry at a position."""
    row = connection.execute("SELECT hash FROM audit_entry WHERE position = ?", (position,)).fetchone()
    return None if row is None else bytes(row[0])


def empty(connection: Connection, first: int, last: int) -> None:
    """Destroy what the entries from one position to another say; their leaves stand in their place."""
    rows = connection.execute(
        "SELECT position, entry FROM audit_entry WHERE position BETWEEN ? AND ? AND leaf IS NULL", (first, last)
    ).fetchall()
    connection.executemany(
        "UPDATE audit_entry SET entry = ?, leaf = ? WHERE position = ?",
        [(b"", leaf_hash(data), position) for position, data in rows],
    )


def verify(connection: Connection) -> int:
    """Walk the whole log and recompute its hashes.

    Returns:
        How many entries it has.

    Raises:
        Refused: `EVIDENCE_MISMATCH`, naming the first position that does not follow.
    """
    before, count = _NOTHING_BEFORE, 0
    rows = connection.execute("SELECT position, entry, hash, leaf FROM audit_entry ORDER BY position")
    for position, data, digest, leaf in rows:
        before = hashlib.sha256(before + (leaf_hash(data) if leaf is None else leaf)).digest()
        if position != count or digest != before:
            raise Refused(Code.EVIDENCE_MISMATCH, f"audit entry {count} does not follow")
        count += 1
    return count


def _end(connection: Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT position, hash FROM audit_entry ORDER BY position DESC LIMIT 1").fetchone()
    return (0, _NOTHING_BEFORE) if row is None else (row[0] + 1, row[1])
