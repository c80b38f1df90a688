"""The registry's configuration: one TOML file, read once; what is wrong with it stops the start with its place.

    municipality = "131997"

    [store]
    path = "registry.db"

    [keys]                                  # files; see docs/keys.md
    record = "record.pem"                   # signs records, feed and heartbeat
    identity = "identity.pem"               # certifies message keys of `issuing`
    personal = ["personal-2.key"]           # key-encryption keys of 32 bytes, the current one first
    numbers = ["numbers-1.key"]             # the same, for individual numbers alone
    lookup = "lookup.key"                   # keyed hash of card serials

    [followers]
    names = ["issuing", "clerk"]            # an acknowledgement waits for each
    socket = "registry.sock"
    users = ["konbini-issuing", 992]        # who may call: names or ids of users

    [operators]
    socket = "operators.sock"
    users = [990]

Paths are relative to the file's own folder.
"""

from __future__ import annotations

import pwd
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ConfigRefused", "KeyPaths", "RegistryConfig", "SocketConfig", "read_config"]

_SHAPE: Mapping[str, frozenset[str]] = {
    "store": frozenset({"path"}),
    "keys": frozenset({"record", "identity", "personal", "numbers", "lookup"}),
    "followers": frozenset({"names", "socket", "users"}),
    "operators": frozenset({"socket", "users"}),
}
_CODE_DIGITS = 6


class ConfigRefused(Exception):  # noqa: N818 - the answer to a file that cannot be used
    """The configuration cannot be used; says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPaths:
    """Where the registry's keys are."""

    record: Path
    identity: Path
    personal: tuple[Path, ...]
    numbers: tuple[Path, ...]
    lookup: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketConfig:
    """A socket and the user ids that may call it."""

    path: Path
    users: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """What the registry's process is told at its start."""

    municipality: str
    store: Path
    keys: KeyPaths
    follower_names: tuple[str, ...]
    followers: SocketConfig
    operators: SocketConfig


def read_config(path: Path) -> RegistryConfig:
    """Read the file.

    Raises:
        ConfigRefused: not TOML, an entry that is missing, unknown or of another type.
        OSError: it cannot be read.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"{path.name}: {error}") from error
    file = _File(path)
    municipality = file.code(document.pop("municipality", None))
    store, keys, followers, operators = (file.table(document, name) for name in _SHAPE)
    if document:
        raise ConfigRefused(f"{path.name}: unknown: {', '.join(sorted(document))}")
    return RegistryConfig(
        municipality=municipality,
        store=file.path(store, "path"),
        keys=KeyPaths(
            record=file.path(keys, "record"),
            identity=file.path(keys, "identity"),
            personal=file.paths(keys, "personal"),
            numbers=file.paths(keys, "numbers"),
            lookup=file.path(keys, "lookup"),
        ),
        follower_names=file.names(followers, "names"),
        followers=SocketConfig(path=file.path(followers, "socket"), users=file.users(followers)),
        operators=SocketConfig(path=file.path(operators, "socket"), users=file.users(operators)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    name: str
    entries: Mapping[str, object]


class _File:
    """Reads entries and names the place of a wrong one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def table(self, document: dict[str, object], name: str) -> _Table:
        entries = document.pop(name, None)
        if not isinstance(entries, dict) or frozenset(entries) != _SHAPE[name]:
            raise ConfigRefused(f"{self._path.name}: [{name}] has exactly {', '.join(sorted(_SHAPE[name]))}")
        return _Table(name=name, entries=entries)

    def code(self, value: object) -> str:
        if isinstance(value, str) and len(value) == _CODE_DIGITS and value.isascii() and value.isdigit():
            return value
        raise ConfigRefused(f"{self._path.name}: municipality is a code of six digits")

    def path(self, table: _Table, key: str) -> Path:
        return self._resolve(table, key, table.entries[key])

    def paths(self, table: _Table, key: str) -> tuple[Path, ...]:
        return tuple(self._resolve(table, key, value) for value in self._list(table, key))

    def names(self, table: _Table, key: str) -> tuple[str, ...]:
        names = tuple(value for value in self._list(table, key) if isinstance(value, str) and value)
        if len(set(names)) != len(self._list(table, key)):
            raise self._wrong(table, key, "different names")
        return names

    def users(self, table: _Table) -> frozenset[int]:
        return frozenset(self._user(table, user) for user in self._list(table, "users"))

    def _user(self, table: _Table, user: object) -> int:
        if type(user) is int and user >= 0:
            return user
        if not isinstance(user, str):
            raise self._wrong(table, "users", "names or ids of users")
        try:
            return pwd.getpwnam(user).pw_uid
        except KeyError as error:
            raise self._wrong(table, "users", f"no user {user} here") from error

    def _list(self, table: _Table, key: str) -> list[object]:
        values = table.entries[key]
        if not isinstance(values, list) or not values:
            raise self._wrong(table, key, "a list that is not empty")
        return values

    def _resolve(self, table: _Table, key: str, value: object) -> Path:
        if not isinstance(value, str) or not value:
            raise self._wrong(table, key, "a path")
        return self._path.parent / value

    def _wrong(self, table: _Table, key: str, wanted: str) -> ConfigRefused:
        return ConfigRefused(f"{self._path.name}: [{table.name}] {key}: {wanted}")
