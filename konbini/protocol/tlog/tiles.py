"""The tree of a log in tiles (C2SP tlog-tiles): 256 hashes each, of every eighth level; roots and proofs out of them.

Tile n of level l holds MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]) for i from 0 to 255; the last of a
level may be partial. Whoever keeps the tree gives tiles, from rows or from files; what lies between their levels is
computed. An append touches one tile, and every 256th one more for each level above that becomes whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import EMPTY_ROOT, node_hash

__all__ = ["TILE", "TileTree", "tile_name", "tiles_of"]

TILE: Final = 256
"""Hashes in a whole tile."""
_TileOf: TypeAlias = Callable[[int, int], Sequence[bytes]]
"""Gives the hashes of a tile, by level and number, as many as there are."""
_DIGITS: Final = 1000


class TileTree:
    """The tree of the first `size` leaves of a log."""

    def __init__(self, size: int, tile: _TileOf) -> None:
        self.size = size
        self._tile = tile
        self._seen: dict[tuple[int, int], Sequence[bytes]] = {}

    @property
    def root(self) -> bytes:
        """The root.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: a hash is missing.
        """
        return self.root_at(self.size)

    def root_at(self, size: int) -> bytes:
        """Give the root of the first leaves.

        Raises:
            Refused: `EVIDENCE_MISMATCH`: a hash is missing.
        """
        return self._subtree(0, size) if size else EMPTY_ROOT

    def path(self, index: int) -> tuple[bytes, ...]:
        """Give the hashes beside the way from a leaf to the root (RFC 6962, 2.1.1).

        Raises:
            Refused: `EVIDENCE_MISMATCH`: a hash is missing, or there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise Refused(Code.EVIDENCE_MISMATCH, f"the log has no entry {index}")
        found = []
        begin, end = 0, self.size
        while end - begin > 1:
            middle = begin + _half(end - begin)
            if index < middle:
                found.append(self._subtree(middle, end))
                end = middle
            else:
                found.append(self._subtree(begin, middle))
                begin = middle
        return tuple(reversed(found))

    def consistency(self, old_size: int) -> tuple[bytes, ...]:
        """Give the proof that the tree of the first `old_size` leaves begins this one (RFC 6962, 2.1.2).

        Raises:
            Refused: `EVIDENCE_MISMATCH`: a hash is missing, or this tree is the smaller one.
        """
        if not 0 <= old_size <= self.size:
            raise Refused(Code.EVIDENCE_MISMATCH, f"the log has no {old_size} entries")
        found: list[bytes] = []
        begin, end = 0, self.size
        while 0 < old_size < end:
            middle = begin + _half(end - begin)
            if old_size <= middle:
                found.append(self._subtree(middle, end))
                end = middle
            else:
                found.append(self._subtree(begin, middle))
                begin = middle
        if begin and old_size:
            found.append(self._subtree(begin, end))
        return tuple(reversed(found))

    def _subtree(self, begin: int, end: int) -> bytes:
        width = end - begin
        level = (width.bit_length() - 1) // 8
        if width == TILE**level:
            return self._hash(level, begin // width)
        middle = begin + _half(width)
        return node_hash(self._subtree(begin, middle), self._subtree(middle, end))

    def _hash(self, level: int, place: int) -> bytes:
        number, within = divmod(place, TILE)
        tile = self._seen.get((level, number))
        if tile is None:
            tile = self._seen[level, number] = self._tile(level, number)
        if within >= len(tile):
            raise Refused(Code.EVIDENCE_MISMATCH, f"tile {level}/{number} is cut short")
        return tile[within]


def tiles_of(size: int, after: int = 0) -> tuple[tuple[int, int, int], ...]:
    """Give level, number and width of each tile of a tree that is not whole already in the tree of `after` leaves."""
    found = []
    level = 0
    while size:
        found += [(level, number, min(TILE, size - number * TILE)) for number in range(after // TILE, -(-size // TILE))]
        size, after, level = size // TILE, after // TILE, level + 1
    return tuple(found)


def tile_name(kind: int | str, number: int, width: int = TILE) -> str:
    """Name a tile's file: tile/0/x001/x234/067, with .p/<width> where it is partial; "entries" for a bundle."""
    groups = [f"{number % _DIGITS:03d}"]
    while number := number // _DIGITS:
        groups.insert(0, f"x{number % _DIGITS:03d}")
    return f"tile/{kind}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE else "")


def _half(width: int) -> int:
    """Give the largest power of two below a width of at least 2."""
    return 1 << ((width - 1).bit_length() - 1)
