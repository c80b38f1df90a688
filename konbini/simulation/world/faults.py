"""What goes wrong in the world, and when: seeded, bounded, and over before the quiet phase.

A `Trouble` is a kind of fault; a profile says how often each comes. `Faults` is the weather of the network and the
manner of every disk; what befalls whole processes and machines is done by `konbini.simulation.world.hands`.

Invariant: all that is drawn here is drawn from the seed, in the order in which the world asks.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from konbini.simulation.world.dishonesty import Dishonest
from konbini.simulation.world.processes import Process

__all__ = ["Faults", "Rates", "Trouble"]

_NEAR_SECONDS = 5e-5
_FAR_SECONDS = 5e-3
_DISK_SECONDS = 2e-3
_HONEST = Dishonest()


@unique
class Trouble(StrEnum):
    """Kinds of faults."""

    LATE = "late"
    """Bytes that take up to half a minute."""
    CUT = "cut"
    """A connection that breaks, perhaps in the middle of a message."""
    SPOILT = "spoilt"
    """A bit that turns over between two machines."""
    PARTITION = "partition"
    """Two processes that do not hear each other for a while."""
    CRASH = "crash"
    """A process killed at whatever it awaits."""
    CRASH_AT_COMMIT = "crash-at-commit"
    """A process killed just before or just after its commit is durable."""
    DISK_FULL = "disk-full"
    """A disk without room for a while."""
    DISK_SLOW = "disk-slow"
    """A disk that takes seconds for a commit."""
    CLOCK_JUMPS = "clock-jumps"
    """A machine's clock that is set wrong, up to an hour either way, and right again later."""
    CLOCK_STANDS = "clock-stands"
    """A machine's clock that stops for a while."""
    POWER = "power"
    """Every process of a ward killed at once."""
    LOST = "lost"
    """A message that a dishonest center keeps."""
    REPEATED = "repeated"
    """A message that it hands on twice."""
    REORDERED = "reordered"
    """A message that it hands on after later ones."""
    ALTERED = "altered"
    """A message in which it turns a bit."""
    MISDIRECTED = "misdirected"
    """Another's message that it hands on in the place of this one."""
    PRINTER_JAMS = "printer-jams"
    """A sheet that jams, until somebody has cleared it."""
    PAPER_OUT = "paper-out"
    """A tray without paper, until somebody has filled it."""
    PRINTER_LIES = "printer-lies"
    """A printer that miscounts, names no reason why it stops, or calls a part the whole."""
    PRINTER_SILENT = "printer-silent"
    """A printer that hears, and answers nothing."""
    COINS_JAM = "coins-jam"
    """A slot through which every piece falls."""
    COINS_STICK = "coins-stick"
    """A coin device that pays nothing out, and owes it."""
    ROLLOUT = "rollout"
    """A new build that arrives service by service: a ward's servers at once, or, by mistake, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often what comes: chances of each transfer or commit, and events an hour for what the director does."""

    late: float = 0.0
    cut: float = 0.0
    spoilt: float = 0.0
    crash_at_commit: float = 0.0
    dishonest: Dishonest = field(default_factory=Dishonest)
    hourly: Mapping[Trouble, float] = field(default_factory=dict)

    def without(self, kinds: Sequence[Trouble]) -> Rates:
        """Give the same without some kinds."""
        return Rates(
            late=0.0 if Trouble.LATE in kinds else self.late,
            cut=0.0 if Trouble.CUT in kinds else self.cut,
            spoilt=0.0 if Trouble.SPOILT in kinds else self.spoilt,
            crash_at_commit=0.0 if Trouble.CRASH_AT_COMMIT in kinds else self.crash_at_commit,
            dishonest=self.dishonest.without({kind.value for kind in kinds}),
            hourly={kind: rate for kind, rate in self.hourly.items() if kind not in kinds},
        )

    def with_chance(self, kind: Trouble, chance: float) -> Rates:
        """Give the same with another chance of a kind that comes of itself.

        Raises:
            ValueError: a kind that is done to processes and machines.
        """
        match kind:
            case Trouble.LATE:
                return replace(self, late=chance)
            case Trouble.CUT:
                return replace(self, cut=chance)
            case Trouble.SPOILT:
                return replace(self, spoilt=chance)
            case Trouble.CRASH_AT_COMMIT:
                return replace(self, crash_at_commit=chance)
            case Trouble.LOST | Trouble.REPEATED | Trouble.REORDERED | Trouble.ALTERED | Trouble.MISDIRECTED:
                return replace(self, dishonest=replace(self.dishonest, **{kind.value: chance}))
            case _:
                raise ValueError(f"{kind} does not come of itself")


