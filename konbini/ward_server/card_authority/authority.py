"""Issues the certificate of a ward card (専用カード): a key made on the card, under the ward's own authority.

The certificate names nobody: its subject is its serial number, and whose card it is the registry's link alone says,
which two persons enter (CARD_LINKED, carrier `ward_card`). So a lost certificate tells nothing, and a certificate
without a link opens nothing. Revocation is the link's too: no list is made here. Source of the profile: RFC 5280; the
policy is in the arc of UUIDs (ITU-T X.667), which nobody hands out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from konbini.ward_server.residents.feed import CardSerial

__all__ = ["SERIAL_BYTES", "WARD_CARD_POLICY", "IssuedCard", "WardCardAuthority"]

WARD_CARD_POLICY = "2.25.279151819512755433842301225646840163108"
"""The certificate policy of a ward card's user authentication; a ward pins it beside its own issuer."""
SERIAL_BYTES = 16
"""How long a serial number is."""
_RSA_BITS_LEAST = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A certificate (DER), and what the registry is told of it."""

    certificate: bytes
    card: CardSerial


class WardCardAuthority:
    """The authority.

    Args:
        certificate: its own, PEM.
        key: its private key of P-384, PEM, without a password.

    Raises:
        ValueError: not an authority's certificate, or another key than it names.
    """

    def __init__(self, certificate: bytes, key: bytes) -> None:
        self._certificate = x509.load_pem_x509_certificate(certificate)
        found = serialization.load_pem_private_key(key, None)
        if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP384R1):
            raise ValueError("the authority's key is not of P-384")  # noqa: TRY004 - the file's content is wrong
        if found.public_key() != self._certificate.public_key():
            raise ValueError("the authority's certificate names another key")
        if not _is_authority(self._certificate):
            raise ValueError("not the certificate of an authority")
        self._key = found

    @property
    def key_id(self) -> bytes:
        """The authority's key id, which stands in each of its certificates."""
        return self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    def issue(self, public: bytes, *, token: bytes, begins: dt.datetime, ends: dt.datetime) -> IssuedCard:
        """Issue the certificate of one card.

        Args:
            public: the key that was made on the card, PEM.
            token: 16 random bytes, of which the serial number is made; drawn anew for each card.
            begins: from when it is valid.
            ends: until when, within the authority's own life.

        Raises:
            ValueError: a key that no kiosk takes (RSA below 2048 bits, another curve than P-384), a life outside the
                authority's, or a token of another length.
        """
        key = serialization.load_pem_public_key(public)
        if not _is_usable(key) or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("a card's key is RSA of 2048 bits or more, or of P-384")
        own = self._certificate
        if not own.not_valid_before_utc <= begins < ends <= own.not_valid_after_utc:
            raise ValueError("a card does not outlive its authority")
        if len(token) != SERIAL_BYTES:
            raise ValueError(f"a token of {SERIAL_BYTES} bytes")
        serial = bytes((token[0] & 0x7F | 0x40, *token[1:]))  # positive, and of one length: RFC 5280, 4.1.2.2
        certificate = self._build(key, int.from_bytes(serial), begins, ends).sign(self._key, hashes.SHA384())
        return IssuedCard(
            certificate=certificate.public_bytes(serialization.Encoding.DER),
            card=CardSerial(issuer_key_id=self.key_id, serial=serial),
        )

    def _build(
        self, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, serial: int, begins: dt.datetime, ends: dt.datetime
    ) -> x509.CertificateBuilder:
        policy = x509.PolicyInformation(x509.ObjectIdentifier(WARD_CARD_POLICY), None)
        issuer = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{serial:x}")]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (usage, True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True),
            (x509.CertificatePolicies([policy]), True),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), False),
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_usable(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _RSA_BITS_LEAST
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1)
