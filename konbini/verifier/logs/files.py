"""A published log as it lies in a folder: checkpoint, tiles, bundles; read with bounds, believed not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import leaf_hash
from konbini.protocol.tlog.checkpoints import STAMP_SUFFIX, STAMPED
from konbini.protocol.tlog.commitments import read_bundle
from konbini.protocol.tlog.notes import MOST_NOTE_BYTES, Note
from konbini.protocol.tlog.tiles import TILE, tile_name
from konbini.time_stamps.judging import MOST_STAMP_BYTES

__all__ = ["LogFiles", "log_folders", "read_bounded"]

_HASH: Final = 32
_MOST_TILE: Final = 2 * TILE * _HASH
_MOST_BUNDLE: Final = 2 * TILE * (2 + _HASH)
"""Ours hold commitments of 32 bytes, not any record: a bundle of millions of empty leaves is none."""


class LogFiles:
    """The folder of one log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    def checkpoint(self) -> Note:
        """Read the newest checkpoint.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`.
        """
        return Note.from_bytes(read_bounded(self.folder / "checkpoint", MOST_NOTE_BYTES))

    def earlier(self) -> Iterator[Note]:
        """Read the checkpoints that were published before, in no order.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`.
        """
        archive = self.folder / "checkpoints"
        for path in sorted(archive.iterdir()) if archive.is_dir() else ():
            yield Note.from_bytes(read_bounded(path, MOST_NOTE_BYTES))

    def stamped(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Read the checkpoints that were time-stamped: the file's name, its bytes, and the time-stamp over them.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`: one has no time-stamp beside it, or is too long.
        """
        folder = self.folder / STAMPED
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix != STAMP_SUFFIX:
                token = read_bounded(path.with_name(f"{path.name}{STAMP_SUFFIX}"), MOST_STAMP_BYTES)
                yield f"{STAMPED}/{path.name}", read_bounded(path, MOST_NOTE_BYTES), token

    def tile(self, level: int, number: int, width: int) -> list[bytes]:
        """Read the first hashes of a tile, from the partial file or the whole one; fewer where it is cut short.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`: there is none.
        """
        data, most = self._partial_or_whole(level, number, width, _MOST_TILE)
        return [data[place : place + _HASH] for place in range(0, len(data), _HASH)][:most]

    def leaves(self, size: int) -> list[bytes]:
        """Read the hashes of the first leaves from the tiles.

        Raises:
            Refused: see `tile`.
        """
        return [
            digest
            for number in range(-(-size // TILE))
            for digest in self.tile(0, number, min(TILE, size - number * TILE))
        ]

    def commitments(self, size: int) -> list[bytes]:
        """Read the first leaves themselves from the bundles.

        Raises:
            Refused: see `tile`.
        """
        found: list[bytes] = []
        for number in range(-(-size // TILE)):
            data, most = self._partial_or_whole("entries", number, min(TILE, size - number * TILE), _MOST_BUNDLE)
            found += read_bundle(data)[:most]
        return found

    def hashed(self, size: int) -> list[bytes]:
        """Hash the first leaves.

        Raises:
            Refused: see `tile`.
        """
        return [leaf_hash(one) for one in self.commitments(size)]

    def _partial_or_whole(self, kind: int | str, number: int, width: int, most: int) -> tuple[bytes, int | None]:
        """Read a file, and say how much of it counts: of the whole one in a partial one's place its beginning."""
        partial = self.folder / tile_name(kind, number, width)
        if partial.exists():
            return read_bounded(partial, most), None
        return read_bounded(self.folder / tile_name(kind, number), most), width


def log_folders(published: Path) -> list[LogFiles]:
    """Give the logs of a published folder, or the one whose own folder it is.

    Raises:
        Refused: `MALFORMED`: there is none.
    """
    if (published / "checkpoint").is_file():
        return [LogFiles(published)]
    folder = published / "log"
    found = [LogFiles(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    if not found:
        raise Refused(Code.MALFORMED, f"no log in {published}")
    return found


def read_bounded(path: Path, most: int) -> bytes:
    """Read a file of at most so many bytes.

    Raises:
        Refused: `MALFORMED`: it cannot be read; `OVERSIZE`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Refused(Code.MALFORMED, f"{path.name} of {path.parent.name}: {error.strerror}") from error
    if len(data) > most:
        raise Refused(Code.OVERSIZE, path.name)
    return data
