"""Keys that are the same in every run, so that what was signed for the corpus verifies; nothing real is theirs."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.protocol.cose import SigningKey
from konbini.protocol.sealing import OpeningKey

__all__ = ["ed25519", "opening_key", "p256", "p384", "pem", "signing_key"]


def _drawn(name: str) -> bytes:
    return hashlib.sha256(f"fuzzing: {name}".encode()).digest()


def p256(name: str) -> ec.EllipticCurvePrivateKey:
    """Give the P-256 key of a name."""
    return ec.derive_private_key(int.from_bytes(_drawn(name)) >> 1, ec.SECP256R1())


def p384(name: str) -> ec.EllipticCurvePrivateKey:
    """Give the P-384 key of a name."""
    return ec.derive_private_key(int.from_bytes(_drawn(name)), ec.SECP384R1())


def signing_key(name: str) -> SigningKey:
    """Give the key of our messages of a name."""
    return SigningKey(p256(name))


def ed25519(name: str) -> Ed25519PrivateKey:
    """Give the Ed25519 key of a name."""
    return Ed25519PrivateKey.from_private_bytes(_drawn(name))


def opening_key(name: str) -> OpeningKey:
    """Give the key of our seals of a name."""
    return OpeningKey.from_bytes(_drawn(f"{name} 1") + _drawn(f"{name} 2") + _drawn(f"{name} 3"))


def pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    """Write a key as an unencrypted PKCS#8."""
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, shape, serialization.NoEncryption())
