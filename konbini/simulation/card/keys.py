"""The keys that cards hold, and what a card's chip does with one.

An RSA card pads the DigestInfo that it is handed, whatever it is (RFC 8017, 8.2.1 without the steps 1 and 2 of
EMSA-PKCS1-v1_5); a P-384 card signs a digest of 48 octets and answers with an ECDSA-Sig-Value. How the real card of
fiscal 2028 will take it is not published.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed

from konbini.protocol.visits import CARD_ES384, CARD_RS256

__all__ = ["CardKey", "algorithm_of", "sign_message", "sign_prepared", "signature_room", "takes_prepared"]

CardKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_PKCS1_OVERHEAD = 11  # RFC 8017, 9.2: 00 01, at least eight FF, 00
_DER_OVERHEAD = 8  # RFC 3279, 2.2.3: the heads of a SEQUENCE and two INTEGERs, and a leading zero in each
_SHA384 = hashes.SHA384()


def takes_prepared(key: CardKey, length: int) -> bool:
    """Whether the card signs something of this length: an RSA key what fits its padding, P-384 a digest."""
    if isinstance(key, rsa.RSAPrivateKey):
        return 0 < length <= key.key_size // 8 - _PKCS1_OVERHEAD
    return length == _SHA384.digest_size


def signature_room(key: CardKey) -> int:
    """The octets that an answer with a signature may take."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.key_size // 8
    return 2 * ((key.key_size + 7) // 8) + _DER_OVERHEAD


def sign_prepared(key: CardKey, prepared: bytes) -> bytes:
    """Sign as the chip does."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(prepared, padding.PKCS1v15(), NoDigestInfo())
    return key.sign(prepared, ec.ECDSA(Prehashed(_SHA384)))


def sign_message(key: CardKey, message: bytes) -> bytes:
    """What card and reader make of a message together: hashed as the key calls for, then signed."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(_SHA384))


def algorithm_of(key: CardKey) -> int:
    """The COSE number of the key's algorithm."""
    return CARD_RS256 if isinstance(key, rsa.RSAPrivateKey) else CARD_ES384
