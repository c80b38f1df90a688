"""Keys from files: what is open to others stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.ward_server.storage.key_files import (
    read_key_encryption_keys,
    read_keyed_hash,
    read_secret,
    read_signing_key,
)


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a key file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o666])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Read by others, or written by the group."""
    path = written(tmp_path / "key", bytes(32), mode)
    with pytest.raises(ValueError, match="open to others"):
        read_secret(path)


def test_each_kind_of_key_is_read(tmp_path: Path) -> None:
    """Key-encryption keys in their order, the keyed hash, and a signing key."""
    first, second = written(tmp_path / "1", bytes(32)), written(tmp_path / "2", bytes(range(32)), 0o440)
    keys = read_key_encryption_keys((second, first))
    assert keys.current == read_key_encryption_keys((second,)).current
    assert read_keyed_hash(first).card(b"", b"") != read_keyed_hash(second).card(b"", b"")
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert read_signing_key(written(tmp_path / "3", pem)).verifying.point[0] == 4
