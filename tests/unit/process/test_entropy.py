"""Tokens have the length asked for; seeded ones come out the same each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.entropy import Entropy, SystemEntropy
from konbini.simulation.entropy import SeededEntropy


@pytest.mark.parametrize("entropy", [SystemEntropy(), SeededEntropy(1)])
def test_token_has_the_length_asked_for(entropy: Entropy) -> None:
    """16 bytes are 16 bytes, and the next ones differ."""
    first, second = entropy.token(16), entropy.token(16)
    assert len(first) == len(second) == 16
    assert first != second


@pytest.mark.parametrize("entropy", [SystemEntropy(), SeededEntropy(1)])
@pytest.mark.parametrize("n", [0, -1])
def test_an_empty_token_is_refused(entropy: Entropy, n: int) -> None:
    """Nobody gets a key of no bytes."""
    with pytest.raises(ValueError, match="at least one byte"):
        entropy.token(n)


@given(seed=st.integers() | st.binary(), lengths=st.lists(st.integers(1, 64), min_size=1, max_size=8))
def test_one_seed_gives_one_stream(seed: int | bytes, lengths: list[int]) -> None:
    """A run can be repeated from its seed alone."""
    left, right = SeededEntropy(seed), SeededEntropy(seed)
    assert [left.token(n) for n in lengths] == [right.token(n) for n in lengths]


@given(st.integers(), st.integers())
def test_seeds_share_nothing(left: int, right: int) -> None:
    """Different seeds give different tokens."""
    assert (SeededEntropy(left).token(32) == SeededEntropy(right).token(32)) == (left == right)
