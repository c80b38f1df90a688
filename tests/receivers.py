"""Receivers of what leaves a console encrypted: a key, a certificate, and OpenSSL to open it with."""

from __future__ import annotations

import datetime as dt
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["NOW", "ReceiverKey", "certificate_of"]

NOW = 1_795_132_800_000
"""2026-11-20 in Unix milliseconds."""
_DAYS = 365


def certificate_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, moment: int, *extensions: x509.ExtensionType | None
) -> x509.Certificate:
    """Make a certificate that its own key signs, valid for a year around a moment."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "請求者")])
    middle = dt.datetime.fromtimestamp(moment / 1000, dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1000)
        .not_valid_before(middle - dt.timedelta(days=_DAYS))
        .not_valid_after(middle + dt.timedelta(days=_DAYS))
    )
    for extension in filter(None, extensions):
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverKey:
    """A receiver who keeps a key."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls) -> ReceiverKey:
        """Make a key of 2048 bits and its certificate."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return cls(key=key, certificate=certificate_of(key, NOW))

    @property
    def pem(self) -> str:
        """The certificate as one pastes it into a form."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)

    def open_with_openssl(self, sealed: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
        """Open what came, with `openssl cms -decrypt`."""
        key, certificate, came = folder / "key.pem", folder / "certificate.pem", folder / "came.p7m"
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_text(self.pem, encoding="ascii")
        came.write_bytes(sealed)
        command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(came)]
        return subprocess.run(  # noqa: S603 - a fixed command of the machine's
            [*command, "-recip", str(certificate), "-inkey", str(key)], capture_output=True, check=False, timeout=60
        )
