"""What can be done to the processes, machines and lines of a world: to one that is named, and over by itself.

Whoever does it says to which and for how long: the `Director` draws both, a test has them given to it.

Invariant: what goes on for a while is undone at its end, and where whoever waits for it is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from konbini.simulation.printer.jobs import Lie
from konbini.simulation.printer.paper_path import FULL_TRAY
from konbini.simulation.world.clocks import WorldClock
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.shop import STAFF
from konbini.simulation.world.counter.witness import NOBODY
from konbini.simulation.world.faults import Faults, Trouble
from konbini.simulation.world.services import Supervised

__all__ = ["Hands"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Hands:
    """Hands on a world.

    Attributes:
        faults: where it shows, and is counted.
        services: what can die and whose disk can be full or slow, by name.
        clocks: what can be wrong, by name.
        links: pairs of processes that can be parted.
        counters: whose devices can misbehave, by the kiosk's name.
    """

    faults: Faults
    services: Mapping[str, Supervised]
    clocks: Mapping[str, WorldClock]
    links: Sequence[tuple[str, str]]
    counters: Mapping[str, Counter]

    @property
    def of_wards(self) -> list[str]:
        """The services that are a ward's: "clerk 131997", "issuing 131997 a"."""
        return [name for name in self.services if " " in name]

    async def part(self, link: tuple[str, str], seconds: float) -> None:
        """Let nothing through between two processes."""
        self.faults.note(Trouble.PARTITION)
        self.faults.part(*link)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.faults.join(*link)

    def kill(self, name: str) -> None:
        """Kill a process; it is started again as after any death."""
        self.faults.note(Trouble.CRASH)
        self.services[name].kill()

    def cut_power(self, ward: str) -> None:
        """Kill every process of a ward at once."""
        self.faults.note(Trouble.POWER)
        for name in self.of_wards:
            if name.split(" ")[1] == ward:
                self.services[name].kill()

    async def roll_out(self, pauses: Iterator[float], *, with_care: bool) -> None:
        """Start every service anew with the next build, each once those before it have had their pause.

        Args:
            pauses: seconds, one after the other.
            with_care: whether what shares a store is stopped and started at once.
        """
        self.faults.note(Trouble.ROLLOUT)
        alike: dict[tuple[str, ...], list[Supervised]] = {}
        for name, service in self.services.items():
            words = name.split(" ")  # "issuing 131997 a" and "issuing 131997 b" share one
            alike.setdefault(tuple(words[:2] if with_care else words), []).append(service)
        for services, seconds in zip(alike.values(), pauses, strict=False):
            for service in services:
                service.build += 1
                service.kill()
            await asyncio.sleep(seconds)

    async def fill(self, name: str, seconds: float) -> None:
        """Fill a process's disk."""
        self.faults.note(Trouble.DISK_FULL)
        self.faults.fill(name, full=True)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.faults.fill(name, full=False)

    async def slow_down(self, name: str, seconds: float) -> None:
        """Make a process's disk slow."""
        self.faults.note(Trouble.DISK_SLOW)
        self.faults.slow_down(name, slow=True)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.faults.slow_down(name, slow=False)

    async def set_wrong(self, name: str, milliseconds: int, seconds: float) -> None:
        """Set a machine's clock on or back."""
        self.faults.note(Trouble.CLOCK_JUMPS)
        self.clocks[name].jump(milliseconds)
        with self._set_right(name):
            await asyncio.sleep(seconds)

    async def stop_clock(self, name: str, seconds: float) -> None:
        """Stop a machine's clock."""
        self.faults.note(Trouble.CLOCK_STANDS)
        self.clocks[name].stand_still()
        with self._set_right(name):
            await asyncio.sleep(seconds)

    async def jam_printer(self, kiosk: str, seconds: float) -> None:
        """Jam a printer at its next sheet, until somebody has cleared it."""
        self.faults.note(Trouble.PRINTER_JAMS)
        printer = self.counters[kiosk].printer
        printer.jam_after(None)
        with self._seen_to(kiosk):
            await asyncio.sleep(seconds)

    async def empty_tray(self, kiosk: str, seconds: float) -> None:
        """Take the paper out of a printer's tray, until somebody has filled it."""
        self.faults.note(Trouble.PAPER_OUT)
        self.counters[kiosk].printer.paper = 0
        with self._seen_to(kiosk):
            await asyncio.sleep(seconds)

    async def let_lie(self, kiosk: str, lie: Lie, seconds: float) -> None:
        """Let a printer have a bad habit."""
        self.faults.note(Trouble.PRINTER_LIES)
        self.counters[kiosk].printer.lies = (lie,)
        with self._seen_to(kiosk):
            await asyncio.sleep(seconds)

    async def silence_printer(self, kiosk: str, seconds: float) -> None:
        """Let a printer answer nothing."""
        self.faults.note(Trouble.PRINTER_SILENT)
        self.counters[kiosk].printer.silent = True
        with self._seen_to(kiosk):
            await asyncio.sleep(seconds)

    async def jam_coins(self, kiosk: str, seconds: float) -> None:
        """Let every piece fall through a coin device's slot."""
        self.faults.note(Trouble.COINS_JAM)
        hands = self.counters[kiosk].cash.hands
        await hands.jam()
        try:
            await asyncio.sleep(seconds)
        finally:
            await hands.unjam()

    async def stick_coins(self, kiosk: str, seconds: float) -> None:
        """Let a coin device pay nothing out."""
        self.faults.note(Trouble.COINS_STICK)
        hands = self.counters[kiosk].cash.hands
        await hands.stick_motor()
        try:
            await asyncio.sleep(seconds)
        finally:
            await hands.free_motor()

    async def let_come(self, kind: Trouble, chance: float, seconds: float) -> None:
        """Let a kind of trouble come of itself with a chance, and then no more; each that comes is counted.

        Raises:
            ValueError: a kind that does not come of itself.
        """
        self.faults.let_come(kind, chance)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.faults.let_come(kind, 0.0)

    def calm_down(self) -> None:
        """Let nothing go wrong any more, and set every clock right."""
        self.faults.calm_down()
        for clock in self.clocks.values():
            clock.go_right()

    @contextmanager
    def _seen_to(self, kiosk: str) -> Iterator[None]:
        """Have somebody see to a printer in the end, who takes out what lies there where nobody stands."""
        counter = self.counters[kiosk]
        printer = counter.printer
        try:
            yield
        finally:
            printer.forget()
            printer.jammed = printer.silent = False
            printer.lies = ()
            printer.paper = FULL_TRAY
            if counter.flow.standing == NOBODY:
                printer.take(STAFF)
            printer.moved()

    @contextmanager
    def _set_right(self, name: str) -> Iterator[None]:
        try:
            yield
        finally:
            self.clocks[name].go_right()
