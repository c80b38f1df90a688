"""A ward's logs as static files (C2SP tlog-tiles): checkpoint, tiles of the tree, bundles of commitments.

    log/<name>/checkpoint                    the newest that others co-signed; where none was, the newest signed
    log/<name>/checkpoints/<size>            each that was published
    log/<name>/stamped/<size>[.tst]          a checkpoint that was time-stamped, and the time-stamp over its bytes
    log/<name>/tile/<L>/<N>[.p/<W>]          hashes of the tree
    log/<name>/tile/entries/<N>[.p/<W>]      the tree's leaves: salted commitments, 32 bytes each
    witness/<SHA-256 of the origin>/checkpoint   what this ward co-signed last of the center's log

`<name>` is the last part of the log's origin. A commitment says nothing of its entry to whoever has not its salt, and
salts are in no file but those of visits (`konbini.ward_server.publishing.visit_files`).

Invariant: what is written goes on from what was published before. Limit: all that is new is in memory at once; the
first publication of a long log has all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.log_keeping import checkpoint_to_publish
from konbini.process.stamping import stamped_notes
from konbini.process.statements import Connection
from konbini.process.tree_rows import commitments, root_at, tile
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.checkpoints import STAMP_SUFFIX, STAMPED, Checkpoint
from konbini.protocol.tlog.commitments import write_bundle
from konbini.protocol.tlog.notes import Note
from konbini.protocol.tlog.tiles import TILE, tile_name, tiles_of

__all__ = [
    "CHECKPOINT",
    "LOG_FOLDER",
    "PublishedLog",
    "log_name",
    "published_log",
    "stamped_files",
    "witnessed_files",
]

LOG_FOLDER: Final = "log"
CHECKPOINT: Final = "checkpoint"
_WITNESS_FOLDER: Final = "witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """A log to be published: its origin, how far it went before and goes now, and the files that are new."""

    origin: str
    before: int
    size: int
    files: Mapping[str, bytes]


def published_log(connection: Connection, before: Path) -> PublishedLog | None:
    """Make the files of a process's log; None where it has signed no checkpoint yet.

    Args:
        connection: of the process's store.
        before: the folder that holds what was published last; it may be empty or not there.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: the log does not go on from its published checkpoint, or does not hold its own.
        OSError: what was published cannot be read.
    """
    note = checkpoint_to_publish(connection)
    if note is None:
        return None
    now = Checkpoint.of(note)
    _check_holds(connection, now)
    folder = f"{LOG_FOLDER}/{log_name(now.origin)}"
    last = _published(before / folder / CHECKPOINT)
    if last is not None:
        _check_holds(connection, last)
    after = 0 if last is None else last.size
    size = max(now.size, after)
    if size != now.size:
        return PublishedLog(origin=now.origin, before=after, size=after, files={})
    files = {
        f"{folder}/{name}": data
        for level, number, width in tiles_of(size, after)
        for name, data in _tile_files(connection, level, number, width)
    }
    files[f"{folder}/checkpoints/{size}"] = files[f"{folder}/{CHECKPOINT}"] = note.to_bytes()
    return PublishedLog(origin=now.origin, before=after, size=size, files=files)


def log_name(origin: str) -> str:
    """Give the name of a log's folder."""
    return origin.rpartition("/")[2]


def stamped_files(connection: Connection, log: PublishedLog, before: Path) -> dict[str, bytes]:
    """Give the time-stamped checkpoints of a log that a publication covers and that were not published yet.

    Args:
        connection: of the store of `issuing`, which has those of all the ward's logs.
        log: as it is published now.
        before: the folder that holds what was published last.
    """
    folder = f"{LOG_FOLDER}/{log_name(log.origin)}/{STAMPED}"
    files: dict[str, bytes] = {}
    for one in stamped_notes(connection, log.origin, log.size):
        name = f"{folder}/{one.size}"
        if not (before / f"{name}{STAMP_SUFFIX}").exists():
            files |= {name: one.note, f"{name}{STAMP_SUFFIX}": one.stamp}
    return files


def witnessed_files(connection: Connection) -> dict[str, bytes]:
    """Give what `issuing` co-signed last of each log that it is the witness of."""
    rows = connection.execute("SELECT origin, note FROM witnessed ORDER BY origin")
    return {
        f"{_WITNESS_FOLDER}/{hashlib.sha256(origin.encode()).hexdigest()}/{CHECKPOINT}": note.encode()
        for origin, note in rows
    }


def _tile_files(connection: Connection, level: int, number: int, width: int) -> Iterable[tuple[str, bytes]]:
    yield tile_name(level, number, width), b"".join(tile(connection, level, number)[:width])
    if level == 0:
        first = number * TILE
        yield tile_name("entries", number, width), write_bundle(commitments(connection, first, first + width - 1))


def _published(path: Path) -> Checkpoint | None:
    return Checkpoint.of(Note.from_bytes(path.read_bytes())) if path.exists() else None


def _check_holds(connection: Connection, seen: Checkpoint) -> None:
    if root_at(connection, seen.size) != seen.root:
        raise Refused(Code.EVIDENCE_MISMATCH, f"{seen.origin} does not hold its checkpoint of {seen.size} entries")
