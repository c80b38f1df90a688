"""The registry was restored from a backup, two persons say: it goes on under a new incarnation.

Its feed goes on from the entry that the backup ends with; each entry from here on, and each heartbeat, names the new
incarnation. Every follower notices (`REGISTRY_RENEWED`) and issues nothing until two persons had its copy re-taken:
what the registry forgot is in no copy then, and has to be entered again from its source documents.

A store that `konbini ward restore` filled has another incarnation already, and its row of `restoration` waits for this
word. It takes one more all the same: a copy that was re-taken before two persons had spoken is re-taken again.
"""

from __future__ import annotations

from konbini.process.clock import to_seconds
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import Decision
from konbini.ward_server.decisions.desk import Agreed

__all__ = ["RegistryRestored"]


class RegistryRestored:
    """The effect of that decision. Tables: `registry`, `restoration`."""

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""

    def check(self, _connection: Connection, _decision: Decision) -> None:
        """Whoever restored a file may say so at any time."""

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Take a later incarnation than any before: the second at which it was said."""
        (before,) = connection.execute("SELECT incarnation FROM registry").fetchone()
        now = max(to_seconds(agreed.moment), before + 1)
        connection.execute("UPDATE registry SET incarnation = ?", (now,))
        connection.execute("UPDATE restoration SET said = 1 WHERE said = 0")
        append(connection, agreed.entry(AuditEvent.REGISTRY_RESTORED, f"{agreed.decision_id} {before} to {now}"))
