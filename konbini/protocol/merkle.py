"""Merkle trees with the hashing of RFC 6962, section 2.1: a root, the path from a leaf to it, and the checks of paths.

A leaf's hash is SHA-256(0x00 | leaf), a node's SHA-256(0x01 | left | right), so that no node passes as a leaf. Where a
level has an odd count its last hash moves up as it is.

Invariant: index and size fix how long a path is and on which side each of its hashes stands; a path with one hash too
few or too many is refused, so that one leaf of one tree has one path. The same holds of the proof that one tree is the
beginning of another (RFC 9162, 2.1.4.2 has the check). Trees of a log that grows: `konbini.protocol.tlog.tiles`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from konbini.protocol.errors import Code, Refused

__all__ = [
    "EMPTY_ROOT",
    "GrowingRoot",
    "MerkleTree",
    "check_consistency",
    "leaf_hash",
    "node_hash",
    "root_by_path",
    "root_of",
]

_LEAF, _NODE = b"\x00", b"\x01"

EMPTY_ROOT: Final = hashlib.sha256().digest()
"""The root of a tree without a leaf: the hash of nothing."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash a node over the two below it."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(hashes: Iterable[bytes]) -> bytes:
    """Give the root over leaves, or whole subtrees of one width, whose hashes are given from the left."""
    grown = GrowingRoot()
    for digest in hashes:
        grown.add_hash(digest)
    return grown.root


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
        self.add_hash(leaf_hash(leaf))

    def add_hash(self, digest: bytes) -> None:
        """Put a leaf there by its hash."""
        width = 1
        while self._whole and self._whole[-1][0] == width:
            digest = node_hash(self._whole.pop()[1], digest)
            width *= 2
        self._whole.append((width, digest))
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root, 32 bytes; of no leaf it is the hash of nothing."""
        if not self._whole:
            return EMPTY_ROOT
        *others, (_, digest) = self._whole
        for _, left in reversed(others):
            digest = node_hash(left, digest)
        return digest


def root_by_path(digest: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root of the tree of `size` leaves whose leaf at `index` has this hash, by its path.

    Raises:
        Refused: `MALFORMED`: no such place in such a tree, or another length of path.
    """
    if not 0 <= index < size:
        raise Refused(Code.MALFORMED, "a leaf outside its tree")
    width, beside = size, iter(path)
    try:
        while width > 1:
            if index % 2:
                digest = node_hash(next(beside), digest)
            elif index + 1 < width:
                digest = node_hash(digest, next(beside))
            index, width = index // 2, (width + 1) // 2
    except StopIteration as end:
        raise Refused(Code.MALFORMED, "a path cut short") from end
    if next(beside, None) is not None:
        raise Refused(Code.MALFORMED, "a path beyond the root")
    return digest


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Hold that a tree is the beginning of another.

    Raises:
        Refused: `EVIDENCE_MISMATCH`: the proof does not show it; `MALFORMED`: there can be no such proof.
    """
    if not 0 <= old_size <= size:
        raise Refused(Code.MALFORMED, "a tree larger than the one that it is to begin")
    if old_size in (0, size):
        if proof:
            raise Refused(Code.MALFORMED, "a proof where none is due")
        if (old_size == 0 and old_root != EMPTY_ROOT) or (old_size == size and old_root != root):
            raise Refused(Code.EVIDENCE_MISMATCH, "two roots of one size")
        return
    if _roots_by_proof(old_size, size, old_root, proof) != (old_root, root):
        raise Refused(Code.EVIDENCE_MISMATCH, "the one tree does not begin the other")


def _roots_by_proof(old_size: int, size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Compute both roots as RFC 9162, 2.1.4.2 does; `old_root` begins where the old tree is one whole subtree."""
    hashes = iter(proof)
    place, last = old_size - 1, size - 1
    while place % 2:
        place, last = place // 2, last // 2
    try:
        old = new = next(hashes) if place else old_root
        while last:
            if place % 2 or place == last:
                beside = next(hashes)
                old, new = node_hash(beside, old), node_hash(beside, new)
                while place and not place % 2:
                    place, last = place // 2, last // 2
            else:
                new = node_hash(new, next(hashes))
            place, last = place // 2, last // 2
    except StopIteration as end:
        raise Refused(Code.MALFORMED, "a proof cut short") from end
    if next(hashes, None) is not None:
        raise Refused(Code.MALFORMED, "a proof with more than it needs")
    return old, new


def _level_above(level: list[bytes]) -> list[bytes]:
    above = [node_hash(level[left], level[left + 1]) for left in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above
