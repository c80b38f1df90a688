"""Chance as an argument: the port that use cases hold, and the kernel's generator behind it.

A reproducible one for tests and the simulated town is `konbini.simulation.entropy.SeededEntropy`.
"""

from __future__ import annotations

import secrets
from typing import Protocol

__all__ = ["Entropy", "SystemEntropy"]


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
