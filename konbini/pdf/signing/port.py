"""What signing asks of a key, wherever it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cryptography import x509

from konbini.pdf.algorithms import Algorithm, PublicKey

__all__ = ["Signer", "certified_key"]


class Signer(Protocol):
    """A paper-signing key."""

    @property
    def certificates(self) -> Sequence[bytes]:
        """DER: the signing certificate first, then its issuers up to, not including, the pinned authority."""

    @property
    def algorithm(self) -> Algorithm:
        """How the key signs."""

    def sign(self, data: bytes) -> bytes:
        """Sign the hash of `data` (`Algorithm.digest`): ECDSA as DER, or RSA with PKCS #1 v1.5 padding.

        Raises:
            Refused: `TOKEN_UNAVAILABLE`, `TOKEN_PIN_REFUSED`, `SIGNING_KEY_MISSING`: the key cannot be used, and
                nothing was signed.
        """


def certified_key(certificates: Sequence[bytes]) -> PublicKey:
    """Give the public key of a signing certificate, the first of `certificates`.

    Raises:
        ValueError: no certificate, or of a kind of key that signs no papers.
    """
    if not certificates:
        raise ValueError("a signing certificate is needed")
    key = x509.load_der_x509_certificate(certificates[0]).public_key()
    if not isinstance(key, PublicKey):
        raise ValueError("a paper-signing key is RSA or on a curve")  # noqa: TRY004 - the certificate's content is wrong
    Algorithm.of_key(key)
    return key
