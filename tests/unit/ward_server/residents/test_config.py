"""The registry's configuration: read once, and a wrong file is named with its place."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused
from konbini.process.stores import SqliteAddress
from konbini.ward_server.residents.config import read_config

GOOD = """
municipality = "131997"
[store]
address = "sqlite:registry.db"
[keys]
record = "record.pem"
identity = "identity.pem"
personal = ["personal-2.key", "personal-1.key"]
numbers = ["numbers-1.key"]
lookup = "lookup.key"
given = "given.key"
[followers]
names = ["issuing", "clerk"]
socket = "/run/registry/followers.sock"
users = [991, 992]
[operators]
socket = "operators.sock"
users = [990]
signed = false
[log]
origin = "konbini/131997/registry"
key = "log.key"
witnesses = ["example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"]
"""


def written(folder: Path, text: str) -> Path:
    """Write a configuration."""
    path = folder / "registry.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    """Paths are relative to the file; users may be named."""
    me = pwd.getpwuid(os.getuid()).pw_name
    config = read_config(written(tmp_path, GOOD.replace("[990]", f'["{me}"]')))
    assert config.municipality == "131997"
    assert config.store == SqliteAddress(path=tmp_path / "registry.db")
    assert config.keys.personal == (tmp_path / "personal-2.key", tmp_path / "personal-1.key")
    assert config.follower_names == ("issuing", "clerk")
    assert config.followers.path == Path("/run/registry/followers.sock")
    assert config.followers.users == {991, 992}
    assert config.operators.users == {os.getuid()}
    assert config.operators.origin is None
    assert (config.log.origin, config.log.key) == ("konbini/131997/registry", tmp_path / "log.key")
    assert [key.name for key in config.log.witnesses] == ["example.com/foo"]


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('"131997"', '"13199"', "municipality"),
        ("[store]", "[stores]", r"\[store\]"),
        ('lookup = "lookup.key"', "", r"\[keys\]"),
        ('lookup = "lookup.key"', 'lookup = ""', r"\[keys\] lookup"),
        ('given = "given.key"', "", r"\[keys\]"),
        ('["numbers-1.key"]', "[]", r"\[keys\] numbers"),
        ('["numbers-1.key"]', '"numbers-1.key"', r"\[keys\] numbers"),
        ('["issuing", "clerk"]', '["issuing", "issuing"]', r"\[followers\] names"),
        ("[990]", "[-1]", r"\[operators\] users"),
        ("[990]", "[true]", r"\[operators\] users"),
        ("[990]", '["no such user here"]', r"\[operators\] users"),
        ("signed = false", "", r"\[operators\] signed"),
        ("signed = false", "signed = true", r"\[operators\] origin"),
        ("signed = false", 'signed = true\norigin = "http://ward.example"', r"\[operators\] origin"),
        ("signed = false", 'signed = false\norigin = "https://ward.example"', r"\[operators\]"),
        ("+530d903a+", "+530d903b+", r"\[log\] witnesses"),
        ("[log]", "[logs]", r"\[log\]"),
        ("[store]", "surplus = 1\n[store]", "surplus"),
        ("[store]", "[store", "registry.toml"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, before: str, after: str, place: str) -> None:
    """Missing, unknown, empty, or of another type."""
    with pytest.raises(ConfigRefused, match=place):
        read_config(written(tmp_path, GOOD.replace(before, after)))


def test_where_acts_are_signed_the_console_is_named(tmp_path: Path) -> None:
    """Its origin is what every server of the registry shares, beside its keys."""
    signed = GOOD.replace("signed = false", 'signed = true\norigin = "https://console.ward.example"')
    operators = read_config(written(tmp_path, signed)).operators
    assert operators.origin == "https://console.ward.example"
    assert operators.shared() != read_config(written(tmp_path, GOOD)).operators.shared()
