"""The profiles of a world: how many come, how they come, and what goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from konbini.simulation.world.dishonesty import Dishonest
from konbini.simulation.world.faults import Rates, Trouble

__all__ = ["PROFILES", "Profile", "ProfileName"]


@unique
class ProfileName(StrEnum):
    """What a world can be like."""

    CALM = "calm"
    NATIONAL_DAY = "national-day"
    OVERLOAD = "overload"
    FROZEN_CLOCK = "frozen-clock"
    PARTITION = "partition"
    STORM = "storm"
    ROLLOUT = "rollout"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of world.

    Attributes:
        pause: seconds between two visits at a kiosk, on the average; 0: a queue that never ends.
        thinking: seconds that a person takes for an answer, on the average.
        odd: the chance that a visitor does something unforeseen.
        rates: of the faults of network, disks, clocks, devices and processes.
        office: seconds between two acts of the operators, on the average; 0: the office is closed.
        daily: whether the pauses follow the hours of a day.
    """

    pause: float
    thinking: float = 0.5
    odd: float = 0.1
    rates: Rates = field(default_factory=Rates)
    office: float = 20.0
    daily: bool = False


_EVERYTHING = Rates(
    late=2e-4,
    cut=2e-4,
    spoilt=1e-4,
    crash_at_commit=2e-4,
    dishonest=Dishonest(lost=2e-3, repeated=5e-3, reordered=2e-3, altered=1e-3, misdirected=3e-3),
    hourly={
        Trouble.PARTITION: 6,
        Trouble.CRASH: 12,
        Trouble.POWER: 1,
        Trouble.DISK_FULL: 3,
        Trouble.DISK_SLOW: 3,
        Trouble.CLOCK_JUMPS: 3,
        Trouble.CLOCK_STANDS: 3,
        Trouble.PRINTER_JAMS: 40,
        Trouble.PAPER_OUT: 40,
        Trouble.PRINTER_LIES: 40,
        Trouble.PRINTER_SILENT: 40,
        Trouble.COINS_JAM: 40,
        Trouble.COINS_STICK: 40,
        Trouble.ROLLOUT: 1,
    },
)

PROFILES: Mapping[ProfileName, Profile] = {
    ProfileName.CALM: Profile(pause=20.0),
    ProfileName.NATIONAL_DAY: Profile(pause=60.0, thinking=3.0, daily=True, rates=Rates(hourly={Trouble.CRASH: 0.2})),
    ProfileName.OVERLOAD: Profile(pause=0.0, thinking=0.05, odd=0.05),
    ProfileName.FROZEN_CLOCK: Profile(
        pause=1.0, rates=Rates(hourly={Trouble.CLOCK_STANDS: 40, Trouble.CLOCK_JUMPS: 20})
    ),
    ProfileName.PARTITION: Profile(
        pause=1.0, rates=Rates(late=1e-3, cut=1e-3, spoilt=5e-4, hourly={Trouble.PARTITION: 40})
    ),
    ProfileName.STORM: Profile(
        pause=0.0, rates=Rates(hourly={Trouble.POWER: 12, Trouble.PARTITION: 12, Trouble.DISK_SLOW: 12})
    ),
    ProfileName.ROLLOUT: Profile(pause=1.0, rates=Rates(hourly={Trouble.ROLLOUT: 12})),
    ProfileName.ALL: Profile(pause=1.0, thinking=0.3, odd=0.25, rates=_EVERYTHING, office=8.0),
}
"""Each profile by its name. The faults of a profile are bounded, so that everything can settle between them."""
