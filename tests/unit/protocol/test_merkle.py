"""Merkle trees against the published vectors of RFC 6962's hashing, and against the recursive definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Refused
from konbini.protocol.merkle import MerkleTree, leaf_hash, root_by_path

# The leaves and roots that certificate-transparency-go and others test with.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def root_as_defined(leaves: Sequence[bytes]) -> bytes:
    """Compute MTH as RFC 6962 section 2.1 defines it, by halves."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root_as_defined(leaves[:half]) + root_as_defined(leaves[half:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots(size: int) -> None:
    """One to eight leaves."""
    assert MerkleTree(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_a_tree_has_a_leaf() -> None:
    """An empty tree signs nothing here."""
    with pytest.raises(ValueError, match="leaf"):
        MerkleTree([])
    assert leaf_hash(b"").hex() == ROOTS[0]


@given(leaves=st.lists(st.binary(max_size=40), min_size=1, max_size=70), choice=st.data())
def test_each_leaf_leads_to_the_root_at_its_own_place(leaves: list[bytes], choice: st.DataObject) -> None:
    """And at another place, or in a tree of another size, to none or to another root."""
    tree = MerkleTree(leaves)
    assert tree.root == root_as_defined(leaves)
    index = choice.draw(st.integers(0, len(leaves) - 1))
    path = tree.path(index)
    assert root_by_path(leaf_hash(leaves[index]), index, len(leaves), path) == tree.root
    other = choice.draw(st.integers(0, len(leaves) - 1))
    if leaves[other] != leaves[index]:
        assert root_by_path(leaf_hash(leaves[other]), index, len(leaves), path) != tree.root
    for wrong in ((*path, bytes(32)), path[:-1]):
        if wrong != path:
            with pytest.raises(Refused):
                root_by_path(leaf_hash(leaves[index]), index, len(leaves), wrong)
    for place in (-1, len(leaves)):
        with pytest.raises(Refused):
            root_by_path(leaf_hash(leaves[index]), place, len(leaves), path)
