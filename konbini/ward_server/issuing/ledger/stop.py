"""The stop: one row while issuing is stopped. The reserving and the completing transaction read it."""

from __future__ import annotations

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["Stop", "check_running"]


class Stop:
    """The stop in the rows of `issuing`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def check_running(self) -> None:
        """Refuse while the ward is stopped.

        Raises:
            Refused: `WARD_STOPPED`.
        """
        await self._rows.read(check_running)

    async def set(self, entry: AuditEntry, reason: str) -> None:
        """Stop all issuing; a second stop leaves the first as it is."""

        def change(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO stop (only_one, since, code, reason) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
                (entry.moment, entry.code, reason),
            )
            append(connection, entry)

        await self._rows.write(change, step="stop")


def check_running(connection: Connection) -> None:
    """Refuse while the ward is stopped, within a transaction.

    Raises:
        Refused: `WARD_STOPPED`.
    """
    if connection.execute("SELECT 1 FROM stop").fetchone():
        raise Refused(Code.WARD_STOPPED, "issuing is stopped")
