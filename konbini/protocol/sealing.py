"""Sealing end to end: HPKE (RFC 9180), base mode, ML-KEM-768+X25519 / HKDF-SHA256 / AES-256-GCM.

Everything sealed is padded to one of four sizes before it is sealed, so that the center learns no more from a
length than the kind of message that it reads anyway; a refusal has the size of what it stands for.

As with `konbini.protocol.cose`, a key is of the kind that its own bytes say, and no service knows more than one.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from konbini.protocol.cose import Context
from konbini.protocol.errors import Code, Refused

__all__ = ["PUBLIC_BYTES", "SEAL_BYTES", "OpeningKey", "SealedSize", "SealingKey"]

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = _MLKEM_PUBLIC_BYTES + 32
"""A public key: the ML-KEM-768 encapsulation key, then the X25519 key."""
SEAL_BYTES = 1120 + 16
"""What sealing adds: the encapsulated key and the tag."""
_LENGTH_BYTES = 4
_NO_COEFFICIENTS = b"\xff\xff\xff"
"""No two coefficients of ML-KEM (FIPS 203, 4.2.1): they are below 3329, and these are 4095."""
_KIND_BYTES = 16


class SealedSize(IntEnum):
    """The sizes of what is sealed, in bytes before sealing."""

    SMALL = 4 * 1024
    MEDIUM = 16 * 1024
    DOCUMENT = 128 * 1024
    LARGE_DOCUMENT = 512 * 1024


class SealingKey:
    """A public key that one seals to."""

    _kinds: ClassVar[dict[bytes, type[SealingKey]]] = {}
    """Other kinds of key, by their first 16 bytes: no encapsulation key of ML-KEM begins so."""

    def __init_subclass__(cls, *, begins: bytes) -> None:
        if len(begins) != _KIND_BYTES or not begins.startswith(_NO_COEFFICIENTS):
            raise ValueError("a real key may begin so, or not so many bytes tell a kind")
        SealingKey._kinds[begins] = cls

    def __new__(cls, public: bytes) -> SealingKey:  # noqa: PYI034 - the bytes may be a subclass's
        """Make a key of the kind that its bytes say."""
        return object.__new__(SealingKey._kinds.get(public[:_KIND_BYTES], cls))

    def __init__(self, public: bytes) -> None:
        """Take the key's 1,216 bytes.

        Raises:
            Refused: `MALFORMED`.
        """
        if len(public) != PUBLIC_BYTES:
            raise Refused(Code.MALFORMED, "not a sealing key")
        try:
            self._key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
            )
        except ValueError as error:
            raise Refused(Code.MALFORMED, "not a sealing key") from error
        self.public = public
        self.key_id = hashlib.sha256(public).digest()[:8]

    def seal(self, content: bytes, context: Context, *sizes: SealedSize) -> bytes:
        """Pad to the first of `sizes` that holds the content, and seal.

        Raises:
            Refused: `OVERSIZE`, no size holds it; `MALFORMED`, the key's X25519 half is a point of small order.
        """
        for size in sizes:
            if len(content) + _LENGTH_BYTES <= size:
                padded = (len(content).to_bytes(_LENGTH_BYTES) + content).ljust(size, b"\0")
                return self._encrypt(padded, context)
        raise Refused(Code.OVERSIZE, f"{context.kind.name} of {len(content)} bytes")

    def _encrypt(self, padded: bytes, context: Context) -> bytes:
        try:
            return _SUITE.encrypt(padded, self._key, context.to_bytes())
        except ValueError as error:  # a shared secret of noughts (RFC 7748, section 6.1)
            raise Refused(Code.MALFORMED, "not a sealing key") from error


class OpeningKey:
    """A private key in memory: a visit's, a device's, or a ward's prekey."""

    _kinds: ClassVar[dict[bytes, type[OpeningKey]]] = {}
    """Other kinds of key, by how their files begin."""

    def __init_subclass__(cls, *, begins: bytes) -> None:
        OpeningKey._kinds[begins] = cls

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        """Take both halves."""
        self._mlkem, self._x25519 = mlkem, x25519
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.sealing = SealingKey(
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw(),
        )

    @classmethod
    def generate(cls) -> OpeningKey:
        """Make a fresh key from the operating system's entropy."""
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, private: bytes) -> OpeningKey:
        """Read a key that `to_bytes` gave: the ML-KEM seed of 64 bytes, then the X25519 key of 32.

        Raises:
            ValueError: not such a key.
        """
        for begins, kind in OpeningKey._kinds.items():
            if cls is not kind and private.startswith(begins):
                return kind.from_bytes(private)
        return cls(
            MLKEM768PrivateKey.from_seed_bytes(private[:64]),
            X25519PrivateKey.from_private_bytes(private[64:]),
        )

    def to_bytes(self) -> bytes:
        """Give the private key's 96 bytes, for a device's own key file."""
        return self._mlkem.private_bytes_raw() + self._x25519.private_bytes_raw()

    def open(self, sealed: bytes, context: Context) -> bytes:
        """Open a seal and take the padding off.

        Raises:
            Refused: `MALFORMED`, not sealed to this key in this context, or of a size that nobody sends.
        """
        if len(sealed) - SEAL_BYTES not in set(SealedSize):
            raise Refused(Code.MALFORMED, f"{context.kind.name}: no size of ours")
        try:
            padded = self._decrypt(sealed, context)
        except (InvalidTag, ValueError) as error:  # ValueError: an encapsulated point of small order
            raise Refused(Code.MALFORMED, f"{context.kind.name}: does not open") from error
        length = int.from_bytes(padded[:_LENGTH_BYTES])
        content, padding = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
        if len(content) != length or padding != bytes(len(padding)):
            raise Refused(Code.MALFORMED, f"{context.kind.name}: padding")
        return content

    def _decrypt(self, sealed: bytes, context: Context) -> bytes:
        """Open a seal; raises `InvalidTag` or `ValueError`."""
        return _SUITE.decrypt(sealed, self._key, context.to_bytes())
