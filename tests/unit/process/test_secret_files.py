"""Secrets from files: what is open to others is not read."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.process.secret_files import read_secret, read_signing_key


def written(path: Path, content: bytes, mode: int) -> Path:
    """Write a key file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o620, 0o610, 0o666])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Anything for others, or more than reading for the group."""
    path = written(tmp_path / "key", bytes(32), mode)
    with pytest.raises(ValueError, match="key is open to others"):
        read_secret(path)
    with pytest.raises(ValueError, match="key is open to others"):
        read_signing_key(path)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_a_key_of_its_owner_is_read(tmp_path: Path, mode: int) -> None:
    """The owner's alone, or readable by the group, as systemd's credentials show."""
    assert read_secret(written(tmp_path / "key", bytes(range(32)), mode)) == bytes(range(32))


def test_a_signing_key_is_read(tmp_path: Path) -> None:
    """PKCS#8 in PEM gives that key and no other."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert read_signing_key(written(tmp_path / "key", pem, 0o600)).verifying.point == point
