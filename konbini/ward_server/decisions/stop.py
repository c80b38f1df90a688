"""The stop: one row while a process issues nothing. What reserves, completes, certifies and seals reads it.

One person stops, two release (`Release`); the process stops itself on a mismatch that it can check. The first stop
stands until it is released.

Table: `stop`, in `decisions/stop.sql`.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.registry import require_person

__all__ = ["Stop", "check_running", "keep_stop", "lift_stop", "stop_code"]


class Stop:
    """The stop in a process's rows.

    Args:
        rows: the process's.
        event: under which a stop is recorded.
    """

    def __init__(self, rows: Rows, event: AuditEvent) -> None:
        self._rows = rows
        self._event = event

    async def check_running(self) -> None:
        """Refuse while the process is stopped.

        Raises:
            Refused: `WARD_STOPPED`.
        """
        await self._rows.read(check_running)

    async def code(self) -> Code | None:
        """Give why the process is stopped, None where it runs."""
        return await self._rows.read(stop_code)

    async def set(self, entry: AuditEntry, reason: str, *before: AuditEntry) -> None:
        """Stop; a second stop leaves the first as it is.

        Args:
            entry: what was found, with its code; recorded under the stop's event.
            reason: in a few words.
            before: entries that are recorded first, in the same transaction.
        """

        def change(connection: Connection) -> None:
            keep_stop(connection, entry.moment, Code(entry.code), reason)
            for one in (*before, replace(entry, event=self._event)):
                append(connection, one)

        await self._rows.write(change, step="stop")

    async def by_operator(self, operator: str, reason: str, clock: Clock) -> None:
        """Stop at an operator's word.

        Raises:
            Refused: `CHANGE_INVALID`: nobody, or no reason.
        """
        require_person(operator)
        if not reason.strip():
            raise Refused(Code.CHANGE_INVALID, "a stop says why")
        entry = AuditEntry(moment=clock.now(), event=self._event, operators=(operator,), code=Code.WARD_STOPPED)
        await self.set(entry, reason)


def check_running(connection: Connection) -> None:
    """Refuse while the process is stopped, within a transaction.

    Raises:
        Refused: `WARD_STOPPED`.
    """
    if stop_code(connection) is not None:
        raise Refused(Code.WARD_STOPPED, "issuing is stopped")


def stop_code(connection: Connection) -> Code | None:
    """Give why the process is stopped, within a transaction."""
    row = connection.execute("SELECT code FROM stop").fetchone()
    return None if row is None else Code(row[0])


def keep_stop(connection: Connection, moment: int, code: Code, reason: str) -> None:
    """Stop within the caller's transaction; a stop that stands stays as it is."""
    connection.execute(
        "INSERT INTO stop (only_one, since, code, reason) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
        (moment, code, reason),
    )


def lift_stop(connection: Connection) -> Code:
    """Release within the caller's transaction, and give what had stopped the process.

    Raises:
        Refused: `CHANGE_INVALID`: it is not stopped.
    """
    code = stop_code(connection)
    if code is None:
        raise Refused(Code.CHANGE_INVALID, "not stopped")
    connection.execute("DELETE FROM stop")
    return code
