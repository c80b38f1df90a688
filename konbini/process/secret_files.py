"""Keys in files that only their owner may use; every process reads its secrets here.

Raises plainly at the start of a process: a key that is missing, short, or open to others stops the start. That the
group may read is let pass: where systemd hands credentials over behind an access-control list, its mask shows there.
Limits: a link's TLS key is loaded by OpenSSL itself (`konbini.protocol.tls`), which asks for no mode.
"""

from __future__ import annotations

import stat
from pathlib import Path

from konbini.protocol.cose import SigningKey

__all__ = ["read_secret", "read_signing_key"]

_OTHERS = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


def read_secret(path: Path) -> bytes:
    """Read a secret file.

    Raises:
        ValueError: others may read it, or the group may write it.
        OSError: it cannot be read.
    """
    if path.stat().st_mode & _OTHERS:
        raise ValueError(f"{path.name} is open to others than its owner")
    return path.read_bytes()


def read_signing_key(path: Path) -> SigningKey:
    """Read a P-256 key (PKCS#8 in PEM).

    Raises:
        ValueError, OSError: see `SigningKey.from_pem` and `read_secret`.
    """
    return SigningKey.from_pem(read_secret(path))
