"""How papers are signed: a closed list, by kind of key. Shared by those who sign and those who verify.

The digest goes with the key, so that neither is the weaker part: P-384 has SHA-384, the others SHA-256 (ETSI TS
119 312). One digest serves a signature throughout, for the document, for the signed attributes and in a time-stamp's
request (RFC 8933). RSA is padded by PKCS #1 v1.5, which every reader of PDF knows.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

__all__ = ["Algorithm", "PublicKey"]

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384"}


@unique
class Algorithm(Enum):
    """A kind of key and what goes with it."""

    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    P_256 = "P-256"
    P_384 = "P-384"

    @classmethod
    def of_key(cls, key: object) -> Algorithm:
        """Say how a public key signs.

        Raises:
            ValueError: a kind of key that signs no papers.
        """
        if isinstance(key, ec.EllipticCurvePublicKey):
            name = _CURVES.get(key.curve.name, key.curve.name)
        else:
            name = f"RSA-{key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__
        if name not in cls._value2member_map_:
            raise ValueError(f"a paper-signing key is {', '.join(one.value for one in cls)}, not {name}")
        return cls(name)

    @classmethod
    def of_certificate(cls, certificate: bytes) -> Algorithm:
        """Say how the key of a certificate (DER) signs.

        Raises:
            ValueError: no certificate, or of a kind of key that signs no papers.
        """
        return cls.of_key(x509.load_der_x509_certificate(certificate).public_key())

    @property
    def elliptic(self) -> bool:
        """Whether it is ECDSA."""
        return self in (Algorithm.P_256, Algorithm.P_384)

    @property
    def digest(self) -> str:
        """The digest's name, as `hashlib` and CMS have it."""
        return "sha384" if self is Algorithm.P_384 else "sha256"

    @property
    def hash(self) -> hashes.HashAlgorithm:
        """The digest, as `cryptography` has it."""
        return hashes.SHA384() if self is Algorithm.P_384 else hashes.SHA256()

    @property
    def longest_signature(self) -> int:
        """How many bytes a signature has at most; of RSA each has as many."""
        return _LONGEST[self]

    def holds(self, key: PublicKey, signature: bytes, data: bytes) -> bool:
        """Say whether a signature (ECDSA as DER) over the hash of `data` is that key's."""
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(self.hash))
            else:
                key.verify(signature, data, padding.PKCS1v15(), self.hash)
        except InvalidSignature:
            return False
        return True


_LONGEST: Final = {
    Algorithm.RSA_2048: 256,
    Algorithm.RSA_3072: 384,
    Algorithm.P_256: 2 + 2 * (2 + 33),  # a DER sequence of two integers, each with a leading nought
    Algorithm.P_384: 2 + 2 * (2 + 49),
}
