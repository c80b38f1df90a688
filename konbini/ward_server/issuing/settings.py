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
import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from konbini.process.config import ConfigRefused, Table, read_table
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options

__all__ = ["Fee", "Leaving", "Settings", "read_settings"]


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
        ConfigRefused: naming the entry, or the line where it is no TOML.
        OSError: it cannot be read.
    """
    with read_table(path) as table:
        settings = Settings(
            municipality=table.text("municipality"),
            name=table.text("name"),
            name_english=table.text("name_english"),
            opens=table.minute("opens"),
            closes=table.minute("closes"),
            closed_days=frozenset(_month_day(text) for text in table.texts("closed_days", least=0)),
            barred_options=_options(table.texts("barred_options", least=0)),
            daily_visits=table.integer("daily_visits", least=1),
            leaving_bars=table.convert("leaving_bars", Leaving),
            under_age=table.integer("under_age"),
            fees=tuple(_fee(part) for part in table.parts("fees")),
        )
    if settings.opens >= settings.closes:
        raise ConfigRefused(f"{path.name}: opens is not before closes")
    return settings


def _fee(part: Table) -> Fee:
    with part:
        return Fee(
            kind=part.convert("kind", lambda name: CertificateKind[name]),
            begins=part.day("begins"),
            yen=part.integer("yen"),
        )


def _options(names: Sequence[str]) -> Options:
    unknown = sorted(set(names) - set(Options.__members__))
    if unknown:
        raise ConfigRefused(f"barred_options: unknown: {', '.join(unknown)}")
    return functools.reduce(operator.or_, (Options[name] for name in names), Options(0))


def _month_day(text: str) -> tuple[int, int]:
    try:
        day = dt.date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ConfigRefused(f"closed_days: {text} is no month and day") from error
    return day.month, day.day


def _minute(time: dt.time) -> int:
    return 60 * time.hour + time.minute
