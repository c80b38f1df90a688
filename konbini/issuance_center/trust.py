"""Who may take part: the lists of kiosks and wards, and the hours.

Invariants: a kiosk is on the list by an enrolment that the enrolment authority signed, a ward by its entry in the
signed ward directory; a name is on a list once. Nothing here changes while the center runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from konbini.issuance_center.config import CenterConfig, HoursConfig, WardConfig
from konbini.process.config import ConfigRefused
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.trust import Enrolment, WardDirectory, WardEntry

__all__ = ["Hours", "KioskTrust", "Trust", "WardTrust", "read_trust"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When visits may begin: [opens, closes) in minutes of the day in Japan, but not on (month, day) closed."""

    opens: int
    closes: int
    closed_days: frozenset[tuple[int, int]] = frozenset()

    def open_at(self, moment: int) -> bool:
        """Say whether a visit may begin at `moment` (Unix seconds)."""
        there = dt.datetime.fromtimestamp(moment, JAPAN)
        if (there.month, there.day) in self.closed_days:
            return False
        return self.opens <= there.hour * 60 + there.minute < self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskTrust:
    """One kiosk: of its enrolment no more than is asked for, since there may be tens of thousands.

    Attributes:
        kiosk: its id.
        point: of its device key.
        begins: from when on its enrolment is in force, Unix seconds.
        ends: until when.
        tickets_an_hour: its quota.
    """

    kiosk: str
    point: bytes
    begins: int
    ends: int
    tickets_an_hour: int

    @classmethod
    def of(cls, enrolment: Enrolment, tickets_an_hour: int) -> KioskTrust:
        """Take a kiosk by its enrolment.

        Raises:
            Refused: `MALFORMED`: its device key is no point of the curve.
        """
        point = VerifyingKey(enrolment.signing).point
        return cls(
            kiosk=enrolment.kiosk,
            point=point,
            begins=enrolment.begins,
            ends=enrolment.ends,
            tickets_an_hour=tickets_an_hour,
        )

    @property
    def device(self) -> VerifyingKey:
        """Its device key."""
        return VerifyingKey(self.point)

    def in_force(self, moment: int) -> bool:
        """Say whether it is enrolled at a moment (Unix seconds)."""
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class WardTrust:
    """One ward."""

    entry: WardEntry
    hours: Hours
    wants_states: bool
    servers: tuple[str, ...] = ("",)


class Trust:
    """The lists."""

    def __init__(self, kiosks: Iterable[KioskTrust], wards: Iterable[WardTrust], hours: Hours) -> None:
        """Take the lists.

        Raises:
            ConfigRefused: a name stands twice.
        """
        self._kiosks = _by_name((kiosk.kiosk, kiosk) for kiosk in kiosks)
        self._wards = _by_name((ward.entry.ward, ward) for ward in wards)
        self._hours = hours

    @property
    def kiosk_names(self) -> frozenset[str]:
        """Ids of the kiosks."""
        return frozenset(self._kiosks)

    @property
    def ward_names(self) -> frozenset[str]:
        """Codes of the wards."""
        return frozenset(self._wards)

    @property
    def wards_that_want_states(self) -> tuple[str, ...]:
        """To whom STATE goes."""
        return tuple(name for name, ward in self._wards.items() if ward.wants_states)

    @property
    def servers(self) -> tuple[tuple[str, str], ...]:
        """Each ward with each of its servers."""
        return tuple((name, server) for name, ward in self._wards.items() for server in ward.servers)

    def kiosk(self, kiosk: str, moment: int) -> KioskTrust:
        """Find a kiosk whose enrolment is in force.

        Raises:
            Refused: `KIOSK_UNKNOWN`.
        """
        found = self._kiosks.get(kiosk)
        if found is None or not found.in_force(moment):
            raise Refused(Code.KIOSK_UNKNOWN, "not on the list, or its enrolment is not in force")
        return found

    def ward(self, ward: str) -> WardTrust:
        """Find a ward.

        Raises:
            Refused: `WARD_UNREACHABLE`, it takes no part.
        """
        found = self._wards.get(ward)
        if found is None:
            raise Refused(Code.WARD_UNREACHABLE, "not on the list")
        return found

    def open_at(self, ward: str, moment: int) -> bool:
        """Say whether the center and the ward are both within their hours."""
        return self._hours.open_at(moment) and self.ward(ward).hours.open_at(moment)


def read_trust(config: CenterConfig) -> Trust:
    """Read and check everything that the lists stand on.

    Raises:
        ConfigRefused: a ward is not in the directory, or a name stands twice.
        Refused: a signature does not hold.
        OSError: a file is missing.
    """
    directory = WardDirectory.open(
        config.ward_directory.read_bytes(),
        VerifyingKey(config.directory_authority),
        newest_seen=config.directory_version,
    )
    authority = VerifyingKey(config.enrolment_authority)
    kiosks = []
    for kiosk in config.kiosks:
        enrolment = Enrolment.open(kiosk.enrolment.read_bytes(), authority)
        kiosks.append(KioskTrust.of(enrolment, kiosk.tickets_an_hour))
    return Trust(kiosks, [_ward(ward, directory) for ward in config.wards], _hours(config.hours))


def _ward(ward: WardConfig, directory: WardDirectory) -> WardTrust:
    try:
        entry = directory.entry(ward.code)
    except Refused as refused:
        raise ConfigRefused(f"ward {ward.code} is not in the ward directory") from refused
    hours = Hours(opens=ward.opens, closes=ward.closes)
    return WardTrust(entry=entry, hours=hours, wants_states=ward.wants_states, servers=ward.servers)


def _hours(hours: HoursConfig) -> Hours:
    return Hours(opens=hours.opens, closes=hours.closes, closed_days=hours.closed_days)


def _by_name(pairs: Iterable[tuple[str, T]]) -> Mapping[str, T]:
    named: dict[str, T] = {}
    for name, value in pairs:
        if named.setdefault(name, value) is not value:
            raise ConfigRefused(f"{name} stands twice")
    return MappingProxyType(named)
