"""The authorities of the links in these tests: who certifies kiosks, wards and the center, in PEM files of a folder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from konbini.protocol.tls import TlsFiles

__all__ = ["Authority", "Pki", "uri"]

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """One certificate authority and the folder its files lie in."""

    name: str
    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        """The authority's certificate."""
        return self.folder / f"{self.name}.pem"

    @classmethod
    def make(cls, name: str, folder: Path) -> Authority:
        """Make a root of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        made = cls(name, folder, certificate, key)
        made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return made

    def issue(self, *names: x509.GeneralName, believes: Authority | None = None, label: str = "") -> TlsFiles:
        """Issue a certificate for both ends of a link; `believes` is whom its holder believes (else this one)."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder("a link end", self.name, key)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = builder.add_extension(issuer, critical=False).sign(self.key, hashes.SHA256())
        stem = f"{self.name}-{label or certificate.serial_number}"
        chain, private = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return TlsFiles(certificate=chain, key=private, authority=(believes or self).file)


@dataclass(frozen=True, slots=True)
class Pki:
    """The three authorities: of devices, of wards and the center's own, and a stranger."""

    devices: Authority
    wards: Authority
    center: Authority
    stranger: Authority

    @classmethod
    def make(cls, folder: Path) -> Pki:
        """Make all of them."""
        return cls(*(Authority.make(name, folder) for name in ("devices", "wards", "center", "stranger")))

    def kiosk(self, kiosk: str) -> TlsFiles:
        """Give a kiosk's files."""
        return self.devices.issue(uri(f"kiosk:{kiosk}"), believes=self.center)

    def ward(self, ward: str) -> TlsFiles:
        """Give a ward's files."""
        return self.wards.issue(uri(f"ward:{ward}"), believes=self.center)

    def center_for(self, peers: Authority) -> TlsFiles:
        """Give the center's files for the gateway whose peers `peers` certifies."""
        return self.center.issue(x509.DNSName("center"), believes=peers)


def uri(name: str) -> x509.GeneralName:
    """Give a name as kiosks and wards bear it."""
    return x509.UniformResourceIdentifier(name)


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
