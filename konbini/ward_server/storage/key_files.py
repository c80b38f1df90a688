"""The ward's keys at rest, read from files that only their owner may use (`konbini.process.secret_files`).

Raises plainly at the start of a process: a key that is missing, short, or open to others stops the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from konbini.process.secret_files import read_secret
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys

__all__ = ["read_key_encryption_keys", "read_keyed_hash"]


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
