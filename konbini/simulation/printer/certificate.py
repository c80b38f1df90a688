"""The simulated printer's own certificate: self-signed, as a printer's is when it is unpacked.

Kept in the printer's memory in the two files that ippeveprinter looks for, so that a pin stays true over restarts.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["own_certificate"]

_HOST = "localhost"
_MADE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_LIFE = dt.timedelta(days=365 * 30)


def own_certificate(home: Path) -> bytes:
    """Return the certificate (DER) that stands in `home`, making it with its key where there is none."""
    path = home / f"{_HOST}.crt"
    if not path.exists():
        _make(path, home / f"{_HOST}.key")
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def _make(path: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_MADE)
        .not_valid_after(_MADE + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_path.touch(mode=0o600)
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
