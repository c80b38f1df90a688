"""The keyed hash: one domain says nothing in another, and without the key nothing is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.ward_server.storage.keyed_hash import KeyedHash

KEY = KeyedHash(bytes(range(32)))


@given(st.tuples(st.binary(max_size=6), st.binary(max_size=6)), st.tuples(st.binary(max_size=6), st.binary(max_size=6)))
def test_two_cards_have_one_hash_only_if_they_are_one(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> None:
    """Issuer and serial are framed: bytes cannot move from one to the other."""
    assert (KEY.card(*one) == KEY.card(*other)) == (one == other)


def test_another_key_gives_another_hash() -> None:
    """A stolen file alone finds nobody."""
    assert KEY.card(b"issuer", b"\x01") != KeyedHash(bytes(32)).card(b"issuer", b"\x01")


def test_domains_are_apart() -> None:
    """A resident's hash is not the hash of a measure of theirs, nor of another municipality's resident."""
    hashes = {
        KEY.resident("999001", "1"),
        KEY.resident("999002", "1"),
        KEY.restriction("999001", "1", 3, "a"),
        KEY.restriction("999001", "1", 4, "a"),
    }
    assert len(hashes) == 4


def test_a_short_key_stops_the_start() -> None:
    """32 bytes, nothing else."""
    with pytest.raises(ValueError, match="32 bytes"):
        KeyedHash(b"short")
