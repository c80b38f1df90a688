"""The receipt's code: what a visit's own entries in the published logs are found and opened with, and nothing else.

    code     SHA-256(CBOR ["konbini/1 receipt code", v, visit keys]) modulo 10^30: thirty digits
    locator  the name of the visit's file: 16 bytes drawn from the code, in hexadecimal
    file     AES-SIV under a key drawn from the code, over [[log, position, salt, entry], ...], padded to a set size

Kiosk and ward compute the code from what both know and the center does not: the visit's public keys cross it sealed,
and it sees their hash alone. Digits, since they are read in every language of the screen and said by its voices; thirty
of them (nearly 100 bits), so that whoever has many files cannot guess one code among them. The same content gives the
same file, so that publishing again changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL
from konbini.protocol.shape import Digest, Sized, UpTo, from_bytes, to_bytes
from konbini.protocol.tickets import VisitKeys

__all__ = ["MOST_VISIT_FILE_BYTES", "ReceiptCode", "VisitEntries", "VisitEntry"]

MOST_VISIT_FILE_BYTES: Final = 1 << 20
_DIGITS, _GROUP = 30, 5
_PAGE: Final = 4096
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEntry:
    """One entry of a visit: in which log and where, and what opens its commitment there."""

    log: Annotated[str, UpTo(128)]
    position: Annotated[int, UpTo(2**53)]
    salt: Annotated[bytes, Sized(32)]
    entry: Annotated[bytes, UpTo(4096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEntries:
    """All of a visit, by log and position."""

    entries: tuple[VisitEntry, ...]


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """A code of thirty digits."""

    digits: str

    @classmethod
    def of(cls, visit: Digest, keys: VisitKeys) -> ReceiptCode:
        """Compute a visit's code; `visit` is v."""
        digest = hashlib.sha256(encode([f"{PROTOCOL} receipt code", visit, to_bytes(keys)])).digest()
        return cls(f"{int.from_bytes(digest) % 10**_DIGITS:0{_DIGITS}d}")

    @classmethod
    def parse(cls, typed: str) -> ReceiptCode:
        """Read what somebody typed, with dashes and spaces or without.

        Raises:
            Refused: `MALFORMED`.
        """
        digits = typed.replace("-", "").replace(" ", "")
        if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
            raise Refused(Code.MALFORMED, "a receipt's code has thirty digits")
        return cls(digits)

    def __str__(self) -> str:
        return "-".join(self.digits[place : place + _GROUP] for place in range(0, _DIGITS, _GROUP))

    @property
    def locator(self) -> str:
        """The name of the visit's file."""
        return self._drawn("locator", 16).hex()

    def seal(self, entries: VisitEntries) -> bytes:
        """Make the visit's file."""
        content = to_bytes(entries)
        framed = len(content).to_bytes(_LENGTH_BYTES) + content
        return AESSIV(self._drawn("file", 64)).encrypt(framed + bytes(-len(framed) % _PAGE), None)

    def open(self, data: bytes) -> VisitEntries:
        """Open the visit's file.

        Raises:
            Refused: `SIGNATURE_INVALID`: it is not this visit's, or was changed; `OVERSIZE`, `MALFORMED`.
        """
        if len(data) > MOST_VISIT_FILE_BYTES:
            raise Refused(Code.OVERSIZE, "a visit's file")
        try:
            framed = AESSIV(self._drawn("file", 64)).decrypt(data, None)
        except (InvalidTag, ValueError) as error:
            raise Refused(Code.SIGNATURE_INVALID, "the file is not this visit's, or was changed") from error
        length = int.from_bytes(framed[:_LENGTH_BYTES])
        return from_bytes(VisitEntries, framed[_LENGTH_BYTES : _LENGTH_BYTES + length], MOST_VISIT_FILE_BYTES)

    def _drawn(self, use: str, length: int) -> bytes:
        info = encode([f"{PROTOCOL} receipt code", use])
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(self.digits.encode("ascii"))
