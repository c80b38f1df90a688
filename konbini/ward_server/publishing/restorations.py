"""Logs that do not go on from what was published, because a store was restored from a backup.

Two persons stand for each, in a file; it names the published checkpoint that the log does not
hold any more, as `konbini publish` told it when it refused:

[[restoration]]
process = "issuing"
entries = 5124
root = "6b0f..."
reason = "the disk failed on 20 November; restored from the backup of 19 November"
entered_by = "aoki"
approved_by = "bando"

The file alone does not suffice: the log that there is now must say itself that two persons said so at the process
(`STORE_RESTORED`, `CLERK_STORE_RESTORED`). The names are vouched for by whoever may write the
file; a log that was rewritten behind what was published would have to be written by that person and two operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.config import ConfigRefused, Table, read_table
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes
from konbini.ward_server.audit.checkpoints import Checkpoint
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry

__all__ = ["Restorations", "read_restorations"]

_SAID: Final = {"clerk": AuditEvent.CLERK_STORE_RESTORED, "issuing": AuditEvent.STORE_RESTORED}
_TWO: Final = 2
_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorations:
    """Which published checkpoints two persons say to have been of a store that was restored since."""

    checkpoints: tuple[Checkpoint, ...] = ()

    def check(self, connection: Connection, before: Checkpoint, told: int) -> None:
        """Refuse a log that does not go on from a published checkpoint, unless it was restored and two persons say so.

        Args:
            connection: of the store.
            before: the checkpoint.
            told: when it was published (Unix seconds): what was said of an earlier restoration does not count.

        Raises:
            Refused: `EVIDENCE_MISMATCH`, naming the checkpoint.
        """
        named = f"the log of {before.process} does not go on from {before.entries} entries, {before.root.hex()}"
        if before not in self.checkpoints:
            raise Refused(Code.EVIDENCE_MISMATCH, named)
        if not _says_so(connection, _SAID[before.process], told * _MILLISECONDS):
            raise Refused(Code.EVIDENCE_MISMATCH, f"{named}, and does not say that it was restored")


def read_restorations(path: Path) -> Restorations:
    """Read the file; it may be empty.

    Raises:
        ConfigRefused: naming the place.
        Refused: `SAME_PERSON`: one person entered and approved.
        OSError: it cannot be read.
    """
    with read_table(path) as table:
        entries = table.parts("restoration") if table.has("restoration") else ()
        return Restorations(checkpoints=tuple(_checkpoint(one) for one in entries))


def _checkpoint(table: Table) -> Checkpoint:
    with table:
        process, by, approved = table.text("process"), table.text("entered_by"), table.text("approved_by")
        entries, digest = table.integer("entries", least=1), table.convert("root", bytes.fromhex)
        table.text("reason")
    if process not in _SAID:
        raise ConfigRefused(f"restoration of {process}: clerk or issuing")
    if by == approved:
        raise Refused(Code.SAME_PERSON, f"restoration of {process}")
    return Checkpoint(process=process, entries=entries, root=digest)


def _says_so(connection: Connection, said: AuditEvent, since: int) -> bool:
    rows = connection.execute("SELECT entry FROM audit_entry WHERE length(entry) > 0 ORDER BY position DESC")
    entries = (from_bytes(AuditEntry, bytes(entry)) for (entry,) in rows)
    return any(entry.event is said and entry.moment >= since and len(set(entry.operators)) == _TWO for entry in entries)
