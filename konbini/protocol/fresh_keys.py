"""Where fresh keys come from: a visit's, a ward's prekeys and its message key of the day."""

from __future__ import annotations

from typing import Final, Protocol

from konbini.protocol.cose import SigningKey
from konbini.protocol.sealing import OpeningKey

__all__ = ["SYSTEM_KEYS", "FreshKeys", "SystemKeys"]


class FreshKeys(Protocol):
    """Makes keys that nobody had before."""

    def signing(self) -> SigningKey:
        """Make a key to sign with."""

    def opening(self) -> OpeningKey:
        """Make a key to be sealed to."""


class SystemKeys:
    """Keys from the operating system's entropy."""

    def signing(self) -> SigningKey:
        """See `FreshKeys`."""
        return SigningKey.generate()

    def opening(self) -> OpeningKey:
        """See `FreshKeys`."""
        return OpeningKey.generate()


SYSTEM_KEYS: Final = SystemKeys()
