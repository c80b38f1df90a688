"""Encrypting to a receiver: CMS authenticated-enveloped data (RFC 5083), for one X.509 certificate with an RSA key.

The content is encrypted with AES-256-GCM (RFC 5084) under a key of its own, that key with RSAES-OAEP and SHA-256
(RFC 3560): unlike enveloped data in CBC, what was changed on its way does not open. It opens with
`openssl cms -decrypt` (3.0 and newer) and with mail programs that know S/MIME 4.0.

Limit: nobody vouches for the certificate here. Whoever approves compares its fingerprint with the receiver's word.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused

__all__ = ["MOST_CERTIFICATE_BYTES", "Receiver", "seal_to"]

MOST_CERTIFICATE_BYTES: Final = 8192
_LEAST_BITS, _MOST_BITS = 2048, 8192
_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16
_OAEP: Final = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_MILLISECONDS: Final = 1000
_NO_CERTIFICATE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading bytes that are no certificate, or one of a key that nobody knows, may raise."""


class Receiver:
    """Who alone can open what is sealed: a certificate, read once.

    Raises:
        Refused: `CHANGE_INVALID`: no certificate, another key than RSA of 2048 to 8192 bits, or not one to encrypt to.
    """

    def __init__(self, certificate: x509.Certificate) -> None:
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or not _LEAST_BITS <= key.key_size <= _MOST_BITS:
            raise Refused(Code.CHANGE_INVALID, "field certificate: an RSA key of 2048 to 8192 bits")
        if not _may_encrypt(certificate):
            raise Refused(Code.CHANGE_INVALID, "field certificate: not one to encrypt to")
        self._certificate = certificate
        self._name = certificate.subject.rfc4514_string()  # read now: the parser leaves a name until it is asked for
        self.key = key
        try:  # a number that is no modulus is found before anybody approves, not when the paper is to leave
            _key_for(self, key.encrypt(bytes(_KEY_BYTES), _OAEP)).dump()
        except ValueError as error:
            raise Refused(Code.CHANGE_INVALID, "field certificate: a key that encrypts nothing") from error

    @classmethod
    def of_text(cls, text: str) -> Receiver:
        """Read a certificate as it is pasted into a form (PEM)."""
        try:
            return cls(x509.load_pem_x509_certificate(text.encode()))
        except _NO_CERTIFICATE as error:
            raise Refused(Code.CHANGE_INVALID, "field certificate") from error

    @classmethod
    def of_bytes(cls, data: bytes) -> Receiver:
        """Read a certificate as it is kept (DER)."""
        try:
            return cls(x509.load_der_x509_certificate(data))
        except _NO_CERTIFICATE as error:
            raise Refused(Code.CHANGE_INVALID, "certificate") from error

    @property
    def data(self) -> bytes:
        """The certificate, DER."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    @property
    def name(self) -> str:
        """Whom it names."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in pairs, as other tools show it."""
        return self._certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def check_valid(self, moment: int) -> None:
        """Refuse a certificate that is not valid at a moment, Unix milliseconds.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        now = dt.datetime.fromtimestamp(moment / _MILLISECONDS, dt.UTC)
        if not self._certificate.not_valid_before_utc <= now <= self._certificate.not_valid_after_utc:
            raise Refused(Code.CHANGE_INVALID, "field certificate: not valid today")


class _GcmParameters(core.Sequence):  # type: ignore[misc] # the library has no types
    """RFC 5084, 3.2."""

    _fields = [("nonce", core.OctetString), ("icv_length", core.Integer)]  # noqa: RUF012 - as the library reads it


def seal_to(receiver: Receiver, content: bytes, entropy: Entropy) -> bytes:
    """Encrypt to a receiver, and give the CMS as DER."""
    key, nonce = entropy.token(_KEY_BYTES), entropy.token(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    wrapped = receiver.key.encrypt(key, _OAEP)
    content_info = {
        "content_type": "data",
        "content_encryption_algorithm": {
            "algorithm": "aes256_gcm",
            "parameters": _GcmParameters({"nonce": nonce, "icv_length": _TAG_BYTES}),
        },
        "encrypted_content": sealed[:-_TAG_BYTES],
    }
    enveloped = cms.AuthEnvelopedData(
        {
            "version": "v0",
            "recipient_infos": [cms.RecipientInfo(name="ktri", value=_key_for(receiver, wrapped))],
            "auth_encrypted_content_info": content_info,
            "mac": sealed[-_TAG_BYTES:],
        }
    )
    written = cms.ContentInfo({"content_type": "authenticated_enveloped_data", "content": enveloped}).dump()
    return bytes(written)


def _key_for(receiver: Receiver, wrapped: bytes) -> cms.KeyTransRecipientInfo:
    certificate = asn1_x509.Certificate.load(receiver.data)
    named = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    sha256 = {"algorithm": "sha256"}
    oaep = algos.RSAESOAEPParams(
        {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}}
    )
    return cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier(name="issuer_and_serial_number", value=named),
            "key_encryption_algorithm": {"algorithm": "rsaes_oaep", "parameters": oaep},
            "encrypted_key": wrapped,
        }
    )


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Say whether a certificate allows its key for keys; one that says nothing allows all."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    except x509.ExtensionNotFound:
        return True
