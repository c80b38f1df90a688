"""What differs from one municipality to the next: a validated TOML file, read at start. Nothing of it is code.

municipality = "NNNNNN"        the code of six digits
name = "東京都○○区"            as the kiosk shows it
name_english = "..."
opens = "06:30"                hours in Japan, daily; issuing ends at `closes`
closes = "23:00"
closed_days = ["12-29", ...]   month-day
barred_options = ["RESIDENT_CODE"]
daily_visits = 10              visits a card may open in a day
leaving_bars = "household"     whom a planned move out (転出予定) bars: "person" or "household"
under_age = 15                 below this age nothing is issued
[[fees]]                       dated: from `begins` (included) until the next one
kind = "RESIDENT_RECORD"
begins = 2025-01-01
yen = 200
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path
from typing import TypeVar

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options

__all__ = ["Fee", "Leaving", "Settings", "SettingsInvalid", "read_settings"]

T = TypeVar("T")


class SettingsInvalid(ValueError):  # noqa: N818 - it is met at start by whoever wrote the file
    """The file is not what it should be; the text names the key."""


@unique
class Leaving(Enum):
    """Whom a planned move out (転出予定) bars."""

    PERSON = "person"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee in yen from a day on."""

    kind: CertificateKind
    begins: dt.date
    yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One municipality's settings. Hours are minutes of the day in Japan."""

    municipality: str
    name: str
    name_english: str
    opens: int
    closes: int
    closed_days: frozenset[tuple[int, int]]
    barred_options: Options
    daily_visits: int
    leaving_bars: Leaving
    under_age: int
    fees: Sequence[Fee]

    def fee(self, kind: CertificateKind, day: dt.date) -> int:
        """Give the fee of a kind on a day.

        Raises:
            Refused: `NOT_OFFERED`: none is set.
        """
        dated = [fee for fee in self.fees if fee.kind is kind and fee.begins <= day]
        if not dated:
            raise Refused(Code.NOT_OFFERED, f"{kind.name} has no fee on {day.isoformat()}")
        return max(dated, key=lambda fee: fee.begins).yen

    def check_open(self, moment: dt.datetime) -> None:
        """Refuse outside the hours.

        Args:
            moment: in Japan's time.

        Raises:
            Refused: `WARD_CLOSED`.
        """
        if (moment.month, moment.day) in self.closed_days or not self.opens <= _minute(moment.time()) < self.closes:
            raise Refused(Code.WARD_CLOSED)

    def closing(self, moment: dt.datetime) -> dt.datetime:
        """Give when issuing ends on the day of `moment`."""
        return moment.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(minutes=self.closes)


def read_settings(path: Path) -> Settings:
    """Read and check the file.

    Raises:
        SettingsInvalid: naming the key, or the line where it is no TOML.
        OSError: it cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _settings(table)
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as error:
        raise SettingsInvalid(f"{path.name}: {error}") from error


def _settings(table: dict[str, object]) -> Settings:
    closed = [_month_day(text) for text in _take(table, "closed_days", list)]
    barred = Options(0)
    for name in _take(table, "barred_options", list):
        barred |= Options[_known(name, Options.__members__, "barred_options")]
    settings = Settings(
        municipality=_take(table, "municipality", str),
        name=_take(table, "name", str),
        name_english=_take(table, "name_english", str),
        opens=_minute(dt.time.fromisoformat(_take(table, "opens", str))),
        closes=_minute(dt.time.fromisoformat(_take(table, "closes", str))),
        closed_days=frozenset(closed),
        barred_options=barred,
        daily_visits=_take(table, "daily_visits", int),
        leaving_bars=Leaving(_take(table, "leaving_bars", str)),
        under_age=_take(table, "under_age", int),
        fees=tuple(_fee(entry) for entry in _take(table, "fees", list)),
    )
    if table:
        raise ValueError(f"unknown: {', '.join(sorted(table))}")
    if not settings.opens < settings.closes or settings.daily_visits < 1 or not settings.fees:
        raise ValueError("hours, daily_visits or fees make no sense")
    return settings


def _fee(entry: dict[str, object]) -> Fee:
    kind = CertificateKind[_known(_take(entry, "kind", str), CertificateKind.__members__, "fees.kind")]
    fee = Fee(kind=kind, begins=_take(entry, "begins", dt.date), yen=_take(entry, "yen", int))
    if entry or fee.yen < 0:
        raise ValueError("fees: an unknown key, or less than nothing")
    return fee


def _take(table: dict[str, object], key: str, kind: type[T]) -> T:
    value = table.pop(key, None)
    if type(value) is not kind:
        raise ValueError(f"{key}: a {kind.__name__} is needed")
    return value


def _known(name: str, names: Mapping[str, object], key: str) -> str:
    if name not in names:
        raise ValueError(f"{key}: {name} is unknown")
    return name


def _month_day(text: str) -> tuple[int, int]:
    day = dt.date.fromisoformat(f"2000-{text}")
    return day.month, day.day


def _minute(time: dt.time) -> int:
    return 60 * time.hour + time.minute
