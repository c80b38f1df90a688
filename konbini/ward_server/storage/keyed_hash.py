"""Looking up what must not stand in a table in the clear: HMAC-SHA-256 under a key of the ward.

Each use has a domain of its own, so that a hash of one table says nothing in another. The hash of a card's serial
(コンビニ交付シリアル番号) finds its resident; the hash of a resident finds the protective measures, so that a stolen
file does not even show who is protected.

What a hash stands for can be kept beside it, hidden under the same key and bound to its row (AES-SIV, RFC 5297): a
reconcile must know which card and which measure a row is about, and a row whose hash was changed or swapped does not
open. It is deterministic, so that nothing random is needed where a row is written; equal contents differ by their rows.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from konbini.protocol.codec import encode_checked
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL

__all__ = ["KeyedHash"]

_KEY_BYTES = 32
_DOMAIN = f"{PROTOCOL} keyed hash"
_ID_BYTES = 8


class KeyedHash:
    """HMAC-SHA-256 over framed arrays, under one key of 32 bytes; `key_id` names the key and says nothing of it."""

    def __init__(self, key: bytes) -> None:
        """Take the key.

        Raises:
            ValueError: another length than 32 bytes.
        """
        if len(key) != _KEY_BYTES:
            raise ValueError("the key of a keyed hash has 32 bytes")
        self._key = key
        self.key_id = hmac.digest(key, f"{PROTOCOL} id of a lookup key".encode(), "sha256")[:_ID_BYTES]
        self._hidden = AESSIV(hmac.digest(key, f"{PROTOCOL} hidden beside a keyed hash".encode(), "sha512"))

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

    def number(self, kind: int, number: str) -> bytes:
        """Hash a number that is given to one resident in all time; its key holds nothing else."""
        return self._digest("given number", kind, number)

    def difference(self, kind: int, resident: str, what: str) -> bytes:
        """Hash what differs between the registry and a copy of it."""
        return self._digest("difference", kind, resident, what)

    def hide(self, table: str, row: bytes, content: bytes) -> bytes:
        """Hide what the row of a table is about."""
        return self._hidden.encrypt(content, [table.encode(), row])

    def reveal(self, table: str, row: bytes, hidden: bytes) -> bytes:
        """Give what `hide` hid for this very row.

        Raises:
            Refused: `SEAL_BROKEN`: another row's, another key's, or changed.
        """
        try:
            return self._hidden.decrypt(hidden, [table.encode(), row])
        except InvalidTag as error:
            raise Refused(Code.SEAL_BROKEN, f"{table}: hidden for another row, or changed") from error

    def _digest(self, domain: str, *parts: str | bytes | int) -> bytes:
        return hmac.digest(self._key, encode_checked([_DOMAIN, domain, *parts]), "sha256")
