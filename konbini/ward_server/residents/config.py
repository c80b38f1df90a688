"""The registry's configuration: one TOML file, read once; what is wrong with it stops the start with its place.

    municipality = "131997"
    settings = "ward.toml"                  # of the municipality, for its terms of retention; without it all is kept

    [store]
    address = "sqlite:registry.db"      # or of a PostgreSQL schema: konbini/process/stores.py

    [server]                            # only where several share the store: konbini/process/membership.py
    name = "a"
    all = ["a", "b"]

    [keys]                                  # files; see docs/keys.md
    record = "record.pem"                   # signs records, feed and heartbeat
    identity = "identity.pem"               # certifies message keys of `issuing`
    personal = ["personal-2.key"]           # key-encryption keys of 32 bytes, the current one first
    numbers = ["numbers-1.key"]             # the same, for individual numbers alone
    lookup = "lookup.key"                   # keyed hash of card serials
    given = "given.key"                     # keyed hash of individual numbers and resident record codes

    [followers]
    names = ["issuing", "clerk"]            # an acknowledgement waits for each
    socket = "registry.sock"
    users = ["konbini-issuing", 992]        # who may call: names or ids of users

    [operators]
    socket = "operators.sock"
    users = [990]
    signed = true                           # konbini/ward_server/signed_acts/config.py
    origin = "https://console.ward.example"

    [log]                                   # konbini/process/log_keeping.py
    origin = "konbini/131997/registry"
    key = "log.key"
    witnesses = ["konbini/center/witness+..."]

    [measures]                              # may be left out: konbini/process/measures/config.py
    socket = "measures.sock"                # this process has no network of its own

Paths are relative to the file's own folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from konbini.process.calls import CallAddress
from konbini.process.config import read_table
from konbini.process.log_config import LogConfig
from konbini.process.measures.config import MeasuresConfig, read_measures
from konbini.process.membership import ServerNames
from konbini.process.stores import StoreAddress, read_address
from konbini.ward_server.signed_acts.config import OperatorsConfig

__all__ = ["KeyPaths", "RegistryConfig", "read_config"]

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPaths:
    """Where the registry's keys are."""

    record: Path
    identity: Path
    personal: tuple[Path, ...]
    numbers: tuple[Path, ...]
    lookup: Path
    given: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """What the registry's process is told at its start. `file` is read again when keys are rotated."""

    file: Path
    municipality: str
    settings: Path | None
    store: StoreAddress
    server: ServerNames
    keys: KeyPaths
    follower_names: tuple[str, ...]
    followers: CallAddress
    operators: OperatorsConfig
    log: LogConfig
    measures: MeasuresConfig | None


def read_config(path: Path) -> RegistryConfig:
    """Read the file.

    Raises:
        ConfigRefused: not TOML, an entry that is missing, unknown or of another type.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("store") as store,
        table.part("keys") as keys,
        table.part("followers") as followers,
        table.part("operators") as operators,
    ):
        return RegistryConfig(
            file=path,
            municipality=table.convert("municipality", _code),
            settings=table.path("settings") if table.has("settings") else None,
            store=read_address(store),
            server=ServerNames.read(table),
            keys=KeyPaths(
                record=keys.path("record"),
                identity=keys.path("identity"),
                personal=keys.paths("personal"),
                numbers=keys.paths("numbers"),
                lookup=keys.path("lookup"),
                given=keys.path("given"),
            ),
            follower_names=followers.texts("names"),
            followers=CallAddress.read(followers),
            operators=OperatorsConfig.read(operators),
            log=LogConfig.read(table),
            measures=read_measures(table),
        )


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("a code of six digits is needed")
    return text
