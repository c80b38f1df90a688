"""The configuration of `konbini publish`: one TOML file (docs/keys.md names the key).

ward = "139999"
hours = 48                          # how long a status list may be relied on
restorations = "restorations.toml"  # konbini/ward_server/publishing/restorations.py; it may be left out

[stores]                            # read, never written
issuing = "sqlite:issuing.db"
registry = "sqlite:registry.db"     # for its log; it may be left out
console = "sqlite:console.db"       # the same
clerk = "sqlite:clerk.db"
[key]
status = "status.key"
[trust]
directory_authority = "04..."
directory = "wards.directory"
issuers = "issuers.list"
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbini.process.config import read_table
from konbini.process.stores import StoreAddress, read_address

__all__ = ["PublishingConfig", "read_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingConfig:
    """What the command is told."""

    ward: str
    hours: int
    restorations: Path | None
    issuing: StoreAddress
    clerk: StoreAddress
    registry: StoreAddress | None
    console: StoreAddress | None
    status_key: Path
    authority: bytes
    directory: Path
    issuers: Path


def read_config(path: Path) -> PublishingConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("stores") as stores,
        table.part("key") as key,
        table.part("trust") as trust,
    ):
        return PublishingConfig(
            ward=table.text("ward"),
            hours=table.integer("hours", least=1),
            restorations=table.path("restorations") if table.has("restorations") else None,
            issuing=read_address(stores, "issuing"),
            clerk=read_address(stores, "clerk"),
            registry=read_address(stores, "registry") if stores.has("registry") else None,
            console=read_address(stores, "console") if stores.has("console") else None,
            status_key=key.path("status"),
            authority=trust.point("directory_authority"),
            directory=trust.path("directory"),
            issuers=trust.path("issuers"),
        )
