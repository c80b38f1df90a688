"""The card issuers' revocation lists as they were fetched: signed by their issuers, the newest of each address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["ListLedger"]


class ListLedger:
    """The lists in the rows of `issuing`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self) -> Mapping[str, bytes]:
        """Give the list of each address."""
        rows = await self._rows.read(
            lambda connection: connection.execute("SELECT address, content FROM revocation_list").fetchall()
        )
        return {str(address): bytes(content) for address, content in rows}

    async def keep(self, address: str, content: bytes, now: int) -> None:
        """Keep a list in the place of the one before; `now` in Unix milliseconds."""
        entry = AuditEntry(moment=now, event=AuditEvent.REVOCATION_LIST_TAKEN, digest=hashlib.sha256(content).digest())

        def change(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO revocation_list (address, content) VALUES (?, ?)"
                " ON CONFLICT (address) DO UPDATE SET content = excluded.content",
                (address, content),
            )
            append(connection, entry)

        await self._rows.write(change, step="revocation list")
