"""COSE_Sign1 with ES256 (RFC 9052), each signature bound to its place in a visit.

A signature's external_aad and a seal's HPKE info are the same bytes, the `Context`, so that no signature of
one kind, ward or visit passes as another. The headers are fixed: protected {alg: ES256}, nothing unprotected.
Signing writes the one structure that these headers leave; checking is the library's, so that each holds the other
to the standard.

A key is of the kind that its own bytes say, and there is one kind: P-256. A subclass of the two keys is another, told
by how its bytes begin; the simulated world has one (`tests/unit/house/test_key_kinds.py` proves that no service does).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cwt import COSE, COSEKey
from cwt.exceptions import CWTError

from konbini.protocol.codec import decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL, SUITE, MessageKind

__all__ = ["Context", "SigningKey", "VerifyingKey", "bytes_to_sign", "signature_parts", "unchecked_payload"]

# Tag 18, an array of four, the protected header {1: -7} and an empty unprotected one: the only start we know.
_START = bytes.fromhex("d28443a10126a0")
_ARRAY_OF_TWO = b"\x82"
_PROTECTED = bytes.fromhex("a10126")
_ES256 = ec.ECDSA(hashes.SHA256())
_SIGNATURE_BYTES = 64
_POINT_BYTES = 65
_KIND_BYTES = 8
_FORMS_OF_POINTS = frozenset((0, 2, 3, 4))
"""How a point of a curve may begin (SEC 1, 2.3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where a signature or seal belongs: ["konbini/1", kind, from, to, v, order ordinal, suite, key id].

    `visit` is v, the SHA-256 of the ticket's bytes; empty outside a visit.
    """

    kind: MessageKind
    sender: str
    receiver: str
    visit: bytes = b""
    ordinal: int = 0
    key_id: bytes = b""

    def to_bytes(self) -> bytes:
        """Give the external_aad and the HPKE info."""
        return encode(
            [
                PROTOCOL,
                int(self.kind),
                self.sender,
                self.receiver,
                self.visit,
                self.ordinal,
                SUITE,
                self.key_id,
            ]
        )


class VerifyingKey:
    """A P-256 public key that checks our signatures."""

    _kinds: ClassVar[dict[bytes, type[VerifyingKey]]] = {}
    """Other kinds of key, by the first 8 bytes of their points."""

    def __init_subclass__(cls, *, begins: bytes) -> None:
        if len(begins) != _KIND_BYTES or begins[0] in _FORMS_OF_POINTS:
            raise ValueError("a real point may begin so, or not so many bytes tell a kind")
        VerifyingKey._kinds[begins] = cls

    def __new__(cls, point: bytes) -> VerifyingKey:  # noqa: PYI034 - the bytes may be a subclass's
        """Make a key of the kind that its point says."""
        return object.__new__(VerifyingKey._kinds.get(point[:_KIND_BYTES], cls))

    def __init__(self, point: bytes) -> None:
        """Take the key as an uncompressed point of 65 bytes (SEC 1).

        Raises:
            Refused: `MALFORMED`, not a point of the curve.
        """
        if len(point) != _POINT_BYTES:
            raise Refused(Code.MALFORMED, "not an uncompressed point")
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError as error:
            raise Refused(Code.MALFORMED, "not a point of P-256") from error
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.point = point
        self.key_id = hashlib.sha256(point).digest()[:8]
        self._key = COSEKey.from_pem(pem, alg="ES256")

    def open(self, message: bytes, context: Context) -> bytes:
        """Check the signature and give the payload.

        Raises:
            Refused: `SIGNATURE_INVALID`.
        """
        try:
            signature_parts(message)
        except Refused as refused:
            raise Refused(Code.SIGNATURE_INVALID, f"{context.kind.name}: not our COSE_Sign1") from refused
        try:
            return bytes(COSE.new().decode(message, self._key, external_aad=context.to_bytes()))
        except (CWTError, ValueError, TypeError) as error:
            raise Refused(Code.SIGNATURE_INVALID, context.kind.name) from error


class SigningKey:
    """A P-256 private key in memory."""

    _kinds: ClassVar[dict[bytes, type[SigningKey]]] = {}
    """Other kinds of key, by how their files begin."""

    def __init_subclass__(cls, *, begins: bytes) -> None:
        SigningKey._kinds[begins] = cls

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        """Take a P-256 private key.

        Raises:
            ValueError: another curve.
        """
        if private.curve.name != "secp256r1":
            raise ValueError("our messages are signed with P-256")
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self._key = private
        self.verifying = VerifyingKey(point)

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a fresh key from the operating system's entropy."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> SigningKey:
        """Read an unencrypted PKCS#8 key.

        Raises:
            ValueError: not a P-256 private key.
        """
        for begins, kind in SigningKey._kinds.items():
            if cls is not kind and pem.startswith(begins):
                return kind.from_pem(pem)
        private = serialization.load_pem_private_key(pem, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("our messages are signed with P-256")  # noqa: TRY004 - what is wrong is the file's content
        return cls(private)

    def sign(self, payload: bytes, context: Context) -> bytes:
        """Give the COSE_Sign1 of the payload in its context (RFC 9052, 4.4; RFC 9053, 2.1)."""
        return _START + encode(payload) + encode(self._signature(bytes_to_sign(payload, context)))

    def _signature(self, to_sign: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(to_sign, _ES256))
        half = _SIGNATURE_BYTES // 2
        return r.to_bytes(half) + s.to_bytes(half)


def bytes_to_sign(payload: bytes, context: Context) -> bytes:
    """Give what a signature of a payload in its context is over (RFC 9052, 4.4: Sig_structure)."""
    return encode(["Signature1", _PROTECTED, context.to_bytes(), payload])


def unchecked_payload(signed: bytes) -> bytes:
    """Read the payload of one of our COSE_Sign1 before its signature is checked.

    For payloads that name the key which checks them: whoever calls goes on to check.

    Raises:
        Refused: `MALFORMED`.
    """
    return signature_parts(signed)[0]


def signature_parts(signed: bytes) -> tuple[bytes, bytes]:
    """Read payload and signature of one of our COSE_Sign1, and check neither.

    Raises:
        Refused: `MALFORMED`.
    """
    if not signed.startswith(_START):
        raise Refused(Code.MALFORMED, "not our COSE_Sign1")
    # What follows the headers is read as an array of our own, so that one message has one envelope.
    rest = _ARRAY_OF_TWO + signed[len(_START) :]
    match decode(rest, len(rest)):
        case [bytes() as payload, bytes() as signature] if len(signature) == _SIGNATURE_BYTES:
            return payload, signature
        case _:
            raise Refused(Code.MALFORMED, "not our COSE_Sign1")
