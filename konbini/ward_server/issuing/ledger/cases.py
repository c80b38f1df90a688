"""Cases: what a person must look at. One for each message that contradicts what the ward knows."""

from __future__ import annotations

from konbini.process.statements import Connection
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["open_case"]


def open_case(connection: Connection, entry: AuditEntry, kiosk: str) -> int:
    """Open a case for the message that an entry is about; the same message again opens no second one.

    Returns:
        The entry's place in the audit log.
    """
    message = (entry.event.name, entry.visit, entry.ordinal, entry.digest)
    known = connection.execute(
        "SELECT log_index FROM open_case WHERE kind = ? AND visit = ? AND ordinal = ? AND digest = ?", message
    ).fetchone()
    if known is not None:
        return int(known[0])
    index = append(connection, entry)
    connection.execute(
        "INSERT INTO open_case (kind, visit, ordinal, digest, since, kiosk, log_index) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*message, entry.moment, kiosk, index),
    )
    return index
