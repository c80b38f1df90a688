"""The center's configuration: one TOML file, read once at the start, refused whole if a word of it is not understood.

[center]
database = "ledger.db"               # paths are taken from the folder of this file
ticket_key = "ticket.key"            # PEM, P-256
enrolment_authority = "04..."        # public keys stand here themselves, as uncompressed points in hexadecimal
directory_authority = "04..."
ward_directory = "wards.directory"   # signed, as kiosks hold it
directory_version = 1                # the oldest version that is taken

[gateway.kiosks]                     # and the same for [gateway.wards]
host = "127.0.0.1"
port = 7443                          # 0: any free one, named in the log
certificate = "center.pem"
key = "center.key"
authority = "devices.pem"

# or, where an edge on this machine ends the kiosks' TLS (konbini/process/doors.py):
# [gateway.kiosks]
# socket = "/run/konbini-center/kiosks.sock"
# users = ["haproxy"]                # who may connect there
# authority = "devices.pem"          # of the kiosks' certificates

[hours]
opens = "06:30"                      # Japanese time
closes = "23:00"
closed_days = ["12-29", "12-30", "12-31", "01-01", "01-02", "01-03"]

[log]                                # konbini/process/log_keeping.py
origin = "konbini/center"
key = "log.key"
witnesses = ["konbini/999999/witness+..."]

[witness]                            # konbini/process/witnessing.py
name = "konbini/center/witness"
key = "witness.key"
logs = ["konbini/999999/issuing+...", "konbini/999999/clerk+...", "konbini/999999/registry+...",
        "konbini/999999/console+..."]

[time_stamps]                        # of its own checkpoints; may be left out: konbini/process/log_config.py
url = "http://192.0.2.10/tsa"
authorities = ["/etc/konbini/time-authority.pem"]
minutes = 60

[[kiosk]]
enrolment = "K-0001.enrolment"       # signed by the enrolment authority
tickets_an_hour = 60

[[ward]]
code = "999999"                      # stands in the ward directory
wants_states = true
servers = ["a", "b"]                 # optional: several servers of one ward, each with a certificate of its own
opens = "06:30"                      # optional: narrower than the center's hours
closes = "20:00"

[measures]                           # may be left out: konbini/process/measures/config.py
port = 9473                          # on the loopback address alone; or socket = "measures.sock"
[traces]                            # may be left out: konbini/process/traces/config.py
collector = "http://127.0.0.1:4318/v1/traces"
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from konbini.issuance_center.ledger import LedgerAddress, ledger_file
from konbini.process.config import ConfigRefused, Table, read_table
from konbini.process.doors import EdgeAddress, LinkServerAddress
from konbini.process.log_config import LogConfig, StampsConfig, WitnessConfig
from konbini.process.measures.config import MeasuresConfig, read_measures
from konbini.process.traces.config import TracesConfig, read_traces

__all__ = ["CenterConfig", "HoursConfig", "KioskConfig", "WardConfig", "read_config"]

_TICKETS_AN_HOUR = 60
_MOST_TICKETS_AN_HOUR = 3600
_DAY_MINUTES = 24 * 60
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursConfig:
    """When visits may begin: minutes of the day in Japan, and (month, day) without service."""

    opens: int
    closes: int
    closed_days: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskConfig:
    """One kiosk that may connect."""

    enrolment: Path
    tickets_an_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WardConfig:
    """One ward that may connect."""

    code: str
    wants_states: bool
    servers: tuple[str, ...]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterConfig:
    """Everything that the center is told."""

    database: LedgerAddress
    ticket_key: Path
    enrolment_authority: bytes
    directory_authority: bytes
    ward_directory: Path
    directory_version: int
    kiosk_gateway: LinkServerAddress | EdgeAddress
    ward_gateway: LinkServerAddress
    hours: HoursConfig
    kiosks: tuple[KioskConfig, ...]
    wards: tuple[WardConfig, ...]
    log: LogConfig
    witness: WitnessConfig
    stamps: StampsConfig | None
    measures: MeasuresConfig | None
    traces: TracesConfig | None


def read_config(path: Path) -> CenterConfig:
    """Read the file.

    Raises:
        ConfigRefused: naming the place.
        OSError: it cannot be read.
    """
    with (
        read_table(path) as table,
        table.part("center") as center,
        table.part("gateway") as gateway,
        table.part("hours") as hours,
    ):
        return CenterConfig(
            database=ledger_file(center.path("database")),
            ticket_key=center.path("ticket_key"),
            enrolment_authority=center.point("enrolment_authority"),
            directory_authority=center.point("directory_authority"),
            ward_directory=center.path("ward_directory"),
            directory_version=center.integer("directory_version"),
            kiosk_gateway=_kiosk_gateway(gateway.part("kiosks")),
            ward_gateway=_gateway(gateway.part("wards")),
            hours=_hours(hours),
            kiosks=tuple(_kiosk(part) for part in table.parts("kiosk")),
            wards=tuple(_ward(part) for part in table.parts("ward")),
            log=LogConfig.read(table),
            witness=WitnessConfig.read(table),
            stamps=StampsConfig.read(table),
            measures=read_measures(table),
            traces=read_traces(table),
        )


def _gateway(part: Table) -> LinkServerAddress:
    with part:
        return LinkServerAddress.read(part)


def _kiosk_gateway(part: Table) -> LinkServerAddress | EdgeAddress:
    with part:
        return EdgeAddress.read(part) if part.has("socket") else LinkServerAddress.read(part)


def _hours(part: Table) -> HoursConfig:
    days = part.texts("closed_days", least=0) if part.has("closed_days") else ()
    return HoursConfig(
        opens=part.minute("opens"), closes=part.minute("closes"), closed_days=frozenset(map(_day_of_year, days))
    )


def _kiosk(part: Table) -> KioskConfig:
    with part:
        named = part.has("tickets_an_hour")
        most = _at_most(part, "tickets_an_hour", _MOST_TICKETS_AN_HOUR, least=1) if named else _TICKETS_AN_HOUR
        return KioskConfig(enrolment=part.path("enrolment"), tickets_an_hour=most)


def _ward(part: Table) -> WardConfig:
    with part:
        return WardConfig(
            code=part.text("code"),
            wants_states=part.has("wants_states") and part.boolean("wants_states"),
            servers=part.texts("servers") if part.has("servers") else ("",),
            opens=part.minute("opens") if part.has("opens") else 0,
            closes=part.minute("closes") if part.has("closes") else _DAY_MINUTES,
        )


def _at_most(part: Table, key: str, most: int, *, least: int = 0) -> int:
    number = part.integer(key, least=least)
    if number > most:
        raise ConfigRefused(f"{key}: at most {most}")
    return number


def _day_of_year(text: str) -> tuple[int, int]:
    """Read MM-DD; 29 February is one."""
    try:
        day = dt.date.fromisoformat(f"{_LEAP_YEAR}-{text}")
    except ValueError as error:
        raise ConfigRefused(f"closed_days: {text!r} is no day, MM-DD") from error
    return day.month, day.day
