"""Keys of the world: keyed hashes in the place of signatures and key encapsulation, of the same sizes.

They hold against everything that a fault of the world does, as the real ones do: another key, another context, a
changed byte. They hold against no forger: what checks a signature makes it too, so that nobody's secret is in them.
Everything follows from the seed and from what is signed or sealed, so that one seed gives one run.

A key of the world is told by its first bytes, with which no real one begins; this module has to be imported before one
is read, and `konbini.simulation` alone may (a contract in pyproject.toml, and `tests/unit/house/test_key_kinds.py`).
What is sealed is really encrypted: AES-256-GCM costs less than any hash.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from konbini.protocol.cose import Context, SigningKey, VerifyingKey, bytes_to_sign, signature_parts
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import PUBLIC_BYTES, OpeningKey, SealingKey

__all__ = ["WorldKeys", "WorldOpeningKey", "WorldSealingKey", "WorldSigningKey", "WorldVerifyingKey"]

_POINT: Final = b"\x53world: "
_PUBLIC: Final = b"\xff\xff\xffkonbini world"
_FILE: Final = b"signing key of a simulated world: "
_OPENING_FILE: Final = b"opening key of a simulated world"
_SECRET_BYTES: Final = 32
_POINT_BYTES: Final = 65
_SIGNATURE_BYTES: Final = 64
_PRIVATE_BYTES: Final = 96
_ENCAPSULATED_BYTES: Final = 1120
_LOOKED_AT: Final = 4096
_NONCE: Final = bytes(12)


class WorldVerifyingKey(VerifyingKey, begins=_POINT):
    """A public key that checks signatures of the world."""

    def __init__(self, point: bytes) -> None:  # its own bytes alone: nothing of the real key is made
        """Take a point of 65 bytes.

        Raises:
            Refused: `MALFORMED`.
        """
        if len(point) != _POINT_BYTES or not point.startswith(_POINT):
            raise Refused(Code.MALFORMED, "not a point of the world")
        self.point = point
        self.key_id = hashlib.sha256(point).digest()[:8]

    def open(self, message: bytes, context: Context) -> bytes:
        """Check the signature and give the payload; see `VerifyingKey`."""
        try:
            payload, signature = signature_parts(message)
        except Refused as refused:
            raise Refused(Code.SIGNATURE_INVALID, f"{context.kind.name}: not our COSE_Sign1") from refused
        if not hmac.compare_digest(_signature(self.point, bytes_to_sign(payload, context)), signature):
            raise Refused(Code.SIGNATURE_INVALID, context.kind.name)
        return payload


class WorldSigningKey(SigningKey, begins=_FILE):
    """A private key that makes signatures of the world."""

    def __init__(self, secret: bytes) -> None:
        """Take a secret of 32 bytes.

        Raises:
            ValueError: of another length.
        """
        if len(secret) != _SECRET_BYTES:
            raise ValueError("a key of the world has 32 bytes")
        self._secret = secret
        self.verifying = WorldVerifyingKey(
            _POINT + hashlib.blake2b(secret, digest_size=_POINT_BYTES - len(_POINT)).digest()
        )

    @classmethod
    def from_pem(cls, pem: bytes) -> WorldSigningKey:
        """Read a file that `to_file` wrote.

        Raises:
            ValueError: it is none.
        """
        if not pem.startswith(_FILE):
            raise ValueError("no key of the world")
        return cls(bytes.fromhex(pem[len(_FILE) :].decode("ascii")))

    def to_file(self) -> bytes:
        """Write the key as a file."""
        return _FILE + self._secret.hex().encode("ascii") + b"\n"

    def _signature(self, to_sign: bytes) -> bytes:
        return _signature(self.verifying.point, to_sign)


class WorldSealingKey(SealingKey, begins=_PUBLIC):
    """A public key that one seals to."""

    def __init__(self, public: bytes) -> None:
        """Take the key's 1,216 bytes.

        Raises:
            Refused: `MALFORMED`.
        """
        if len(public) != PUBLIC_BYTES or not public.startswith(_PUBLIC):
            raise Refused(Code.MALFORMED, "not a sealing key of the world")
        self.public = public
        self.key_id = hashlib.sha256(public).digest()[:8]

    def _encrypt(self, padded: bytes, context: Context) -> bytes:
        info = context.to_bytes()
        told = hashlib.sha256(padded[:_LOOKED_AT] + info + self.key_id).digest()
        encapsulated = hashlib.shake_128(told).digest(_ENCAPSULATED_BYTES)
        return encapsulated + _sealed_by(self.public, encapsulated).encrypt(_NONCE, padded, info)


class WorldOpeningKey(OpeningKey, begins=_OPENING_FILE):
    """A private key that opens what is sealed to it."""

    def __init__(self, secret: bytes) -> None:
        """Take a secret of 32 bytes.

        Raises:
            ValueError: of another length.
        """
        if len(secret) != _SECRET_BYTES:
            raise ValueError("a key of the world has 32 bytes")
        self._secret = secret
        rest = hashlib.shake_128(b"konbini sealing" + secret).digest(PUBLIC_BYTES - len(_PUBLIC))
        self.sealing = WorldSealingKey(_PUBLIC + rest)

    @classmethod
    def from_bytes(cls, private: bytes) -> WorldOpeningKey:
        """Read a key that `to_bytes` gave.

        Raises:
            ValueError: not such a key.
        """
        if len(private) != _PRIVATE_BYTES or not private.startswith(_OPENING_FILE):
            raise ValueError("no key of the world")
        return cls(private[-_SECRET_BYTES:])

    def to_bytes(self) -> bytes:
        """Give the private key's 96 bytes."""
        return _OPENING_FILE.ljust(_PRIVATE_BYTES - _SECRET_BYTES) + self._secret

    def _decrypt(self, sealed: bytes, context: Context) -> bytes:
        key = _sealed_by(self.sealing.public, sealed[:_ENCAPSULATED_BYTES])
        return key.decrypt(_NONCE, memoryview(sealed)[_ENCAPSULATED_BYTES:], context.to_bytes())


class WorldKeys:
    """Fresh keys of one process of the world (`konbini.protocol.fresh_keys.FreshKeys`), or of a town's services.

    Args:
        token: draws so many bytes from the process's own chance.
    """

    def __init__(self, token: Callable[[int], bytes]) -> None:
        self._token = token

    def signing(self) -> WorldSigningKey:
        """Make a key to sign with."""
        return WorldSigningKey(self._token(_SECRET_BYTES))

    def signing_file(self) -> bytes:
        """Make a key to sign with, as a file."""
        return self.signing().to_file()

    def opening(self) -> WorldOpeningKey:
        """Make a key to be sealed to."""
        return WorldOpeningKey(self._token(_SECRET_BYTES))


def _signature(point: bytes, to_sign: bytes) -> bytes:
    return hashlib.blake2b(to_sign, digest_size=_SIGNATURE_BYTES, key=point[len(_POINT) :]).digest()


def _sealed_by(public: bytes, encapsulated: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(public + encapsulated).digest())
