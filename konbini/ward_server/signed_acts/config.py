"""`[operators]` of a process's configuration: its socket for operators, and whether it takes their acts signed alone.

[operators]
socket = "operators.sock"
users = [990]
signed = true                           # acts are taken with a passkey's proof alone; false: by name
origin = "https://console.ward.example" # of the console whose passkeys are believed; only where `signed`
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from konbini.process.config import Table
from konbini.ward_server.signed_acts.judging import read_origin

__all__ = ["OperatorsConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorsConfig:
    """Where operators call, which users may, and the console's origin where acts are signed; None: by name."""

    path: Path
    users: frozenset[int]
    origin: str | None

    @classmethod
    def read(cls, table: Table) -> Self:
        """Read the table.

        Raises:
            ConfigRefused: naming the place.
        """
        return cls(
            path=table.path("socket"),
            users=table.users("users"),
            origin=table.convert("origin", read_origin) if table.boolean("signed") else None,
        )

    def shared(self) -> bytes:
        """Give what every server of a process must be started with alike."""
        return (self.origin or "").encode()
