"""Merkle trees with the hashing of RFC 6962, section 2.1: a root, the path from a leaf to it, and the check of a path.

A leaf's hash is SHA-256(0x00 | leaf), a node's SHA-256(0x01 | left | right), so that no node passes as a leaf. Where a
level has an odd count its last hash moves up as it is.

Invariant: index and size fix how long a path is and on which side each of its hashes stands; a path with one hash too
few or too many is refused, so that one leaf of one tree has one path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from konbini.protocol.errors import Code, Refused

__all__ = ["GrowingRoot", "MerkleTree", "leaf_hash", "root_by_path"]

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(_LEAF + leaf).digest()


class MerkleTree:
    """A whole tree in memory."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Build a tree over at least one leaf.

        Raises:
            ValueError: no leaf.
        """
        if not leaves:
            raise ValueError("a tree has a leaf")
        self.size = len(leaves)
        self._levels = [[leaf_hash(leaf) for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """The root, 32 bytes."""
        return self._levels[-1][0]

    def path(self, index: int) -> tuple[bytes, ...]:
        """Give the hashes beside the way from the leaf at `index`, counted from 0, to the root."""
        below_root = enumerate(self._levels[:-1])
        return tuple(level[place] for depth, level in below_root if (place := (index >> depth) ^ 1) < len(level))


class GrowingRoot:
    """The root alone of a tree that grows leaf by leaf, in memory that grows with the tree's depth."""

    __slots__ = ("_whole", "size")

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[tuple[int, bytes]] = []  # width and root of each whole subtree, from the left, ever narrower

    def add(self, leaf: bytes) -> None:
        """Put a leaf to the right of all others."""
        width, digest = 1, leaf_hash(leaf)
        while self._whole and self._whole[-1][0] == width:
            digest = _node(self._whole.pop()[1], digest)
            width *= 2
        self._whole.append((width, digest))
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root, 32 bytes; of no leaf it is the hash of nothing."""
        if not self._whole:
            return hashlib.sha256().digest()
        *others, (_, digest) = self._whole
        for _, left in reversed(others):
            digest = _node(left, digest)
        return digest


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root of the tree of `size` leaves that has this leaf at `index`, by its path.

    Raises:
        Refused: `MALFORMED`: no such place in such a tree, or another length of path.
    """
    if not 0 <= index < size:
        raise Refused(Code.MALFORMED, "a leaf outside its tree")
    digest, width, beside = leaf_hash(leaf), size, iter(path)
    try:
        while width > 1:
            if index % 2:
                digest = _node(next(beside), digest)
            elif index + 1 < width:
                digest = _node(digest, next(beside))
            index, width = index // 2, (width + 1) // 2
    except StopIteration as end:
        raise Refused(Code.MALFORMED, "a path cut short") from end
    if next(beside, None) is not None:
        raise Refused(Code.MALFORMED, "a path beyond the root")
    return digest


def _level_above(level: list[bytes]) -> list[bytes]:
    above = [_node(level[left], level[left + 1]) for left in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
