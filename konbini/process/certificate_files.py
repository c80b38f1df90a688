"""Certificates that are pinned by file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

__all__ = ["read_certificates"]


def read_certificates(paths: Sequence[Path]) -> list[bytes]:
    """Read PEM files, each of one certificate or more, and give them all as DER.

    Raises:
        OSError, ValueError: a file cannot be read, or has none.
    """
    found = (certificate for path in paths for certificate in x509.load_pem_x509_certificates(path.read_bytes()))
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate in found]
