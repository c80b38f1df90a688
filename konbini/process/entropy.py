"""Chance as an argument: the port that use cases hold, and the kernel's generator behind it.

A reproducible one for tests and the simulated town is `konbini.simulation.entropy.SeededEntropy`.
"""

from __future__ import annotations

import secrets
from typing import Protocol

__all__ = ["DrawnAhead", "Entropy", "SystemEntropy"]

_AHEAD_BYTES = 4096


class Entropy(Protocol):
    """Where random bytes come from."""

    def token(self, n: int) -> bytes:
        """Return `n` bytes that nobody can foretell; `n` is at least 1."""


class SystemEntropy:
    """The kernel's generator."""

    __slots__ = ()

    def token(self, n: int) -> bytes:
        """Return `n` random bytes.

        Raises:
            ValueError: `n` is below 1; an empty token is always a fault of the caller.
        """
        if n < 1:
            raise ValueError("a token has at least one byte")
        return secrets.token_bytes(n)


class DrawnAhead:
    """Another's bytes, drawn some thousands at a time: for one who needs a few of them a hundred thousand times over.

    Each byte is given once. Limits: for one thread, in a process that does not fork; the last draught is in memory
    until the next, what was given of it too.
    """

    __slots__ = ("_at", "_drawn", "_source")

    def __init__(self, source: Entropy) -> None:
        self._source = source
        self._drawn = b""
        self._at = 0

    def token(self, n: int) -> bytes:
        """Return `n` random bytes.

        Raises:
            ValueError: `n` is below 1.
        """
        if n < 1:
            raise ValueError("a token has at least one byte")
        begin, end = self._at, self._at + n
        if end > len(self._drawn):
            self._drawn = self._source.token(max(n, _AHEAD_BYTES))
            begin, end = 0, n
        self._at = end
        return self._drawn[begin:end]
