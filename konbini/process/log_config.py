"""What a process is told of its log and of its being a witness of others'.

[log]
origin = "konbini/131997/issuing"       # a log that begins anew after a restoration has another name
key = "log.key"                         # PEM, Ed25519
witnesses = ["konbini/center/witness+..."]   # vkeys of who co-signs it

[witness]
name = "konbini/131997/witness"
key = "witness.key"                     # PEM, Ed25519; it signs nothing but co-signatures
logs = ["konbini/center+..."]           # vkeys of the logs that it co-signs

[time_stamps]                           # may be left out: konbini/process/stamping.py
url = "http://192.0.2.10/tsa"           # who time-stamps checkpoints (RFC 3161)
authorities = ["time-authority.pem"]    # under whom time-stamps are believed
minutes = 60                            # how often, beside the last checkpoint of each day; 60 where it is left out
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.config import Table
from konbini.process.secret_files import read_secret
from konbini.protocol.errors import Refused
from konbini.protocol.tlog.notes import NoteKey, NoteSigner, SignatureType

__all__ = ["LogConfig", "StampsConfig", "WitnessConfig", "read_note_signer"]

_MINUTES: Final = 60
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What a process is told of its log."""

    origin: str
    key: Path
    witnesses: tuple[NoteKey, ...]

    @classmethod
    def read(cls, table: Table) -> LogConfig:
        """Read `[log]`.

        Raises:
            ConfigRefused: naming the place.
        """
        with table.part("log") as part:
            return cls(origin=part.text("origin"), key=part.path("key"), witnesses=_keys(part, "witnesses"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessConfig:
    """What a process is told of its being a witness."""

    name: str
    key: Path
    logs: tuple[NoteKey, ...]

    @classmethod
    def read(cls, table: Table) -> WitnessConfig:
        """Read `[witness]`.

        Raises:
            ConfigRefused: naming the place.
        """
        with table.part("witness") as part:
            return cls(name=part.text("name"), key=part.path("key"), logs=_keys(part, "logs"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StampsConfig:
    """Who time-stamps checkpoints, under which authorities, and after how many minutes again."""

    url: str
    authorities: tuple[Path, ...]
    minutes: int

    @classmethod
    def read(cls, table: Table) -> StampsConfig | None:
        """Read `[time_stamps]`; None where there is none.

        Raises:
            ConfigRefused: naming the place.
        """
        if not table.has("time_stamps"):
            return None
        with table.part("time_stamps") as part:
            minutes = part.integer("minutes", least=1) if part.has("minutes") else _MINUTES
            if minutes > _DAY_MINUTES:
                raise part.refused("minutes", "once a day at least")
            return cls(url=part.text("url"), authorities=part.paths("authorities"), minutes=minutes)


def read_note_signer(path: Path, name: str, kind: SignatureType) -> NoteSigner:
    """Read an Ed25519 key (PKCS#8 in PEM).

    Raises:
        ValueError, OSError: see `NoteSigner.from_pem` and `read_secret`.
    """
    return NoteSigner.from_pem(name, kind, read_secret(path))


def _keys(part: Table, name: str) -> tuple[NoteKey, ...]:
    try:
        return tuple(map(NoteKey.parse, part.texts(name, least=0)))
    except Refused as refused:
        raise part.refused(name, refused.detail) from refused
