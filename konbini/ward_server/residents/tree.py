"""A Merkle tree over what is held of each resident, so that two holders find where they differ. Pure.

Leaves and nodes are hashed as RFC 6962 hashes them (2.1). A resident's place is the first two bytes of SHA-256 of the
resident's id: 256 branches of 256 buckets, each bucket the Merkle tree hash of its residents' leaves in the order of
their ids, each branch and the root that of its 256 children. A place does not depend on who else is there, so that one
resident too many moves nobody.

A tree is built by one pass in the order of ids and holds some 50 bytes for each resident: leaf and id, packed. What is
hashed of it is kept until somebody is added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["CHILDREN", "DEPTH", "Tree", "children_differ", "leaf_hash", "place", "tree_hash"]

CHILDREN: Final = 256
"""Of the root, and of each branch."""
DEPTH: Final = 2
"""Bytes of a bucket's place."""
_HASH_BYTES: Final = 32
_LENGTH_BYTES: Final = 2
_EMPTY: Final = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Give the Merkle tree hash of leaf hashes (or of children) in their order."""
    if not leaves:
        return _EMPTY
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = tree_hash(leaves[:split]), tree_hash(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def place(resident: str) -> bytes:
    """Give the place of a resident's bucket."""
    return hashlib.sha256(resident.encode()).digest()[:DEPTH]


_EMPTY_BRANCH: Final = tree_hash([_EMPTY] * CHILDREN)


class Tree:
    """The tree of one holder.

    Args:
        leaves: (resident, leaf hash), in the order of residents.
    """

    def __init__(self, leaves: Iterable[tuple[str, bytes]] = ()) -> None:
        self._buckets: dict[bytes, bytearray] = {}  # each resident's leaf, the length of the id, the id
        self._branches: dict[int, tuple[bytes, ...]] = {}
        for resident, leaf in leaves:
            self.add(resident, leaf)

    def add(self, resident: str, leaf: bytes) -> None:
        """Add the next resident; residents come in the order of their ids."""
        self._branches.clear()
        named = resident.encode()
        at = hashlib.sha256(named).digest()[:DEPTH]
        self._buckets.setdefault(at, bytearray()).extend(leaf + len(named).to_bytes(_LENGTH_BYTES) + named)

    def root(self) -> bytes:
        """Give the hash of the whole."""
        return tree_hash(self.children(b""))

    def children(self, prefix: bytes) -> tuple[bytes, ...]:
        """Give the hashes of the 256 children of the root (no byte) or of a branch (one byte)."""
        if prefix:
            return self._branch(prefix[0])
        occupied = {bucket[0] for bucket in self._buckets}
        return tuple(
            tree_hash(self._branch(first)) if first in occupied else _EMPTY_BRANCH for first in range(CHILDREN)
        )

    def bucket(self, place_of: bytes) -> tuple[tuple[str, bytes], ...]:
        """Give the residents of a bucket with their leaves."""
        return tuple(self._held(place_of))

    def _branch(self, first: int) -> tuple[bytes, ...]:
        found = self._branches.get(first)
        if found is None:
            places = [bytes((first, last)) for last in range(CHILDREN)]
            found = tuple(self._bucket_hash(place_of) if place_of in self._buckets else _EMPTY for place_of in places)
            self._branches[first] = found
        return found

    def _bucket_hash(self, place_of: bytes) -> bytes:
        return tree_hash([leaf for _resident, leaf in self._held(place_of)])

    def _held(self, place_of: bytes) -> Iterator[tuple[str, bytes]]:
        packed, at = bytes(self._buckets.get(place_of, b"")), 0
        while at < len(packed):
            named = at + _HASH_BYTES + _LENGTH_BYTES
            end = named + int.from_bytes(packed[named - _LENGTH_BYTES : named])
            yield packed[named:end].decode(), packed[at : at + _HASH_BYTES]
            at = end


def children_differ(prefix: bytes, ours: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[bytes]:
    """Give the places of the children that are not the same on both sides."""
    for last, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if mine != other:
            yield prefix + bytes([last])
