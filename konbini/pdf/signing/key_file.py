"""A key from a file: the way of demonstrations and tests. A ward's key lives in a token (`token_key`)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from konbini.pdf.algorithms import Algorithm
from konbini.pdf.signing.port import certified_key

__all__ = ["KeyFileSigner"]


class KeyFileSigner:
    """A key from a file.

    Args:
        key: PEM, PKCS #8 without a passphrase; of a kind that `Algorithm` lists.
        certificates: DER, see `Signer`.

    Raises:
        ValueError: another kind of key, or not the certificate's key.
    """

    __slots__ = ("_key", "algorithm", "certificates")

    def __init__(self, key: bytes, certificates: Sequence[bytes]) -> None:
        loaded = serialization.load_pem_private_key(key, password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("a paper-signing key is RSA or on a curve")  # noqa: TRY004 - the file's content is wrong
        self.algorithm = Algorithm.of_key(loaded.public_key())
        if loaded.public_key() != certified_key(certificates):
            raise ValueError("the key is not that of the signing certificate")
        self._key = loaded
        self.certificates = tuple(certificates)

    def sign(self, data: bytes) -> bytes:
        """See `Signer`; a key in memory refuses nothing."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(self.algorithm.hash))
        return self._key.sign(data, padding.PKCS1v15(), self.algorithm.hash)
