"""Tokens have the length asked for; seeded ones come out the same each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.entropy import DrawnAhead, Entropy, SystemEntropy
from konbini.simulation.entropy import SeededEntropy


@pytest.mark.parametrize("entropy", [SystemEntropy(), SeededEntropy(1), DrawnAhead(SystemEntropy())])
def test_token_has_the_length_asked_for(entropy: Entropy) -> None:
    """16 bytes are 16 bytes, and the next ones differ."""
    first, second = entropy.token(16), entropy.token(16)
    assert len(first) == len(second) == 16
    assert first != second


@pytest.mark.parametrize("entropy", [SystemEntropy(), SeededEntropy(1), DrawnAhead(SystemEntropy())])
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


class Counting:
    """Gives the numbers from 0 on, four bytes each, so that a byte given twice shows."""

    def __init__(self) -> None:
        self.given = bytearray()

    def token(self, n: int) -> bytes:
        """Give the next bytes."""
        begin = len(self.given)
        numbers = b"".join(number.to_bytes(4) for number in range(begin // 4, (begin + n) // 4 + 2))
        self.given += numbers[begin % 4 : begin % 4 + n]
        return bytes(self.given[begin:])


@given(lengths=st.lists(st.integers(1, 6000), max_size=20))
def test_what_is_drawn_ahead_is_given_once_and_in_order(lengths: list[int]) -> None:
    """A draught that does not suffice is left, and the next one is taken."""
    source = Counting()
    ahead, at = DrawnAhead(source), 0
    for length in lengths:
        token = ahead.token(length)
        found = source.given.index(token, at)
        assert len(token) == length
        at = found + length
