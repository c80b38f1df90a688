"""Checkpoints (C2SP tlog-checkpoint) and what a witness is asked with (C2SP tlog-witness, add-checkpoint).

    konbini/131997/issuing          origin: the log
    20852163                        how many leaves
    CsUYapGG...                     base64 of the root (RFC 6962)

    — konbini/131997/issuing ...    the log's own signature; co-signatures of witnesses beside it

A request is "old <size>", the hashes of the proof that the tree of that size begins this one, a blank line and the
checkpoint. Ours have no extension lines; those of others are kept as they are and mean nothing here.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import EMPTY_ROOT
from konbini.protocol.tlog.notes import Note, decoded, from_base64

__all__ = ["STAMPED", "STAMP_SUFFIX", "Checkpoint", "CheckpointRequest", "log_origin", "witness_name"]

STAMPED: Final = "stamped"
"""The folder of a published log's time-stamped checkpoints."""
STAMP_SUFFIX: Final = ".tst"
"""Behind the name of such a checkpoint: the file of the time-stamp over it (RFC 3161, DER)."""

_MOST_PROOF_LINES: Final = 63
_HASH_BYTES: Final = 32
_MOST_SIZE: Final = 2**53
_LINES: Final = 3


def log_origin(holder: str, log: str = "") -> str:
    """Name a log: "konbini/131997/issuing" for one of a ward's, "konbini/center" for the center's."""
    return f"konbini/{holder}/{log}" if log else f"konbini/{holder}"


def witness_name(holder: str) -> str:
    """Name a holder as a witness of others' logs."""
    return f"konbini/{holder}/witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log at one size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of its note."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode("ascii"), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def of(cls, note: Note) -> Checkpoint:
        """Read a note's text.

        Raises:
            Refused: `MALFORMED`.
        """
        lines = note.text.split("\n")[:-1]
        if len(lines) < _LINES or not all(lines):
            raise Refused(Code.MALFORMED, "not a checkpoint")
        origin, size, root, *extensions = lines
        found = cls(origin=origin, size=_number_of(size), root=_hash_of(root), extensions=tuple(extensions))
        if not found.size and found.root != EMPTY_ROOT:
            raise Refused(Code.MALFORMED, "an empty tree has one root")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRequest:
    """A checkpoint, and the proof that it goes on from the one of `old_size`."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note

    def to_bytes(self) -> bytes:
        """Encode."""
        lines = (f"old {self.old_size}", *(base64.b64encode(one).decode("ascii") for one in self.proof))
        return "".join(f"{line}\n" for line in (*lines, "")).encode() + self.note.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> CheckpointRequest:
        """Read one.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`.
        """
        head, _, note = decoded(data).partition("\n\n")
        old, *proof = head.split("\n")
        if not old.startswith("old ") or len(proof) > _MOST_PROOF_LINES:
            raise Refused(Code.MALFORMED, "not a witness's request")
        return cls(
            old_size=_number_of(old.removeprefix("old ")), proof=tuple(map(_hash_of, proof)), note=Note.parse(note)
        )


def _number_of(text: str) -> int:
    """Read a decimal number as it is written again.

    Raises:
        Refused: `MALFORMED`.
    """
    # The length first: Python reads no number of thousands of digits.
    is_number = len(text) <= len(str(_MOST_SIZE)) and text.isascii() and text.isdigit()
    if not is_number or str(int(text)) != text or int(text) > _MOST_SIZE:
        raise Refused(Code.MALFORMED, "a number of leaves")
    return int(text)


def _hash_of(text: str) -> bytes:
    """Read a hash in base64.

    Raises:
        Refused: `MALFORMED`.
    """
    found = from_base64(text)
    if len(found) != _HASH_BYTES:
        raise Refused(Code.MALFORMED, "a hash")
    return found
