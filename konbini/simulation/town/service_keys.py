"""The keys that a town's services sign and open with: how they are made for their files."""

from __future__ import annotations

from typing import Final, Protocol

from konbini.protocol.sealing import OpeningKey
from konbini.simulation.town.pki.authority import key_pem, new_p256_key

__all__ = ["REAL_KEYS", "RealKeys", "ServiceKeys"]


class ServiceKeys(Protocol):
    """Makes keys for a town."""

    def signing_file(self) -> bytes:
        """Make a key to sign with, as `konbini.protocol.cose.SigningKey.from_pem` reads it."""

    def opening(self) -> OpeningKey:
        """Make a key to be sealed to."""


class RealKeys:
    """Keys from the operating system's entropy."""

    def signing_file(self) -> bytes:
        """See `ServiceKeys`."""
        return key_pem(new_p256_key())

    def opening(self) -> OpeningKey:
        """See `ServiceKeys`."""
        return OpeningKey.generate()


REAL_KEYS: Final = RealKeys()
