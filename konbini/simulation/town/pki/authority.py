"""A certificate authority (X.509, RFC 5280) of one level, and what it issues.

Invariants: every certificate names its issuer by key identifier, and its dates come from whoever asks; an authority
signs only what lies within its own life. Keys come from the operating system's entropy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

__all__ = [
    "Authority",
    "Credential",
    "Extension",
    "Life",
    "PrivateKey",
    "PublicKey",
    "key_pem",
    "key_usage",
    "name",
    "new_p256_key",
]

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
AnyKey: TypeAlias = PrivateKey | ed25519.Ed25519PrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Extension: TypeAlias = tuple[x509.ExtensionType, bool]
"""An extension and whether it is critical."""

_NO_USAGE = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """From when to when a certificate holds, in whole seconds UTC."""

    begins: dt.datetime
    ends: dt.datetime

    @classmethod
    def around(cls, moment: int, *, before: dt.timedelta, after: dt.timedelta) -> Life:
        """Give a life around a moment (Unix seconds)."""
        now = dt.datetime.fromtimestamp(moment, dt.UTC)
        return cls(begins=now - before, ends=now + after)

    def within(self, other: Life) -> Life:
        """Give the part of this life that lies in another.

        Raises:
            ValueError: no part does.
        """
        part = replace(self, begins=max(self.begins, other.begins), ends=min(self.ends, other.ends))
        if part.begins >= part.ends:
            raise ValueError("a certificate lives within its authority's life")
        return part


class Credential:
    """A certificate and its key.

    Raises:
        ValueError: the key is another's.
    """

    def __init__(self, certificate: x509.Certificate, key: PrivateKey) -> None:
        if certificate.public_key() != key.public_key():
            raise ValueError("the key is not that of the certificate")
        self.certificate = certificate
        self.key = key

    @classmethod
    def from_pem(cls, certificate: bytes, key: bytes) -> Self:
        """Read from two files.

        Raises:
            ValueError: not PEM, or a certificate and a key that do not belong together.
        """
        loaded = serialization.load_pem_private_key(key, None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("keys here are RSA or on a curve")  # noqa: TRY004 - the file's content is wrong
        return cls(x509.load_pem_x509_certificate(certificate), loaded)

    def certificate_pem(self) -> bytes:
        """Give the certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def certificate_der(self) -> bytes:
        """Give the certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def key_pem(self) -> bytes:
        """Give the key as unencrypted PKCS#8 in PEM: for a file that only its owner may read."""
        return key_pem(self.key)


class Authority(Credential):
    """One authority."""

    @classmethod
    def make(cls, subject: x509.Name, key: PrivateKey, life: Life) -> Self:
        """Make a self-signed authority that may issue end certificates only."""
        public = key.public_key()
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        extensions: list[Extension] = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (key_usage("key_cert_sign", "crl_sign"), True),
            (identifier, False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
        ]
        return cls(_signed(subject, subject, public, life, extensions, x509.random_serial_number(), key), key)

    @property
    def key_id(self) -> bytes:
        """What its certificates carry as authority key identifier."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    @property
    def life(self) -> Life:
        """The authority's own life."""
        return Life(begins=self.certificate.not_valid_before_utc, ends=self.certificate.not_valid_after_utc)

    def issue(
        self,
        subject: x509.Name,
        public: PublicKey,
        life: Life,
        extensions: Sequence[Extension],
        *,
        serial: int | None = None,
    ) -> x509.Certificate:
        """Issue an end certificate.

        Args:
            subject: whose.
            public: the key that it is about.
            life: cut to the authority's own.
            extensions: beside the key identifiers and the basic constraints, which every certificate has.
            serial: its number, or None for a random one.

        Raises:
            ValueError: the life lies outside the authority's.
        """
        issuer = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        usual: list[Extension] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(public), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), False),
        ]
        number = x509.random_serial_number() if serial is None else serial
        whole = [*usual, *extensions]
        return _signed(subject, self.certificate.subject, public, life.within(self.life), whole, number, self.key)


def name(common_name: str, *units: str, organization: str) -> x509.Name:
    """Make a distinguished name of Japan: organization, units, common name (left out where empty)."""
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
    ]
    if common_name:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def key_usage(*usages: str) -> x509.KeyUsage:
    """Make a key usage of these bits only.

    Raises:
        TypeError: no such bit.
    """
    return x509.KeyUsage(**{**_NO_USAGE, **dict.fromkeys(usages, True)})


def new_p256_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: AnyKey) -> bytes:
    """Give a key as unencrypted PKCS#8 in PEM: for a file that only its owner may read."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _signed(  # noqa: PLR0913, PLR0917 - the fields of a certificate
    subject: x509.Name,
    issuer: x509.Name,
    public: PublicKey,
    life: Life,
    extensions: Sequence[Extension],
    serial: int,
    key: PrivateKey,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public,
        serial_number=serial,
        not_valid_before=life.begins,
        not_valid_after=life.ends,
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())
