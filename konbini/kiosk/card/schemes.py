"""How a card's key signs, told by the key in its certificate.

Owns the step from a message to what the card is handed, and the check of what it hands back. RSA of today's cards:
RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2), the card is handed the DigestInfo and pads it itself. P-384 of the cards
of fiscal 2028: ECDSA with SHA-384, the card is handed the digest and answers with an ECDSA-Sig-Value (RFC 5480; how the
real one will do it is not published). A card with another key is refused as one that this kiosk cannot use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from konbini.protocol.errors import Code, Refused
from konbini.protocol.visits import CARD_ES384, CARD_RS256

__all__ = ["EcdsaSha384", "RsaSha256", "SignatureScheme", "scheme_of"]

# RFC 8017, 9.2, note 1: the DER of DigestInfo up to the digest.
_DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
_RSA_BITS_LEAST = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaSha256:
    """RSASSA-PKCS1-v1_5 with SHA-256."""

    key: rsa.RSAPublicKey

    @property
    def algorithm(self) -> int:
        """The COSE number of this algorithm."""
        return CARD_RS256

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


@dataclass(frozen=True, slots=True, kw_only=True)
class EcdsaSha384:
    """ECDSA over P-384 with SHA-384."""

    key: ec.EllipticCurvePublicKey

    @property
    def algorithm(self) -> int:
        """The COSE number of this algorithm."""
        return CARD_ES384

    def prepare(self, message: bytes) -> bytes:
        """The digest that the card signs."""
        return hashlib.sha384(message).digest()

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether this is this key's signature over `message`."""
        try:
            self.key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
        except InvalidSignature:
            return False
        return True


SignatureScheme = RsaSha256 | EcdsaSha384


def scheme_of(certificate: bytes) -> SignatureScheme:
    """The scheme for the key in this certificate (DER).

    Raises:
        Refused: CARD_FAULT when this is no certificate, WRONG_CARD when its key is of no kind known here.
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except UnsupportedAlgorithm as error:
        raise Refused(Code.WRONG_CARD, "key of an unknown kind") from error
    except (ValueError, x509.InvalidVersion) as error:
        raise Refused(Code.CARD_FAULT, "the certificate file holds no certificate") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS_LEAST:
        return RsaSha256(key=key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1):
        return EcdsaSha384(key=key)
    raise Refused(Code.WRONG_CARD, f"key of an unknown kind: {type(key).__name__}")
