"""What a backup says of itself: its header in the clear, and the manifest at its sealed end.

A backup has two parts, two files. The *rows* are every table, with nothing in the place of each wrapped data key; the
*keys* are the wrapped data keys alone. The rows may be kept for years and open no personal field by themselves; the
keys are kept for days, and each new file takes the place of the one before (docs/adr/0013-a-key-that-is-destroyed.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.process.schema import read_migrations
from konbini.process.statements import Connection
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL
from konbini.protocol.shape import Digest, Line, UpTo, from_bytes, to_bytes
from konbini.ward_server.audit.log import first_commitment, newest
from konbini.ward_server.keeping.kept_store import KeptStore

__all__ = [
    "BackupHeader",
    "BackupPart",
    "HeaderOf",
    "Manifest",
    "TableCount",
    "describe",
    "manifest_of",
    "read_header",
    "schema_digest",
]

_DOMAIN = f"{PROTOCOL} backup"
_MOST_MANIFEST = 64 * 1024
_Number = Annotated[int, UpTo(2**53)]


@unique
class BackupPart(IntEnum):
    """Which of the two files."""

    ROWS = 1
    KEYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupHeader:
    """What stands in the clear, and is bound into the seal.

    `store` is the commitment of the store's first audit entry, by which it is known for ever; `moment` in Unix
    milliseconds.
    """

    domain: Line
    part: BackupPart
    process: Line
    municipality: Line
    schema: Digest
    store: Digest
    moment: _Number
    key_id: Annotated[bytes, UpTo(8)]

    def to_bytes(self) -> bytes:
        """Encode."""
        return to_bytes(self)

    def check(self, kept: KeptStore, municipality: str, part: BackupPart) -> None:
        """Refuse what is not this build's backup of this process and municipality.

        Raises:
            Refused: `BACKUP_OF_ANOTHER`, `BACKUP_OLDER_SCHEMA`.
        """
        if (self.process, self.municipality, self.part) != (kept.process, municipality, part):
            raise Refused(Code.BACKUP_OF_ANOTHER, f"{self.part.name.lower()} of {self.process} of {self.municipality}")
        if self.schema != schema_digest(kept):
            raise Refused(Code.BACKUP_OLDER_SCHEMA, f"of schema {self.schema[:8].hex()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCount:
    """One table of the backup: how many rows, and the Merkle root over them (RFC 6962)."""

    name: Line
    rows: _Number
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the file holds, as it was at one moment of the store.

    Fields: the registry's incarnation and how far the feed goes; how many audit entries there are and the root
    over them; the tables.
    """

    incarnation: _Number
    feed_number: _Number
    feed_newest: Digest
    audit_entries: _Number
    audit_root: Digest
    tables: tuple[TableCount, ...]

    def to_bytes(self) -> bytes:
        """Encode."""
        return to_bytes(self)

    @property
    def digest(self) -> bytes:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.to_bytes()).digest()

    @classmethod
    def open(cls, data: bytes) -> Manifest:
        """Read one.

        Raises:
            Refused: `BACKUP_DIFFERS`.
        """
        try:
            return from_bytes(cls, data, _MOST_MANIFEST)
        except Refused as refused:
            raise Refused(Code.BACKUP_DIFFERS, "its end is no manifest") from refused


HeaderOf = Callable[[BackupPart, bytes], BackupHeader]
"""Makes the header of a part, for the id of the key that it is sealed to."""


def read_header(data: bytes) -> BackupHeader:
    """Read a header.

    Raises:
        Refused: `BACKUP_NOT_OPENED`.
    """
    try:
        header = from_bytes(BackupHeader, data)
    except Refused as refused:
        raise Refused(Code.BACKUP_NOT_OPENED, "its header is none of ours") from refused
    if header.domain != _DOMAIN:
        raise Refused(Code.BACKUP_NOT_OPENED, "its header is none of ours")
    return header


def describe(kept: KeptStore, municipality: str, moment: int, connection: Connection) -> HeaderOf:
    """Give what makes the header of a part, for the key that it is sealed to."""
    store = first_commitment(connection) or bytes(32)

    def header(part: BackupPart, key_id: bytes) -> BackupHeader:
        return BackupHeader(
            domain=_DOMAIN,
            part=part,
            process=kept.process,
            municipality=municipality,
            schema=schema_digest(kept),
            store=store,
            moment=moment,
            key_id=key_id,
        )

    return header


def manifest_of(kept: KeptStore, connection: Connection, tables: tuple[TableCount, ...]) -> Manifest:
    """Say where a store stands, and which tables were taken from it."""
    feed = kept.feed(connection)
    entries, root = newest(connection)
    return Manifest(
        incarnation=feed.incarnation,
        feed_number=feed.number,
        feed_newest=feed.newest,
        audit_entries=entries,
        audit_root=root,
        tables=tables,
    )


def schema_digest(kept: KeptStore) -> bytes:
    """Give the digest of a process's migrations, as this build has them."""
    digests = [migration.digest for migration in read_migrations(kept.migrations)]
    return hashlib.sha256(encode([_DOMAIN, *digests])).digest()
