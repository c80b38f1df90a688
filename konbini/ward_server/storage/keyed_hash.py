"""Looking up what must not stand in a table in the clear: HMAC-SHA-256 under a key of the ward.

Each use has a domain of its own, so that a hash of one table says nothing in another. The hash of a card's serial
(コンビニ交付シリアル番号) finds its resident; the hash of a resident finds the protective measures, so that a stolen
file does not even show who is protected.
"""

from __future__ import annotations

import hmac

from konbini.protocol.codec import Value, encode
from konbini.protocol.kinds import PROTOCOL

__all__ = ["KeyedHash"]

_KEY_BYTES = 32


class KeyedHash:
    """HMAC-SHA-256 over framed arrays, under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        """Take the key.

        Raises:
            ValueError: another length than 32 bytes.
        """
        if len(key) != _KEY_BYTES:
            raise ValueError("the key of a keyed hash has 32 bytes")
        self._key = key

    def __repr__(self) -> str:
        return "KeyedHash(...)"

    def card(self, issuer_key_id: bytes, serial: bytes) -> bytes:
        """Hash a card's serial."""
        return self._digest("card", issuer_key_id, serial)

    def resident(self, municipality: str, resident: str) -> bytes:
        """Hash a resident's id."""
        return self._digest("resident", municipality, resident)

    def restriction(self, municipality: str, resident: str, kind: int, name: str) -> bytes:
        """Hash which protective measure or hold of which resident."""
        return self._digest("restriction", municipality, resident, kind, name)

    def _digest(self, domain: str, *parts: Value) -> bytes:
        return hmac.digest(self._key, encode([f"{PROTOCOL} keyed hash", domain, *parts]), "sha256")
