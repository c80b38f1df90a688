"""Keys at rest from files: each kind is read, and what is open to others stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a key file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_that_others_may_use_is_refused(tmp_path: Path) -> None:
    """Of either kind, and whichever of several it is."""
    good, shown = written(tmp_path / "good", bytes(32)), written(tmp_path / "shown", bytes(range(32)), 0o604)
    with pytest.raises(ValueError, match="shown is open to others"):
        read_key_encryption_keys((good, shown))
    with pytest.raises(ValueError, match="shown is open to others"):
        read_keyed_hash(shown)


def test_each_kind_of_key_is_read(tmp_path: Path) -> None:
    """Key-encryption keys in their order, and the keyed hash."""
    first, second = written(tmp_path / "1", bytes(32)), written(tmp_path / "2", bytes(range(32)), 0o440)
    keys = read_key_encryption_keys((second, first))
    assert keys.current == read_key_encryption_keys((second,)).current
    assert read_keyed_hash(first).card(b"", b"") != read_keyed_hash(second).card(b"", b"")
