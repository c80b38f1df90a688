"""What the clerk certified and sealed, its stop, and its part of the audit log: each decision one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from konbini.process.rows import Rows
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["ClerkStore", "StoredSeal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeal:
    """A seal that was given: the hash of the PDF that was read, and what follows it."""

    pdf_hash: bytes
    suffix: bytes


class ClerkStore:
    """The clerk's decisions in its rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def record(self, entry: AuditEntry) -> None:
        """Write one audit entry."""
        await self._rows.write(lambda connection: append(connection, entry), step="audit")

    async def check_running(self) -> None:
        """Refuse while the clerk is stopped.

        Raises:
            Refused: `WARD_STOPPED`.
        """
        if await self._rows.read(lambda connection: connection.execute("SELECT 1 FROM stop").fetchone()):
            raise Refused(Code.WARD_STOPPED, "the clerk is stopped")

    async def stop(self, entry: AuditEntry) -> None:
        """Stop, with the code of the mismatch that was found; a second stop leaves the first as it is."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO stop (only, since, code) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
                (entry.moment, entry.code),
            )
            append(connection, entry)
            append(connection, replace(entry, event=AuditEvent.CLERK_STOPPED))

        await self._rows.write(change, step="stop")

    async def certify(self, order_key: bytes, entry: AuditEntry) -> None:
        """Record that an order is certified under a number; again with the same number changes nothing.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: the order has another number, the number another order, or the visit's
                ordinal another order.
        """

        def change(connection: sqlite3.Connection) -> None:
            known = connection.execute(
                "SELECT order_key, number FROM certified"
                " WHERE order_key = ? OR number = ? OR (visit = ? AND ordinal = ?)",
                (order_key, entry.number, entry.visit, entry.ordinal),
            ).fetchall()
            if any((key, number) != (order_key, entry.number) for key, number in known):
                raise Refused(Code.EVIDENCE_MISMATCH, "an order or a number that was certified otherwise")
            if not known:
                connection.execute(
                    "INSERT INTO certified (order_key, visit, ordinal, number) VALUES (?, ?, ?, ?)",
                    (order_key, entry.visit, entry.ordinal, entry.number),
                )
            append(connection, entry)

        await self._rows.write(change, step="certify")

    async def sealed(self, order_key: bytes) -> StoredSeal | None:
        """Give the seal of an order, if it has one."""
        row = await self._rows.read(
            lambda connection: connection.execute(
                "SELECT pdf_hash, suffix FROM certified WHERE order_key = ? AND suffix IS NOT NULL", (order_key,)
            ).fetchone()
        )
        return None if row is None else StoredSeal(pdf_hash=row[0], suffix=row[1])

    async def seal(self, order_key: bytes, seal: StoredSeal, entry: AuditEntry) -> StoredSeal:
        """Keep a seal before it is given; the first one of an order stands.

        Returns:
            The seal that stands.
        """

        def change(connection: sqlite3.Connection) -> StoredSeal:
            connection.execute(
                "UPDATE certified SET pdf_hash = ?, suffix = ? WHERE order_key = ? AND suffix IS NULL",
                (seal.pdf_hash, seal.suffix, order_key),
            )
            append(connection, entry)
            row = connection.execute(
                "SELECT pdf_hash, suffix FROM certified WHERE order_key = ?", (order_key,)
            ).fetchone()
            return StoredSeal(pdf_hash=row[0], suffix=row[1])

        return await self._rows.write(change, step="seal")
