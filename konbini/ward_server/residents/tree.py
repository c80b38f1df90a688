"""A Merkle tree over what is held of each resident, so that two holders find where they differ. Pure.

Leaves and nodes are hashed as RFC 6962 hashes them (2.1). A resident's place is the first two bytes of SHA-256 of the
resident's id: 256 branches of 256 buckets, each bucket the Merkle tree hash of its residents' leaves in the order of
their ids, each branch and the root that of its 256 children. A place does not depend on who else is there, so that one
resident too many moves nobody.

A tree is built by one pass in the order of ids and holds 32 bytes and an id for each resident.
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


class Tree:
    """The tree of one holder.

    Args:
        leaves: (resident, leaf hash), in the order of residents.
    """

    def __init__(self, leaves: Iterable[tuple[str, bytes]] = ()) -> None:
        self._buckets: dict[bytes, list[tuple[str, bytes]]] = {}
        for resident, leaf in leaves:
            self.add(resident, leaf)

    def add(self, resident: str, leaf: bytes) -> None:
        """Add the next resident; residents come in the order of their ids."""
        self._buckets.setdefault(place(resident), []).append((resident, leaf))

    def root(self) -> bytes:
        """Give the hash of the whole."""
        return tree_hash(self.children(b""))

    def children(self, prefix: bytes) -> tuple[bytes, ...]:
        """Give the hashes of the 256 children of the root (no byte) or of a branch (one byte)."""
        parts = (prefix + bytes([last]) for last in range(CHILDREN))
        if len(prefix) + 1 == DEPTH:
            return tuple(self._bucket_hash(part) for part in parts)
        occupied = {bucket[0] for bucket in self._buckets}
        nothing = tree_hash([_EMPTY] * CHILDREN)
        return tuple(tree_hash(self.children(part)) if part[0] in occupied else nothing for part in parts)

    def bucket(self, place_of: bytes) -> tuple[tuple[str, bytes], ...]:
        """Give the residents of a bucket with their leaves."""
        return tuple(self._buckets.get(place_of, ()))

    def _bucket_hash(self, place_of: bytes) -> bytes:
        return tree_hash([leaf for _resident, leaf in self._buckets.get(place_of, ())])


def children_differ(prefix: bytes, ours: Sequence[bytes], theirs: Sequence[bytes]) -> Iterator[bytes]:
    """Give the places of the children that are not the same on both sides."""
    for last, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if mine != other:
            yield prefix + bytes([last])
