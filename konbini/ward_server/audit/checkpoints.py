"""What a ward publishes of its logs beside their checkpoints: where each stands, and which ended, in one signed list.

The logs' own checkpoints are signed notes that others co-sign (`konbini.protocol.tlog`). This list says what these
cannot: that a log does not go on. Whoever publishes holds each log against it, and so do the processes at their start.

A log that was restored from a backup does not go on. Where two persons said so, at the process and to whoever publishes
(`konbini.ward_server.publishing.restorations`), the log that there is now is published, and the one that ended is named
for ever: its last published checkpoint, and how far each status list went then.

    payload = [3, key id, municipality, moment, [[process, entries, root], ...],
               [[process, entries, root, moment, [[incarnation, count], ...]], ...]]  kind 223, from the municipality
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.process.tree_rows import root_at, verify_tree
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, from_bytes, to_bytes

__all__ = ["Checkpoint", "Checkpoints", "EndedList", "EndedLog", "checkpoint", "follows"]

_FORMAT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One process's log: how many entries, and the root over them."""

    process: Line
    entries: Annotated[int, UpTo(2**53)]
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedList:
    """How far a status list went when a log ended: of these places a restored store may have forgotten something."""

    incarnation: Annotated[int, UpTo(9)]
    count: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedLog:
    """A log that does not go on: its last published checkpoint, and when that was published (Unix seconds)."""

    process: Line
    entries: Annotated[int, UpTo(2**53)]
    root: Digest
    moment: Moment
    lists: tuple[EndedList, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """The logs of a ward at one moment (Unix seconds), and those that ended before."""

    format: Annotated[int, UpTo(255)] = _FORMAT
    key_id: Annotated[bytes, Sized(8)]
    municipality: Line
    moment: Moment
    logs: tuple[Checkpoint, ...]
    ended: tuple[EndedLog, ...]

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the ward's status key."""
        return key.sign(to_bytes(self), _context(self.municipality))

    @staticmethod
    def key_id_of(signed: bytes) -> bytes:
        """Read which key is said to have signed; nothing vouches for it before `open`.

        Raises:
            Refused: `MALFORMED`.
        """
        return from_bytes(Checkpoints, unchecked_payload(signed)).key_id

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str) -> Checkpoints:
        """Check the signature.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`.
        """
        return from_bytes(cls, key.open(signed, _context(municipality)))


def checkpoint(connection: Connection, process: str) -> Checkpoint:
    """Walk a log and give its checkpoint.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: an entry does not hold.
    """
    entries, root = verify_tree(connection)
    return Checkpoint(process=process, entries=entries, root=root)


def follows(connection: Connection, before: Checkpoint) -> bool:
    """Say whether a log as it is now holds a checkpoint that was published."""
    return root_at(connection, before.entries) == before.root


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.LOG_CHECKPOINTS, sender=municipality, receiver=ANYONE)
