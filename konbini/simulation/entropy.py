"""Chance that comes out the same each time: for tests and the simulated town, never for a real key.

The stream is SHAKE-256 over (seed, number of the call), so that a run can be repeated from its seed alone.
"""

from __future__ import annotations

import hashlib

__all__ = ["SeededEntropy"]


class SeededEntropy:
    """A `konbini.process.entropy.Entropy` that a seed determines.

    Two objects with one seed give the same tokens in the same order; different seeds share nothing.
    """

    def __init__(self, seed: int | bytes) -> None:
        stem = seed if isinstance(seed, bytes) else str(seed).encode("ascii")
        self._stem = hashlib.sha256(stem).digest()
        self._calls = 0

    def token(self, n: int) -> bytes:
        """Return the next `n` bytes of the stream.

        Raises:
            ValueError: `n` is below 1.
        """
        if n < 1:
            raise ValueError("a token has at least one byte")
        self._calls += 1
        return hashlib.shake_256(self._stem + self._calls.to_bytes(8, "big")).digest(n)
