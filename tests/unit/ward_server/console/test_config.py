"""The configuration: the example that its module documents is one, and what cannot be is refused by its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.process.config import ConfigRefused
from konbini.protocol.tlog.notes import NoteSigner, SignatureType
from konbini.ward_server.console import config

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS = NoteSigner("konbini/center/witness", SignatureType.COSIGNATURE, _KEY).key
EXAMPLE = (config.__doc__ or "").partition("\n\n")[2].replace("konbini/center/witness+...", str(WITNESS))


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    """Every entry of it is known, and none is missing."""
    place = tmp_path / "console.toml"
    place.write_text(EXAMPLE, encoding="utf-8")
    read = config.read_config(place)
    assert (read.ward, read.port, read.lock_after) == ("139999", 8480, 600.0)
    assert read.lookup_key == tmp_path / "console-lookup.key"
    assert (read.log.origin, read.log.witnesses) == ("konbini/139999/console", (WITNESS,))


@pytest.mark.parametrize(
    ("entry", "changed", "named"),
    [
        ('closes = "19:00"', 'closes = "08:00"', "office"),
        ('"mon", ', '"monday", ', "office"),
        ('"supervision", ', '"boss", ', "office"),
        ("https://console.ward.example", "http://console.ward.example", "listen"),
        ("10.20.0.0/16", "10.20.0.1/16", "terminals"),
        (str(WITNESS), "konbini/center/witness+12345678+AA==", "log"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(tmp_path: Path, entry: str, changed: str, named: str) -> None:
    """Hours that never come, a day or a role that is none, a name without TLS, an address that is no network."""
    assert entry in EXAMPLE
    place = tmp_path / "console.toml"
    place.write_text(EXAMPLE.replace(entry, changed), encoding="utf-8")
    with pytest.raises(ConfigRefused) as refusal:
        config.read_config(place)
    assert named in str(refusal.value)
