"""How a card's key signs, told by the key in its certificate.

Owns the step from a message to what the card is handed, and the check of what it hands back. One row today: RSA with
RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017, 8.2), where the card is handed the DigestInfo and pads it itself. A card with
another key is refused as a card that this kiosk cannot use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from konbini.protocol.errors import Code, Refused

__all__ = ["RsaSha256", "SignatureScheme", "scheme_of"]

# RFC 8017, 9.2, note 1: the DER of DigestInfo up to the digest.
_DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
_RSA_BITS_LEAST = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaSha256:
    """RSASSA-PKCS1-v1_5 with SHA-256."""

    key: rsa.RSAPublicKey

    def prepare(self, message: bytes) -> bytes:
        """The DigestInfo that the card signs."""
        return _DIGEST_INFO_SHA256 + hashlib.sha256(message).digest()

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether this is this key's signature over `message`."""
        try:
            self.key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


SignatureScheme = RsaSha256


def scheme_of(certificate: bytes) -> SignatureScheme:
    """The scheme for the key in this certificate (DER).

    Raises:
        Refused: CARD_FAULT when this is no certificate, WRONG_CARD when its key is of no kind known here.
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError as error:
        raise Refused(Code.CARD_FAULT, "the certificate file holds no certificate") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS_LEAST:
        return RsaSha256(key=key)
    raise Refused(Code.WRONG_CARD, f"key of an unknown kind: {type(key).__name__}")
