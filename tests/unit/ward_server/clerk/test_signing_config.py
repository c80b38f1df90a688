"""The table `[signing]`: one key, whose services stand on each other, and nothing that is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused, read_table
from konbini.ward_server.clerk.signing_key import SigningConfig, TokenConfig, read_signing_config

FILE = 'certificates = ["own.pem", "authority.pem"]\nkey = "own.key"\n'
IN_HARDWARE = (
    'certificates = ["own.pem"]\n'
    '[signing.token]\nmodule = "/usr/lib/module.so"\nlabel = "ward"\nkey = "document"\npin = "token.pin"\n'
)
STAMPS = '[signing.time_stamps]\nurl = "http://192.0.2.10/tsa"\nauthorities = ["time.pem"]\n'
REVOCATION = '[signing.revocation]\nsources = ["http://192.0.2.11/"]\nauthorities = ["papers.pem"]\n'


def read(folder: Path, text: str) -> SigningConfig:
    """Read it from a file."""
    path = folder / "clerk.toml"
    path.write_text(f"[signing]\n{text}")
    with read_table(path) as table:
        return read_signing_config(table.part("signing"))


def test_a_key_file(tmp_path: Path) -> None:
    """The demo's: B-B, paths from the file's folder."""
    config = read(tmp_path, FILE)
    assert config.key == tmp_path / "own.key"
    assert config.certificates == (tmp_path / "own.pem", tmp_path / "authority.pem")
    assert (config.time_stamps, config.revocation) == (None, None)


def test_a_token(tmp_path: Path) -> None:
    """A ward's: an absolute path stays what it is."""
    assert read(tmp_path, IN_HARDWARE).key == TokenConfig(
        module=Path("/usr/lib/module.so"), label="ward", key="document", pin=tmp_path / "token.pin"
    )


def test_the_services_of_a_level(tmp_path: Path) -> None:
    """B-LT of B-T."""
    config = read(tmp_path, IN_HARDWARE + STAMPS + REVOCATION)
    assert config.time_stamps is not None
    assert config.time_stamps.url == "http://192.0.2.10/tsa"
    assert config.revocation is not None
    assert config.revocation.authorities == (tmp_path / "papers.pem",)


REFUSED = {
    "no key": ('certificates = ["own.pem"]\n', "either key"),
    "two keys": (FILE + IN_HARDWARE.partition("\n")[2], "either key"),
    "no certificate": ('key = "own.key"\n', "certificates"),
    "a token without its label": (IN_HARDWARE.replace('label = "ward"\n', ""), "label"),
    "a PIN in the configuration": (IN_HARDWARE + 'user_pin = "1234"\n', "unknown"),
    "revocation without time-stamps": (FILE + REVOCATION, "service"),
    "time-stamps of nobody": (FILE + STAMPS.replace('["time.pem"]', "[]"), "authorities"),
    "a word that nobody knows": (FILE + 'level = "B-LTA"\n', "unknown"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_cannot_be_meant_is_refused(tmp_path: Path, what: str) -> None:
    """Naming the place."""
    text, said = REFUSED[what]
    with pytest.raises(ConfigRefused, match=said):
        read(tmp_path, text)
