"""What a process that seals nothing does about its own log: one that is not the one that was signed is recorded.

The registry and the console issue nothing that they could stop; the registry's followers notice by themselves that it
was restored (`FOLLOWER_AHEAD`). What is found here is found by the log's own last checkpoint, or by one that a witness
shows.
"""

from __future__ import annotations

from konbini.process.log_keeping import LogOwner
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["recording_log_owner"]


def recording_log_owner(contradicted: AuditEvent) -> LogOwner:
    """Give it; each checkpoint that does not hold is recorded under that event, once in a process's life."""
    told: set[bytes] = set()

    def rewritten(connection: Connection, seen: Checkpoint, now: int) -> None:
        if seen.root in told:
            return
        told.add(seen.root)
        append(
            connection,
            AuditEntry(
                moment=now,
                event=contradicted,
                about=f"signed, log {seen.size}",
                code=Code.LOG_REWRITTEN,
                digest=seen.root,
            ),
        )

    return LogOwner(may_sign=lambda _connection: True, rewritten=rewritten)
