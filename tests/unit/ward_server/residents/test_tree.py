"""The tree by which two holders find where they differ, and the rows that hang on it."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.held import (
    HeldRow,
    held_bar,
    held_link,
    held_record,
    held_seal,
    leaf_of,
    rows_differ,
)
from konbini.ward_server.residents.tree import CHILDREN, Tree, children_differ, leaf_hash, place, tree_hash

LEAVES = st.dictionaries(st.text(alphabet="0123456789", min_size=1, max_size=10), st.binary(min_size=32, max_size=32))


def tree_of(leaves: dict[str, bytes]) -> Tree:
    """Build a tree."""
    return Tree(sorted(leaves.items()))


def differing(ours: Tree, theirs: Tree) -> set[str]:
    """Go down as whoever compares does, and give the residents whose leaves differ."""
    found: set[str] = set()
    for branch in children_differ(b"", ours.children(b""), theirs.children(b"")):
        for at in children_differ(branch, ours.children(branch), theirs.children(branch)):
            mine, other = dict(ours.bucket(at)), dict(theirs.bucket(at))
            found |= {one for one in mine.keys() | other.keys() if mine.get(one) != other.get(one)}
    return found


def test_hashes_are_those_of_rfc_6962() -> None:
    """The roots of 0 to 8 leaves of the test vectors that certificate-transparency implementations share."""
    inputs = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    leaves = [leaf_hash(bytes.fromhex(text)) for text in inputs]
    roots = [tree_hash(leaves[:count]).hex() for count in range(9)]
    assert roots[0] == hashlib.sha256().hexdigest()
    assert roots[1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[2] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert roots[3] == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert roots[8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(ours=LEAVES, theirs=LEAVES)
def test_exactly_the_residents_that_differ_are_found(ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    """One too many, one too few, one that is another: each, and nobody else."""
    expected = {one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one)}
    assert differing(tree_of(ours), tree_of(theirs)) == expected
    assert (tree_of(ours).root() == tree_of(theirs).root()) == (not expected)


@given(leaves=LEAVES)
def test_every_part_hashes_up_to_the_root(leaves: dict[str, bytes]) -> None:
    """Whoever is handed children or a bucket checks them against the hash above."""
    tree = tree_of(leaves)
    children = tree.children(b"")
    assert len(children) == CHILDREN
    assert tree_hash(children) == tree.root()
    for resident in leaves:
        at = place(resident)
        buckets = tree.children(at[:1])
        assert tree_hash(buckets) == children[at[0]]
        assert tree_hash([leaf for _resident, leaf in tree.bucket(at)]) == buckets[at[1]]


CARD = CardSerial(issuer_key_id=b"issuer", serial=b"\x01")
ROWS = (
    held_record(1, bytes(32), "2000000001", present=True),
    held_link(CARD, 1, 20240401, 20290331, ended=False),
    held_seal(1, bytes(32), in_force=True),
    held_bar(FeedKind.MEASURE, "S-1", 1, in_force=True),
    held_bar(FeedKind.HOLD, "S-1", 1, in_force=True),
)


@given(order=st.permutations(ROWS))
def test_a_leaf_does_not_depend_on_the_order_of_reading(order: list[HeldRow]) -> None:
    """Two stores read their rows in their own order."""
    assert leaf_of(order) == leaf_of(ROWS)
    assert rows_differ(order, ROWS) == ()


def test_each_difference_is_named_by_kind_and_in_what() -> None:
    """Missing, too much, another version, other contents."""
    others = (
        held_record(1, bytes(32), "2000000002", present=True),
        held_link(CARD, 2, 20240401, 20290331, ended=True),
        held_seal(1, bytes(32), in_force=False),
        held_bar(FeedKind.HOLD, "S-2", 1, in_force=True),
        ROWS[3],
    )
    assert set(rows_differ(others, ROWS)) == {
        (FeedKind.RECORD, "version 1 with other contents"),
        (FeedKind.LINK, "version 2, at the registry 1"),
        (FeedKind.SEAL, "version 1 with other contents"),
        (FeedKind.HOLD, "missing here"),
        (FeedKind.HOLD, "not at the registry"),
    }
    assert leaf_of(others) != leaf_of(ROWS)
    assert leaf_of((held_bar(FeedKind.MEASURE, "S-1", 1, in_force=False),)) != leaf_of(ROWS[2:3])
