"""Whether an assertion of a passkey holds (WebAuthn 7.2): judged here, for the console and for each process."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.signed_acts.proof import Assertion

__all__ = ["ALGORITHMS", "check_assertion", "check_public_key", "read_origin"]

ALGORITHMS: Final = (COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA)
"""What passkeys may sign with."""
_COORDINATE: Final = 32
_ED25519: Final = bytes.fromhex("a4010103272006215820")
"""{1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: 32 bytes} (RFC 9053)."""
_SIGN: Final = 1 << 255
_FIELD: Final = 2**255 - 19
_EIGHTH: Final = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
_SMALL_ORDER: Final = frozenset((0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH))
"""The y of the points whose order divides 8 (RFC 8032, 5.1): under such a key one signature holds over many acts."""
_P256: Final = bytes.fromhex("a5010203262001215820")
_P256_Y: Final = bytes.fromhex("225820")
"""{1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: 32 bytes, -3: 32 bytes}."""
_X: Final = slice(len(_P256), len(_P256) + _COORDINATE)
_BETWEEN: Final = slice(_X.stop, _X.stop + len(_P256_Y))
_Y: Final = slice(_BETWEEN.stop, _BETWEEN.stop + _COORDINATE)


def check_assertion(
    assertion: Assertion, *, challenge: bytes, origin: str, public_key: bytes, sign_count: int = 0
) -> None:
    """Refuse an assertion that is not this passkey's, to this challenge, at this origin, of a person it verified.

    Args:
        assertion: what was signed.
        challenge: what it must be over.
        origin: where it must have been asked for; passkeys are bound to its host.
        public_key: of the passkey, as COSE.
        sign_count: how often it said before that it signed; it must say more, unless it never counts.

    Raises:
        Refused: `PASSKEY_REFUSED`.
    """
    if not _is_key(public_key):
        raise Refused(Code.PASSKEY_REFUSED, "no public key of a passkey")
    answer = {
        "id": bytes_to_base64url(assertion.credential),
        "rawId": bytes_to_base64url(assertion.credential),
        "type": "public-key",
        "response": {
            "clientDataJSON": bytes_to_base64url(assertion.client_data),
            "authenticatorData": bytes_to_base64url(assertion.authenticator_data),
            "signature": bytes_to_base64url(assertion.signature),
        },
    }
    try:
        verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=urlsplit(origin).hostname or "",
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:  # a library that also leaks what its parts raise
        raise Refused(Code.PASSKEY_REFUSED, type(error).__name__) from error


def check_public_key(public_key: bytes) -> None:
    """Refuse what is no public key of a passkey in the one form that CTAP 2 gives it (COSE, canonical CBOR).

    One key has one form, so that nobody's passkey stands in a roll twice, and is one that its holder alone signs with.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if not _is_key(public_key):
        raise Refused(Code.CHANGE_INVALID, "no public key of a passkey")


def _is_key(public_key: bytes) -> bool:
    if public_key.startswith(_ED25519):
        height = int.from_bytes(public_key[len(_ED25519) :], "little") & ~_SIGN
        return len(public_key) == len(_ED25519) + _COORDINATE and height < _FIELD and height not in _SMALL_ORDER
    x, between, y = public_key[_X], public_key[_BETWEEN], public_key[_Y]
    if not public_key.startswith(_P256) or between != _P256_Y or len(public_key) != _Y.stop:
        return False
    try:
        ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()).public_key()
    except ValueError:  # no point of the curve
        return False
    return True


def read_origin(text: str) -> str:
    """Take the origin of a console: https, or http at the name localhost, where browsers give passkeys too.

    Raises:
        ValueError: another.
    """
    parts = urlsplit(text)
    is_local = parts.scheme == "http" and parts.hostname == "localhost"
    if not (parts.scheme == "https" or is_local) or not parts.hostname or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("an origin is https://HOST, or http://localhost:PORT")
    return text