class Faults:
    """The weather of the network and the manner of the disks; calm again once it is told to be.

    Attributes:
        counts: how often each kind came.
    """

    def __init__(self, rates: Rates, chance: random.Random) -> None:
        self._rates = rates
        self._chance = chance
        self._calm = False
        self._apart: set[tuple[str, str]] = set()
        self._full: set[str] = set()
        self._slow: set[str] = set()
        self.counts: dict[Trouble, int] = dict.fromkeys(Trouble, 0)

    def hush(self) -> None:
        """Let nothing go wrong until `begin`."""
        self._calm = True

    def begin(self) -> None:
        """Let things go wrong from now on."""
        self._calm = False

    def let_come(self, kind: Trouble, chance: float) -> None:
        """Let a kind that comes of itself come with this chance from now on.

        Raises:
            ValueError: a kind that is done to processes and machines.
        """
        self._rates = self._rates.with_chance(kind, chance)

    def dishonest(self) -> Dishonest:
        """Say what a dishonest center does now."""
        return _HONEST if self._calm else self._rates.dishonest

    def calm_down(self) -> None:
        """Let nothing go wrong any more."""
        self._calm = True
        self._apart.clear()
        self._full.clear()
        self._slow.clear()

    def part(self, one: str, other: str) -> None:
        """Let nothing through between two processes."""
        self._apart |= {(one, other), (other, one)}

    def join(self, one: str, other: str) -> None:
        """Let them hear each other again."""
        self._apart -= {(one, other), (other, one)}

    def fill(self, name: str, *, full: bool) -> None:
        """Fill a process's disk, or make room on it."""
        (self._full.add if full else self._full.discard)(name)

    def slow_down(self, name: str, *, slow: bool) -> None:
        """Make a process's disk slow, or quick again."""
        (self._slow.add if slow else self._slow.discard)(name)

    def delay(self, sender: Process, receiver: Process, *, near: bool) -> float | None:
        """Say how long bytes take now; see `Weather`."""
        if self._apart and (sender.name, receiver.name) in self._apart:
            return None
        if near:
            return self._chance.random() * _NEAR_SECONDS
        if self._comes(Trouble.LATE, self._rates.late):
            return self._chance.random() * 30.0
        return self._chance.random() * _FAR_SECONDS

    def cuts(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Say whether a connection breaks; see `Weather`."""
        return not near and self._comes(Trouble.CUT, self._rates.cut)

    def spoils(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Say whether a bit turns over; see `Weather`."""
        return not near and self._comes(Trouble.SPOILT, self._rates.spoilt)

    def seconds(self, owner: Process) -> float:
        """Say how long a commit takes; see `DiskFaults`."""
        return self._chance.random() * (3.0 if owner.name in self._slow else _DISK_SECONDS)

    def refuses(self, owner: Process) -> bool:
        """Say whether a disk is full; see `DiskFaults`."""
        return owner.name in self._full

    def kills(self, _owner: Process, _steps: tuple[str, ...], *, committed: bool) -> bool:
        """Say whether the process dies at this edge of a commit; see `DiskFaults`."""
        del committed
        return self._comes(Trouble.CRASH_AT_COMMIT, self._rates.crash_at_commit)

    def note(self, kind: Trouble) -> None:
        """Count a fault that the director made."""
        self.counts[kind] += 1

    def _comes(self, kind: Trouble, rate: float) -> bool:
        if self._calm or not rate or self._chance.random() >= rate:
            return False
        self.counts[kind] += 1
        return True
