"""The log of one process as rows: entries, each under a salted commitment, and the tiles of the tree over these.

A store keeps its log in its own file of rows, so that state, entry and owed message are one transaction. Its migration
includes `process/log.sql`.

The commitment is SHA-256(salt | entry) over a salt of 32 random bytes; it is the leaf's data (RFC 6962: leaf hash
SHA-256(0x00 | commitment)). It tells nothing of the entry to whoever has not the salt, so it may be published, and it
stays when salt and entry are destroyed: nobody can guess an entry and see that he is right.

Invariants: positions run 0, 1, 2 ... without gaps; no row is ever removed, and none is changed but in one way: salt and
entry of an aged one are emptied. `audit_tile` has the hash of each whole tile below its level
(`konbini.protocol.tlog.tiles`), written in the transaction of the last entry of that tile: an append reads one row and
writes one, every 256th reads a tile and writes one row more. `log_checkpoint` is `konbini.process.log_keeping`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import GrowingRoot, leaf_hash, root_of
from konbini.protocol.tlog.commitments import SALT_BYTES, commit_to
from konbini.protocol.tlog.tiles import TILE, TileTree

__all__ = [
    "Opened",
    "append_entry",
    "commitments",
    "empty_entries",
    "entry_bytes",
    "opened",
    "root_at",
    "size_of",
    "tile",
    "tree_of",
    "verify_tree",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opens a commitment."""

    position: int
    salt: bytes
    entry: bytes


def append_entry(connection: Connection, entry: bytes) -> int:
    """Add an entry within the caller's transaction, and give its position."""
    position, salt = size_of(connection), connection.token(SALT_BYTES)
    connection.execute(
        "INSERT INTO audit_entry (position, salt, entry, commitment) VALUES (?, ?, ?, ?)",
        (position, salt, entry, commit_to(salt, entry)),
    )
    level, place = 0, position
    while place % TILE == TILE - 1:
        whole = root_of(tile(connection, level, place // TILE))
        level, place = level + 1, place // TILE
        connection.execute("INSERT INTO audit_tile (level, place, hash) VALUES (?, ?, ?)", (level, place, whole))
    return position


def size_of(connection: Connection) -> int:
    """Give how many entries there are."""
    row = connection.execute("SELECT position FROM audit_entry ORDER BY position DESC LIMIT 1").fetchone()
    return 0 if row is None else int(row[0]) + 1


def tile(connection: Connection, level: int, number: int) -> list[bytes]:
    """Give the hashes of a tile, as many as there are."""
    first = number * TILE
    if level:
        rows = connection.execute(
            "SELECT hash FROM audit_tile WHERE level = ? AND place BETWEEN ? AND ? ORDER BY place",
            (level, first, first + TILE - 1),
        )
        return [bytes(digest) for (digest,) in rows]
    return [leaf_hash(one) for one in commitments(connection, first, first + TILE - 1)]


def commitments(connection: Connection, first: int, last: int) -> list[bytes]:
    """Give the commitments from one position to another, as many as there are."""
    rows = connection.execute(
        "SELECT commitment FROM audit_entry WHERE position BETWEEN ? AND ? ORDER BY position", (first, last)
    )
    return [bytes(one) for (one,) in rows]


def tree_of(connection: Connection, size: int | None = None) -> TileTree:
    """Give the tree over the first entries, or over all; its hashes are read within the caller's transaction."""
    return TileTree(
        size_of(connection) if size is None else size, lambda level, number: tile(connection, level, number)
    )


def root_at(connection: Connection, size: int) -> bytes | None:
    """Give the root of the first `size` entries; None where there are not so many."""
    return tree_of(connection, size).root if size <= size_of(connection) else None


def entry_bytes(connection: Connection, position: int) -> bytes | None:
    """Read what an entry says; None where there is none, or it is destroyed."""
    row = connection.execute("SELECT entry FROM audit_entry WHERE position = ?", (position,)).fetchone()
    return bytes(row[0]) if row is not None and len(row[0]) else None


def opened(connection: Connection, first: int, last: int) -> list[Opened]:
    """Read what opens the commitments from one position to another, where it is not destroyed."""
    rows = connection.execute(
        "SELECT position, salt, entry FROM audit_entry"
        " WHERE position BETWEEN ? AND ? AND length(entry) > 0 ORDER BY position",
        (first, last),
    )
    return [Opened(position=position, salt=bytes(salt), entry=bytes(entry)) for position, salt, entry in rows]


def empty_entries(connection: Connection, first: int, last: int) -> None:
    """Destroy salt and entry of the positions from one to another; their commitments stay."""
    connection.execute(
        "UPDATE audit_entry SET salt = ?, entry = ? WHERE position BETWEEN ? AND ? AND length(entry) > 0",
        (b"", b"", first, last),
    )


def verify_tree(connection: Connection) -> tuple[int, bytes]:
    """Walk the whole log and recompute its hashes; give how many entries it has, and its root.

    Raises:
        Refused: `EVIDENCE_MISMATCH`, naming the first position that does not hold and how.
    """
    count, grown, whole = 0, GrowingRoot(), GrowingRoot()
    rows = connection.execute("SELECT position, salt, entry, commitment FROM audit_entry ORDER BY position")
    for position, salt, entry, commitment in rows:
        if position != count:
            raise _mismatch(count, "removed")
        if len(entry) and commit_to(bytes(salt), bytes(entry)) != commitment:
            raise _mismatch(count, "changed")
        digest = leaf_hash(bytes(commitment))
        grown.add_hash(digest)
        whole.add_hash(digest)
        count += 1
        if count % TILE == 0:
            if _tile_hash(connection, 1, count // TILE - 1) != whole.root:
                raise _mismatch(count - TILE, "not the tree's, or one of the 255 that follow is not")
            whole = GrowingRoot()
    _verify_tiles(connection, count)
    return count, grown.root


def _verify_tiles(connection: Connection, count: int) -> None:
    """Hold the hashes above the first level of tiles, and that there are as many as there should be."""
    level, width = 1, count // TILE
    while width or tile(connection, level, 0):
        held = connection.execute("SELECT count(*) FROM audit_tile WHERE level = ?", (level,)).fetchone()[0]
        if held != width:
            raise _mismatch(count, f"the last, and level {level} of its tiles says otherwise")
        for number in range(width // TILE):
            if _tile_hash(connection, level + 1, number) != root_of(tile(connection, level, number)):
                raise _mismatch(number * TILE ** (level + 1), f"the first of a tile of level {level} that was changed")
        level, width = level + 1, width // TILE


def _tile_hash(connection: Connection, level: int, place: int) -> bytes | None:
    row = connection.execute("SELECT hash FROM audit_tile WHERE level = ? AND place = ?", (level, place)).fetchone()
    return None if row is None else bytes(row[0])


def _mismatch(position: int, how: str) -> Refused:
    return Refused(Code.EVIDENCE_MISMATCH, f"audit entry {position} is {how}")
