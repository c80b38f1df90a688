"""A simulated world that a test drives: it says who comes, what goes wrong and when time passes.

Nothing happens of itself in it but what was begun. What is begun goes on while time passes, and all of it is over when
the world is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from konbini.process.log import hearing
from konbini.simulation.town.people import Townsperson
from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.faults import Faults, Rates
from konbini.simulation.world.loop import WorldLoop
from konbini.simulation.world.office import ActKind
from konbini.simulation.world.plan import Cryptography, WorldPlan
from konbini.simulation.world.processes import Process
from konbini.simulation.world.profiles import ProfileName
from konbini.simulation.world.running import World

__all__ = ["FRONT", "KIOSKS", "PEOPLE", "WARD", "Caller", "DrivenWorld", "drive"]

T = TypeVar("T")

WARD = "131997"
KIOSKS = ("K-0001", "K-0002")
FRONT = "dishonest center"
PEOPLE = 6
"""How many people come and are acted upon: few, so that they meet. Two and two live together, the last two do not."""
_RESIDENTS = 200
_GONE_SECONDS = 7200.0
"""Until whoever came has gone: anybody has patience for a quarter of an hour, and stands behind others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who comes.

    Attributes:
        who: which of the people.
        errand: what for.
        habits: how they go about it.
        other: whose card they have with them beside their own; None: nobody's.
    """

    who: int
    errand: Errand
    habits: Habits
    other: int | None = None


def drive(seed: int) -> DrivenWorld:
    """Begin a world in fair weather, with a dishonest center that is honest until it is told otherwise.

    Raises:
        ValueError, OSError: its ground cannot be made.
    """
    plan = WorldPlan(
        visits=1,
        seed=seed,
        profile=ProfileName.ALL,
        servers=2,
        kiosks=len(KIOSKS),
        residents=_RESIDENTS,
        cryptography=Cryptography.SIMULATED,
    )
    loop = WorldLoop(seed)
    world = DrivenWorld(plan, loop)
    loop.set_exception_handler(world.uncaught)
    world.open()
    return world


class DrivenWorld(World):
    """One ward, two kiosks and a few people, driven from outside its loop."""

    def __post_init__(self) -> None:
        """Let nothing come of itself."""
        super().__post_init__()
        self.faults = Faults(Rates(), self._chance("faults"))
        self._troubles: list[asyncio.Task[None]] = []
        self._doings: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Start everything."""
        try:
            self._wait(self.begin())
        except BaseException:
            self._end()
            raise
        self.faults.begin()
        self._cast = _cast(self.ground.towns[0].population.plain_holders())

    def pass_time(self, seconds: float) -> None:
        """Let everything go on for a while."""
        if seconds:
            self._wait(asyncio.sleep(seconds))
        for task in (*self._troubles, *self._doings):
            if task.done():
                task.result()

    def goes_wrong(self, trouble: Coroutine[Any, Any, None]) -> None:
        """Let something go wrong until it is over, or the world is closed."""
        self._troubles.append(self.loop.create_task(trouble))

    @property
    def troubles(self) -> int:
        """How many of the troubles go on that were begun."""
        return sum(not task.done() for task in self._troubles)

    def comes(self, kiosk: str, caller: Caller) -> None:
        """Let somebody come to a kiosk, unless they are out already."""
        town, one = self.ground.towns[0], self._cast[caller.who]
        if self.crowd.is_out(town, one):
            return
        person = self.crowd.set_out(town, one, caller.habits)
        if caller.other is not None:
            person = replace(person, other_card=self.crowd.card(town, self._cast[caller.other]))
        self._doings.append(self.loop.create_task(self.crowd.visit(kiosk, person, caller.errand)))

    def act(self, kind: ActKind, who: int) -> None:
        """Let two operators do something about somebody, after what they do already."""
        self._at_the_office(kind, self._cast[who].record.resident)

    def take_back(self, which: int) -> None:
        """Let two operators take back a measure or a hold, of those that they know of."""
        office = self.offices[0]
        resident = list(office.restricted)[which % len(office.restricted)]
        self._at_the_office(office.taking_back(resident), resident)

    @property
    def holds_back(self) -> bool:
        """Whether there is something to take back."""
        return bool(self.offices[0].restricted)

    def kill_visit(self, kiosk: str) -> None:
        """Kill the process of the visit at a kiosk, where there is one."""
        served = self.hands.services[kiosk].served
        if served is not None and served.serving is not None:
            served.serving.kill()

    def count(self, kiosk: str, query: str) -> int:
        """Ask a kiosk's journal for a count."""
        found: int = self._kiosks[kiosk].disk.query(query)[0][0]
        return found

    @property
    def broken(self) -> list[str]:
        """What did not hold so far."""
        return [*(f"{one.point}: {one.what}" for one in self.checker.findings.violations), *self.defects]

    def close(self) -> None:
        """Let all be well again, everybody go home and everything settle, and end.

        Raises:
            TimeoutError: somebody never goes home.
        """
        try:
            if not self.broken:
                self._wait(self._come_to_rest())
        finally:
            self._end()

    async def _come_to_rest(self) -> None:
        for task in self._troubles:
            task.cancel()
        await asyncio.gather(*self._troubles, return_exceptions=True)
        self.hands.calm_down()
        async with asyncio.timeout(_GONE_SECONDS):
            await asyncio.gather(*self._doings)
        await self.settle()

    def _end(self) -> None:
        try:
            self._wait(self._end_all())
        finally:
            self.loop.close()

    async def _end_all(self) -> None:
        begun = (*self._troubles, *self._doings)
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        await self.end()

    def _at_the_office(self, kind: ActKind, resident: str) -> None:
        async def go() -> None:
            await Process(name="office").start(self.offices[0].act(kind, resident))

        self._doings.append(self.loop.create_task(go()))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        with hearing(logging.CRITICAL):
            return self.loop.run_until_complete(work)


def _cast(holders: Iterable[Townsperson]) -> tuple[Townsperson, ...]:
    """Choose those who come: two of each of two households, and two others with whom nobody lives who has a card."""
    homes: dict[str, list[Townsperson]] = {}
    for one in holders:
        homes.setdefault(one.record.household, []).append(one)
    pairs = [home[:2] for home in homes.values() if len(home) > 1][:2]
    alone = [home for home in homes.values() if len(home) == 1][:2]
    cast = tuple(one for home in (*pairs, *alone) for one in home)
    assert len(cast) == PEOPLE
    return cast
