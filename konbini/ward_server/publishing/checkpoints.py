"""Checkpoints of the audit logs: how many entries each process has and the hash of the last, signed for everybody.

As far as the logs go today: each is a chain of hashes (`konbini.ward_server.audit.log`), not yet a Merkle tree
co-signed by others. A published checkpoint already shows a log that was rewritten behind it: `check_follows` compares
the next with it.

    payload = [1, key id, municipality, moment, [[process, entries, hash], ...]]      kind 223, from the municipality
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.log import hash_at, newest, verify

__all__ = ["Checkpoint", "Checkpoints", "check_follows", "checkpoint"]

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One process's log: how many entries, and the hash of the last."""

    process: Line
    entries: Annotated[int, UpTo(2**53)]
    hash: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """The logs of a ward at one moment (Unix seconds)."""

    format: Annotated[int, UpTo(255)] = _FORMAT
    key_id: Annotated[bytes, Sized(8)]
    municipality: Line
    moment: Moment
    logs: tuple[Checkpoint, ...]

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the ward's status key."""
        return key.sign(to_bytes(self), _context(self.municipality))

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
        Refused: `EVIDENCE_MISMATCH`: an entry does not follow from the one before.
    """
    verify(connection)
    entries, last = newest(connection)
    return Checkpoint(process=process, entries=entries, hash=last)


def check_follows(connection: Connection, before: Checkpoint) -> None:
    """Find a published checkpoint in the log as it is now.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: the log is shorter, or another one.
    """
    if before.entries and hash_at(connection, before.entries - 1) != before.hash:
        raise Refused(Code.EVIDENCE_MISMATCH, f"the log of {before.process} does not go on from what was published")


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.LOG_CHECKPOINTS, sender=municipality, receiver=ANYONE)
