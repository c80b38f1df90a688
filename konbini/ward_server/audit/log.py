"""The audit log of one process of the ward: decisions, as entries of a Merkle tree in rows.

The rows are those of `konbini.process.tree_rows`.

An entry names no resident: it refers to orders, changes, kiosks. What an aged one says is destroyed with its salt, and
its commitment stays in the tree (`konbini.ward_server.keeping.aged_log`), so that places, published checkpoints and
proofs hold as before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.process.tree_rows import append_entry, commitments, entry_bytes, tree_of, verify_tree
from konbini.protocol.codec import encode
from konbini.protocol.shape import Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.events import AuditEvent

__all__ = ["About", "AuditEntry", "append", "entries_of", "entry_at", "first_commitment", "newest", "verify"]


_EVENT_STANDS: Final = 11
"""Behind the array's head (1 byte) and the moment (1 and 8), counted from 1 as SQL does."""
About = Annotated[str, UpTo(160)]
"""What an entry or a case is about: a name of ours (64 characters at most) and a few words beside it."""


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
    about: About = ""
    code: Annotated[int, UpTo(9999)] = 0
    digest: Annotated[bytes, UpTo(32)] = b""


def append(connection: Connection, entry: AuditEntry) -> int:
    """Add an entry within the caller's transaction.

    Returns:
        Its position in the log.
    """
    return append_entry(connection, to_bytes(entry))


def newest(connection: Connection) -> tuple[int, bytes]:
    """Give how many entries there are, and the root over them."""
    tree = tree_of(connection)
    return tree.size, tree.root


def first_commitment(connection: Connection) -> bytes | None:
    """Give what the log's first entry is committed to with, by which a store is known for ever."""
    return next(iter(commitments(connection, 0, 0)), None)


def entry_at(connection: Connection, position: int) -> AuditEntry | None:
    """Read the entry at a position; None where there is none, or what it said is destroyed."""
    data = entry_bytes(connection, position)
    return None if data is None else from_bytes(AuditEntry, data)


def entries_of(
    connection: Connection, events: Collection[AuditEvent], first: int, last: int
) -> list[tuple[int, AuditEntry]]:
    """Read the entries of some events from one position to another: for whoever looks for few among many.

    They are found by the bytes of the event, which stand at one place of each entry that is younger than February 1970,
    so that the engine looks through a log and this process, which serves meanwhile, reads what is found.
    """
    spelled = [encode(int(event)) for event in sorted(events)]
    lengths = sorted({len(one) for one in spelled})
    found = " OR ".join(
        f"substr(entry, {_EVENT_STANDS}, {length}) IN ({', '.join('?' for one in spelled if len(one) == length)})"
        for length in lengths
    )
    rows = connection.execute(
        f"SELECT position, entry FROM audit_entry WHERE position BETWEEN ? AND ? AND ({found}) ORDER BY position",  # noqa: S608 - numbers and marks alone
        (first, last, *(one for length in lengths for one in spelled if len(one) == length)),
    )
    return [(position, from_bytes(AuditEntry, bytes(entry))) for position, entry in rows]


def verify(connection: Connection) -> int:
    """Walk the whole log and recompute its hashes.

    Returns:
        How many entries it has.

    Raises:
        Refused: `EVIDENCE_MISMATCH`, naming the first position that does not hold.
    """
    return verify_tree(connection)[0]
