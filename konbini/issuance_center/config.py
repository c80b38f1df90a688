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

[hours]
opens = "06:30"                      # Japanese time
closes = "23:00"
closed_days = ["12-29", "12-30", "12-31", "01-01", "01-02", "01-03"]

[[kiosk]]
enrolment = "K-0001.enrolment"       # signed by the enrolment authority
tickets_an_hour = 60

[[ward]]
code = "999999"                      # stands in the ward directory
wants_states = true
opens = "06:30"                      # optional: narrower than the center's hours
closes = "20:00"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konbini.protocol.tls import TlsFiles

__all__ = ["CenterConfig", "ConfigError", "GatewayConfig", "HoursConfig", "KioskConfig", "WardConfig", "read_config"]

_CLOCK = re.compile(r"(?P<hour>[01][0-9]|2[0-4]):(?P<minute>[0-5][0-9])", re.ASCII)
_DAY = re.compile(r"(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])", re.ASCII)
_DAY_MINUTES = 24 * 60
_TICKETS_AN_HOUR = 60


class ConfigError(Exception):
    """The file cannot be followed; the message says where. Meant for whoever starts the center."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Where one kind of peer dials."""

    host: str
    port: int
    tls: TlsFiles


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
    opens: int
    closes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterConfig:
    """Everything that the center is told."""

    database: Path
    ticket_key: Path
    enrolment_authority: bytes
    directory_authority: bytes
    ward_directory: Path
    directory_version: int
    kiosk_gateway: GatewayConfig
    ward_gateway: GatewayConfig
    hours: HoursConfig
    kiosks: tuple[KioskConfig, ...]
    wards: tuple[WardConfig, ...]


def read_config(path: Path) -> CenterConfig:
    """Read the file.

    Raises:
        ConfigError: not TOML, or a key is missing, unknown or of another form.
        OSError: the file cannot be read.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: not TOML: {error}") from error
    root = _Table(document, "", path.parent)
    center, gateway, hours = root.table("center"), root.table("gateway"), root.table("hours")
    config = CenterConfig(
        database=center.path("database"),
        ticket_key=center.path("ticket_key"),
        enrolment_authority=center.key("enrolment_authority"),
        directory_authority=center.key("directory_authority"),
        ward_directory=center.path("ward_directory"),
        directory_version=center.integer("directory_version", 0, 2**31),
        kiosk_gateway=_gateway(gateway.table("kiosks")),
        ward_gateway=_gateway(gateway.table("wards")),
        hours=HoursConfig(
            opens=hours.minutes("opens"),
            closes=hours.minutes("closes"),
            closed_days=frozenset(hours.days("closed_days")),
        ),
        kiosks=tuple(_kiosk(table) for table in root.tables("kiosk")),
        wards=tuple(_ward(table) for table in root.tables("ward")),
    )
    for table in (root, center, gateway, hours):
        table.finish()
    return config


def _gateway(table: _Table) -> GatewayConfig:
    files = TlsFiles(certificate=table.path("certificate"), key=table.path("key"), authority=table.path("authority"))
    made = GatewayConfig(host=table.text("host"), port=table.integer("port", 0, 65535), tls=files)
    table.finish()
    return made


def _kiosk(table: _Table) -> KioskConfig:
    most = table.integer("tickets_an_hour", 1, 3600, otherwise=_TICKETS_AN_HOUR)
    made = KioskConfig(enrolment=table.path("enrolment"), tickets_an_hour=most)
    table.finish()
    return made


def _ward(table: _Table) -> WardConfig:
    made = WardConfig(
        code=table.text("code"),
        wants_states=table.boolean("wants_states", otherwise=False),
        opens=table.minutes("opens", otherwise=0),
        closes=table.minutes("closes", otherwise=_DAY_MINUTES),
    )
    table.finish()
    return made


class _Table:
    """One table of the file: each key is taken once, and `finish` refuses what nobody took."""

    def __init__(self, values: dict[str, Any], name: str, folder: Path) -> None:
        self._values, self._name, self._folder = dict(values), name, folder

    def table(self, key: str) -> _Table:
        value = self._take(key, dict, None)
        return _Table(value, f"{self._name}{key}.", self._folder)

    def tables(self, key: str) -> list[_Table]:
        values = self._take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise ConfigError(f"{self._name}{key}: not tables")
        return [_Table(value, f"{self._name}{key}[{place}].", self._folder) for place, value in enumerate(values)]

    def text(self, key: str) -> str:
        return str(self._take(key, str, None))

    def path(self, key: str) -> Path:
        return self._folder / self.text(key)

    def key(self, key: str) -> bytes:
        try:
            return bytes.fromhex(self.text(key))
        except ValueError as error:
            raise ConfigError(f"{self._name}{key}: not hexadecimal") from error

    def boolean(self, key: str, *, otherwise: bool) -> bool:
        return bool(self._take(key, bool, otherwise))

    def integer(self, key: str, least: int, most: int, *, otherwise: int | None = None) -> int:
        value = int(self._take(key, int, otherwise))
        if not least <= value <= most:
            raise ConfigError(f"{self._name}{key}: {least} to {most}")
        return value

    def minutes(self, key: str, *, otherwise: int | None = None) -> int:
        if otherwise is not None and key not in self._values:
            return otherwise
        found = _CLOCK.fullmatch(self.text(key))
        minutes = int(found["hour"]) * 60 + int(found["minute"]) if found else _DAY_MINUTES + 1
        if minutes > _DAY_MINUTES:
            raise ConfigError(f"{self._name}{key}: a time is HH:MM")
        return minutes

    def days(self, key: str) -> list[tuple[int, int]]:
        found = [_DAY.fullmatch(str(value)) for value in self._take(key, list, [])]
        days = [(int(day["month"]), int(day["day"])) for day in found if day]
        if len(days) != len(found):
            raise ConfigError(f"{self._name}{key}: a day is MM-DD")
        return days

    def finish(self) -> None:
        if self._values:
            raise ConfigError(f"{self._name}: unknown {sorted(self._values)}")

    def _take(self, key: str, kind: type, otherwise: object) -> Any:  # noqa: ANN401 - the caller names the type
        value = self._values.pop(key, otherwise)
        if type(value) is not kind:
            raise ConfigError(f"{self._name}{key}: missing, or not {kind.__name__}")
        return value
