"""What the registry, the issuing copy and the clerk's index hold of a resident, in one form that they can compare.

One row for the record, the seal registration, each card link, each protective measure and each hold. A row holds no
personal field: a name is the SHA-256 of what the row is about, a state the SHA-256 of what is held. Whoever compares
learns that two differ, in which kind, of which resident and in what, and nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.codec import Value, encode
from konbini.protocol.kinds import PROTOCOL
from konbini.protocol.shape import Digest, Line, UpTo, to_value
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.tree import leaf_hash

__all__ = ["HeldOf", "HeldRow", "held_bar", "held_link", "held_record", "held_seal", "leaf_of", "rows_differ"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """One row that is held of a resident."""

    kind: FeedKind
    name: Digest
    version: Annotated[int, UpTo(2**31)]
    state: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOf:
    """All rows of one resident, as a message."""

    resident: Line
    rows: tuple[HeldRow, ...]


def held_record(version: int, digest: bytes, household: str, *, present: bool) -> HeldRow:
    """Make the row of a record: its version, the hash of its signed bytes, and what it is looked up by."""
    return HeldRow(
        kind=FeedKind.RECORD, name=_hash("record"), version=version, state=_hash("record", digest, household, present)
    )


def held_seal(version: int, digest: bytes, *, in_force: bool) -> HeldRow:
    """Make the row of a seal registration; of a cancelled one followers hold the version alone."""
    return HeldRow(
        kind=FeedKind.SEAL,
        name=_hash("seal"),
        version=version,
        state=_hash("seal", digest if in_force else b"", in_force),
    )


def held_link(card: CardSerial, version: int, counts_from: int, counts_until: int | None, *, ended: bool) -> HeldRow:
    """Make the row of a card's link."""
    return HeldRow(
        kind=FeedKind.LINK,
        name=_hash("card", card.issuer_key_id, card.serial),
        version=version,
        state=_hash("link", counts_from, counts_until, ended),
    )


def held_bar(kind: FeedKind, name: str, version: int, *, in_force: bool) -> HeldRow:
    """Make the row of a protective measure or of a hold."""
    return HeldRow(kind=kind, name=_hash("bar", name), version=version, state=_hash("bar", in_force))


def leaf_of(rows: Iterable[HeldRow]) -> bytes:
    """Give the leaf of a resident's rows, whatever order they were read in."""
    return leaf_hash(encode([to_value(row) for row in sorted(rows, key=_order)]))


def rows_differ(ours: Iterable[HeldRow], theirs: Iterable[HeldRow]) -> tuple[tuple[FeedKind, str], ...]:
    """Name what differs between what we hold and what the registry holds of one resident: kind, and how."""
    mine, registry = ({(row.kind, row.name): row for row in rows} for rows in (ours, theirs))
    found = []
    for key in sorted(mine.keys() | registry.keys()):
        held, true = mine.get(key), registry.get(key)
        if held is None:
            found.append((key[0], "missing here"))
        elif true is None:
            found.append((key[0], "not at the registry"))
        elif held.version != true.version:
            found.append((key[0], f"version {held.version}, at the registry {true.version}"))
        elif held.state != true.state:
            found.append((key[0], f"version {held.version} with other contents"))
    return tuple(found)


def _order(row: HeldRow) -> tuple[int, bytes]:
    return int(row.kind), row.name


def _hash(*parts: Value) -> bytes:
    return hashlib.sha256(encode([f"{PROTOCOL} held", *parts])).digest()
