"""Keys from files that only their owner may use.

Raises plainly at the start of a process: a key that is missing, short, or open to others stops the start. That the
group may read is let pass: where systemd hands credentials over behind an access-control list, its mask shows there.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from konbini.protocol.cose import SigningKey
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys

__all__ = ["read_key_encryption_keys", "read_keyed_hash", "read_secret", "read_signing_key"]

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


def read_key_encryption_keys(paths: Iterable[Path]) -> KeyEncryptionKeys:
    """Read key-encryption keys, the current one first.

    Raises:
        ValueError, OSError: see `KeyEncryptionKeys` and `read_secret`.
    """
    return KeyEncryptionKeys(read_secret(path) for path in paths)


def read_keyed_hash(path: Path) -> KeyedHash:
    """Read the key of the keyed hash.

    Raises:
        ValueError, OSError: see `KeyedHash` and `read_secret`.
    """
    return KeyedHash(read_secret(path))


def read_signing_key(path: Path) -> SigningKey:
    """Read a P-256 key (PKCS#8 in PEM).

    Raises:
        ValueError, OSError: see `SigningKey.from_pem` and `read_secret`.
    """
    return SigningKey.from_pem(read_secret(path))
