"""The director of a world: draws what goes wrong with whole processes, machines and lines, when, and for how long.

Invariant: all that is drawn here is drawn from the seed, in the order in which the world asks.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping

from konbini.simulation.printer.jobs import Lie
from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.hands import Hands

__all__ = ["LIES", "Director"]

LIES = (Lie.NAMES_NO_REASON, Lie.COUNTER_STANDS, Lie.COUNTS_TWICE, Lie.COMPLETES_EARLY)
"""Not the one that has a room of its own in the museum: what is printed between visits meets nobody."""
_WITH_CARE = 0.7
"""The chance that whoever brings a new build stops all servers of a ward before the first is started."""


class Director:
    """Has its hands on a world.

    Args:
        hands: what does it.
        hourly: how often what comes.
        chance: seeded.
    """

    def __init__(self, hands: Hands, hourly: Mapping[Trouble, float], chance: random.Random) -> None:
        self._hands = hands
        self._hourly = hourly
        self._chance = chance
        self._acts: dict[Trouble, Callable[[], Awaitable[None]]] = {
            Trouble.PARTITION: self._partition,
            Trouble.CRASH: self._crash,
            Trouble.POWER: self._power,
            Trouble.DISK_FULL: self._disk_full,
            Trouble.DISK_SLOW: self._disk_slow,
            Trouble.CLOCK_JUMPS: self._clock_jumps,
            Trouble.CLOCK_STANDS: self._clock_stands,
            Trouble.PRINTER_JAMS: self._printer_jams,
            Trouble.PAPER_OUT: self._paper_out,
            Trouble.PRINTER_LIES: self._printer_lies,
            Trouble.PRINTER_SILENT: self._printer_silent,
            Trouble.COINS_JAM: self._coins_jam,
            Trouble.COINS_STICK: self._coins_stick,
            Trouble.ROLLOUT: self._rollout,
        }

    async def run(self) -> None:
        """Go on until cancelled; what was begun is then undone."""
        works = [asyncio.create_task(self._repeat(kind, rate)) for kind, rate in self._hourly.items()]
        try:
            await asyncio.gather(*works)
            await asyncio.Event().wait()
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            self._hands.calm_down()

    async def _repeat(self, kind: Trouble, rate: float) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(rate / 3600.0))
            await self._acts[kind]()

    async def _partition(self) -> None:
        link = self._chance.choice(self._hands.links)
        await self._hands.part(link, self._chance.uniform(1.0, 150.0))

    async def _crash(self) -> None:
        self._hands.kill(self._service())

    async def _rollout(self) -> None:
        await self._hands.roll_out(self._pauses(), with_care=self._chance.random() < _WITH_CARE)

    async def _power(self) -> None:
        self._hands.cut_power(self._chance.choice(self._hands.of_wards).split(" ")[1])

    async def _disk_full(self) -> None:
        await self._hands.fill(self._service(), self._chance.uniform(1.0, 40.0))

    async def _disk_slow(self) -> None:
        await self._hands.slow_down(self._service(), self._chance.uniform(1.0, 60.0))

    async def _clock_jumps(self) -> None:
        clock, milliseconds = self._clock(), round(self._chance.uniform(-3_600_000, 3_600_000))
        await self._hands.set_wrong(clock, milliseconds, self._chance.uniform(1.0, 120.0))

    async def _clock_stands(self) -> None:
        await self._hands.stop_clock(self._clock(), self._chance.uniform(1.0, 60.0))

    async def _printer_jams(self) -> None:
        await self._hands.jam_printer(self._kiosk(), self._chance.uniform(5.0, 60.0))

    async def _paper_out(self) -> None:
        await self._hands.empty_tray(self._kiosk(), self._chance.uniform(5.0, 60.0))

    async def _printer_lies(self) -> None:
        await self._hands.let_lie(self._kiosk(), self._chance.choice(LIES), self._chance.uniform(5.0, 60.0))

    async def _printer_silent(self) -> None:
        await self._hands.silence_printer(self._kiosk(), self._chance.uniform(1.0, 30.0))

    async def _coins_jam(self) -> None:
        await self._hands.jam_coins(self._kiosk(), self._chance.uniform(5.0, 60.0))

    async def _coins_stick(self) -> None:
        await self._hands.stick_coins(self._kiosk(), self._chance.uniform(5.0, 60.0))

    def _kiosk(self) -> str:
        return self._chance.choice(list(self._hands.counters))

    def _service(self) -> str:
        return self._chance.choice(list(self._hands.services))

    def _clock(self) -> str:
        return self._chance.choice(list(self._hands.clocks))

    def _pauses(self) -> Iterator[float]:
        """Give the time that each service has to serve before the next is started anew."""
        while True:
            yield self._chance.uniform(1.0, 20.0)
