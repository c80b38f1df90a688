"""The list of disposals (廃棄簿): what was destroyed, when, by whom, under which rule; signed and chained.

An entry is a COSE_Sign1 of a `Disposal` under the registry's record key. Entries are numbered 1, 2, 3 ...; each carries
SHA-256 of the entry before it, 32 zero bytes at the start. It names ids, never what was kept under them. Whoever holds
the list can tell that a store that was restored from a backup holds nobody whose time was over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.settings.retention import CountedFrom, Kept

__all__ = ["MOST_TARGETS", "NOTHING_BEFORE", "Disposal", "entry_hash", "list_bytes", "open_list", "read_list"]

MOST_TARGETS: Final = 64
"""How many are destroyed with one entry."""
NOTHING_BEFORE: Final = bytes(32)
_MOST_BYTES: Final = 64 * 1024
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """One entry.

    Fields: municipality; number and hash of the entry before; moment in Unix milliseconds; what was kept; the rule
    (years, months, days, and with which day that begins); who entered and who approved it; the decision's id; the ids
    of what was destroyed; the ids of the key-encryption keys that wrapped the destroyed keys. A copy of a wrapped key
    that was made outside the backups opens until these are destroyed too.
    """

    municipality: Line
    number: Annotated[int, UpTo(2**53)]
    before: Digest
    moment: Annotated[int, UpTo(2**53)]
    kept: Kept
    years: Annotated[int, UpTo(9999)]
    months: Annotated[int, UpTo(9999)]
    days: Annotated[int, UpTo(99_999)]
    counted_from: CountedFrom
    operators: tuple[Line, ...]
    disposal_id: Line
    targets: tuple[Line, ...]
    wrapped_by: tuple[Annotated[bytes, UpTo(8)], ...]

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the registry's record key."""
        return key.sign(to_bytes(self), _context(self.municipality))

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str) -> Disposal:
        """Check the signature and the municipality.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`.
        """
        entry = from_bytes(cls, key.open(signed, _context(municipality)), _MOST_BYTES)
        if entry.municipality != municipality:
            raise Refused(Code.MALFORMED, "a disposal of another municipality")
        return entry


def entry_hash(signed: bytes) -> bytes:
    """Give what the next entry carries of this one."""
    return hashlib.sha256(signed).digest()


def open_list(entries: Iterable[bytes], key: VerifyingKey, municipality: str) -> tuple[Disposal, ...]:
    """Check a whole list, from its first entry on.

    Raises:
        Refused: `SIGNATURE_INVALID`, `MALFORMED`; `EVIDENCE_MISMATCH`: an entry is missing or follows another.
    """
    opened: list[Disposal] = []
    before = NOTHING_BEFORE
    for signed in entries:
        entry = Disposal.open(signed, key, municipality)
        if entry.number != len(opened) + 1 or entry.before != before:
            raise Refused(Code.EVIDENCE_MISMATCH, f"entry {len(opened) + 1} of the list of disposals does not follow")
        opened.append(entry)
        before = entry_hash(signed)
    return tuple(opened)


def list_bytes(entries: Iterable[bytes]) -> bytes:
    """Give a list as it stands in a file: each entry with its length before it, four bytes."""
    return b"".join(len(signed).to_bytes(_LENGTH_BYTES) + signed for signed in entries)


def read_list(data: bytes) -> tuple[bytes, ...]:
    """Take a file's list apart; `open_list` checks it.

    Raises:
        Refused: `MALFORMED`: it is cut short.
    """
    entries = []
    while data:
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES])
        if len(data) < end:
            raise Refused(Code.MALFORMED, "the list of disposals is cut short")
        entries.append(data[_LENGTH_BYTES:end])
        data = data[end:]
    return tuple(entries)


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.DISPOSAL, sender=municipality, receiver=ANYONE)
