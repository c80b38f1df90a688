"""Roots, proofs and tiles against RFC 6962's definition, and against a hand that is not ours (pymerkle)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import EMPTY_ROOT, check_consistency, leaf_hash, root_by_path, root_of
from konbini.protocol.tlog.tiles import TILE, TileTree, tile_name, tiles_of

MOST = 700


def leaf(index: int) -> bytes:
    """Give the data of a leaf."""
    return index.to_bytes(4)


@lru_cache
def peer(size: int) -> InmemoryTree:
    """Build the same tree with pymerkle."""
    tree = InmemoryTree(algorithm="sha256")
    for index in range(size):
        tree.append_entry(leaf(index))
    return tree


def ours(size: int) -> TileTree:
    """Build it in tiles, as rows or files hold them."""

    def tile(level: int, number: int) -> list[bytes]:
        width = TILE**level
        first = number * TILE
        last = min(first + TILE, size // width)
        return [
            root_of(leaf_hash(leaf(index)) for index in range(place * width, place * width + width))
            for place in range(first, last)
        ]

    return TileTree(size, tile)


def root_as_defined(begin: int, end: int) -> bytes:
    """Compute MTH(D[begin:end]) as RFC 6962, 2.1 defines it."""
    if end - begin == 1:
        return hashlib.sha256(b"\x00" + leaf(begin)).digest()
    middle = begin + (1 << ((end - begin - 1).bit_length() - 1))
    return hashlib.sha256(b"\x01" + root_as_defined(begin, middle) + root_as_defined(middle, end)).digest()


def proof_as_defined(old: int, begin: int, end: int, *, whole: bool) -> list[bytes]:
    """Give SUBPROOF(old, D[begin:end], whole) as RFC 6962, 2.1.2 defines it."""
    if old == end - begin:
        return [] if whole else [root_as_defined(begin, end)]
    half = 1 << ((end - begin - 1).bit_length() - 1)
    if old <= half:
        return [*proof_as_defined(old, begin, begin + half, whole=whole), root_as_defined(begin + half, end)]
    beyond = proof_as_defined(old - half, begin + half, end, whole=False)
    return [*beyond, root_as_defined(begin, begin + half)]


SIZES = st.one_of(st.integers(1, 40), st.integers(250, 262), st.integers(505, 520), st.integers(1, MOST))


@given(size=SIZES, choice=st.data())
def test_a_leaf_is_in_the_tree_by_both_hands(size: int, choice: st.DataObject) -> None:
    """The same root, and the same path but for the leaf itself, which pymerkle puts before it."""
    index = choice.draw(st.integers(0, size - 1))
    tree, other = ours(size), peer(size)
    assert tree.root == other.get_root()
    proof = other.prove_inclusion(index + 1)
    verify_inclusion(leaf_hash(leaf(index)), tree.root, proof)
    assert proof.path == [leaf_hash(leaf(index)), *tree.path(index)]
    assert root_by_path(leaf_hash(leaf(index)), index, size, tree.path(index)) == tree.root


@given(size=SIZES, choice=st.data())
def test_a_tree_begins_another_by_both_hands(size: int, choice: st.DataObject) -> None:
    """The specification's own: 273 whole and one of 112, one whole and one of 17, one of 1; and its edges."""
    old = choice.draw(st.integers(1, size))
    tree, other = ours(size), peer(size)
    proof = other.prove_consistency(old, size)
    verify_consistency(tree.root_at(old), tree.root, proof)
    found = tree.consistency(old)
    assert found == tuple(proof_as_defined(old, 0, size, whole=True))
    assert tree.root_at(old) == peer(old).get_root()
    check_consistency(old, tree.root_at(old), size, tree.root, found)
    for wrong_old, wrong_new in ((bytes(32), tree.root), (tree.root_at(old), bytes(32))):
        with pytest.raises(Refused) as refusal:
            check_consistency(old, wrong_old, size, wrong_new, found)
        assert refusal.value.code is Code.EVIDENCE_MISMATCH
    for other_proof in (found[:-1], (*found, bytes(32))):
        if other_proof != found:
            with pytest.raises(Refused):
                check_consistency(old, tree.root_at(old), size, tree.root, other_proof)


def test_every_pair_of_small_trees() -> None:
    """All proofs between trees of up to 33 leaves; a proof of one pair proves no other."""
    trees = {size: ours(size) for size in range(1, 34)}
    for size, tree in trees.items():
        for old in range(size + 1):
            proof = tree.consistency(old)
            check_consistency(old, tree.root_at(old), size, tree.root, proof)
            for wrong in range(1, size):
                if wrong != old:
                    with pytest.raises(Refused):
                        check_consistency(wrong, tree.root_at(old), size, tree.root, proof)


def test_the_empty_tree_begins_every_tree() -> None:
    """With no proof, as a witness that never saw the log takes it; a larger tree begins no smaller one."""
    tree = ours(5)
    assert tree.root_at(0) == EMPTY_ROOT
    check_consistency(0, EMPTY_ROOT, 5, tree.root, tree.consistency(0))
    with pytest.raises(Refused):
        check_consistency(0, bytes(32), 5, tree.root, ())
    with pytest.raises(Refused):
        check_consistency(6, tree.root, 5, tree.root, ())
    with pytest.raises(Refused):
        tree.consistency(6)
    with pytest.raises(Refused):
        tree.path(5)


def test_a_hash_that_is_missing_is_said_so() -> None:
    """Tiles that are cut short give no root."""
    tree = TileTree(300, lambda _level, _number: [bytes(32)])
    with pytest.raises(Refused) as refusal:
        tree.root  # noqa: B018 - it is computed when it is read
    assert refusal.value.code is Code.EVIDENCE_MISMATCH


def test_the_tiles_of_the_specifications_example() -> None:
    """70,000 leaves: 273 and one of 112, one and one of 17, one of 1 (C2SP)."""
    tiles = tiles_of(70_000)
    by_level = [[width for level, _, width in tiles if level == one] for one in range(3)]
    assert by_level == [[TILE] * 273 + [112], [TILE, 17], [1]]
    assert tiles_of(256) == ((0, 0, 256), (1, 0, 1))
    assert tiles_of(70_001, 70_000) == ((0, 273, 113), (1, 1, 17), (2, 0, 1))
    assert tiles_of(0) == ()


@pytest.mark.parametrize(
    ("kind", "number", "width", "name"),
    [
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (1, 0, 256, "tile/1/000"),
        ("entries", 273, 112, "tile/entries/273.p/112"),
        (0, 1000, 1, "tile/0/x001/000.p/1"),
    ],
)
def test_the_names_of_tiles(kind: int | str, number: int, width: int, name: str) -> None:
    """As the specification writes them."""
    assert tile_name(kind, number, width) == name
