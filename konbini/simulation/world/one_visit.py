"""One visit, with a death at every step and at every pair of steps.

Every copy of the world goes on from the same moment: all is up, nobody is at the kiosk. Somebody comes for one
certificate and does as the screens say; whoever takes a given step dies there, is started again, and all must settle.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from konbini.process.log import hearing
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.counter.person import Person, Visitor
from konbini.simulation.world.exhausting import Deaths, Outcome, every_pair, every_step, in_copies
from konbini.simulation.world.loop import WorldLoop
from konbini.simulation.world.plan import Cryptography, WorldPlan
from konbini.simulation.world.processes import Step
from konbini.simulation.world.profiles import ProfileName
from konbini.simulation.world.running import World

__all__ = ["Exhausted", "exhaust"]

_GONE_SECONDS = 1200.0


@dataclass(slots=True)
class Exhausted:
    """What came of all copies.

    Attributes:
        steps: who took each step where nobody died.
        deaths: copies with deaths in them.
        papers: copies in which a sheet came out.
        failed: those in which something did not hold or settle.
    """

    steps: tuple[str, ...] = ()
    deaths: int = 0
    papers: int = 0
    failed: list[Outcome] = field(default_factory=list)


def exhaust(
    seed: int,
    *,
    pairs: bool,
    workers: int = 2,
    most: int | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Exhausted:
    """Run the visit once for every step, or for every pair of a commit's edges.

    Args:
        seed: of the world.
        pairs: every pair of commits' edges; else every single step of any kind.
        workers: copies at once.
        most: no more copies than this, spread evenly; all where None.
        say: told now and then how far it is.
    """
    kinds = frozenset((Step.COMMIT, Step.COMMITTED)) if pairs else frozenset(Step)
    deaths = Deaths(kinds)
    loop = WorldLoop(seed)
    plan = WorldPlan(visits=1, seed=seed, profile=ProfileName.CALM, kiosks=1, cryptography=Cryptography.SIMULATED)
    world = World(plan, loop, watched=deaths)
    loop.set_exception_handler(world.uncaught)
    try:
        with hearing(logging.CRITICAL):
            return loop.run_until_complete(_exhaust(world, deaths, pairs=pairs, workers=workers, most=most, say=say))
    finally:
        loop.close()


async def _exhaust(  # noqa: PLR0913 - what it is told, named
    world: World, deaths: Deaths, *, pairs: bool, workers: int, most: int | None, say: Callable[[str], None]
) -> Exhausted:
    await world.begin()

    async def live(at: Sequence[int]) -> Outcome:
        return await _live(world, deaths, at)

    try:
        found = Exhausted()
        async for outcome in in_copies(live, [()], workers=1):
            found.steps = outcome.steps
            if not outcome.holds:
                found.failed.append(outcome)
        every = list(every_pair(len(found.steps)) if pairs else every_step(len(found.steps)))
        if most is not None and most < len(every):
            every = [every[index * len(every) // most] for index in range(most)]
        say(f"{len(found.steps)} steps, {len(every)} copies")
        async for outcome in in_copies(live, every, workers=workers):
            found.deaths += 1
            found.papers += bool(outcome.papers)
            if not outcome.holds:
                found.failed.append(outcome)
                say(f"FAILED at {outcome.at}: {outcome.violations} {outcome.unsettled}")
        return found
    finally:
        await world.end()


async def _live(world: World, deaths: Deaths, at: Sequence[int]) -> Outcome:
    """Let one person come, with these deaths, and wait until all is quiet."""
    kiosk, counter = world.first_counter
    town = world.ground.towns[0]
    one = next(town.population.plain_holders(most_members=1))
    person = Person(
        name=f"{town.ward.code} {one.record.resident}",
        card=town.card_of(one),
        pin=one.pin,
        ward=town.ward.code,
        habits=Habits(coins=(100,)),
    )
    visitor = Visitor(counter, person, Errand(kinds=(CertificateKind.RESIDENT_RECORD,)), random.Random(1))  # noqa: S311 - habits
    deaths.begin(at)
    world.began(person)
    try:
        async with asyncio.timeout(_GONE_SECONDS):
            stay = await visitor.visit()
    except TimeoutError:
        stay = visitor.stay
    steps = tuple(deaths.steps)
    deaths.end()
    world.ended(kiosk, person, stay)
    await world.settle()
    findings = world.checker.findings
    return Outcome(
        at=tuple(at),
        steps=steps,
        papers=findings.papers,
        violations=(*(f"{one.point}: {one.what}" for one in findings.violations), *world.defects),
        unsettled=world.unsettled,
    )
