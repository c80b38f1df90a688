"""Runs one world from its plan to its report: ground, kiosks, people, what goes wrong, and the quiet.

    report = run_world(WorldPlan(visits=200, seed=7))

Steps: 1. the ground, fair weather, everything up; 2. people and operators, faults by the profile; 3. the faults end,
what is owed is settled; 4. the checker looks at everything once more; 5. everything ends.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
import time
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from konbini.kiosk.session.order_views import OutcomeView
from konbini.process.log import hearing
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.world.checker import Checker, KioskBooks, Sheet, Standing
from konbini.simulation.world.clocks import WorldClock
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.person import Person, Stay
from konbini.simulation.world.counter.shop import STAFF
from konbini.simulation.world.counter.witness import NOBODY, Money
from konbini.simulation.world.counter.witness import Sheet as OutSheet
from konbini.simulation.world.crowd import Crowd, standing_of
from konbini.simulation.world.director import Director
from konbini.simulation.world.faults import Faults
from konbini.simulation.world.ground import GroundPlan, fresh_keys, kept_folder, make_ground
from konbini.simulation.world.hands import Hands
from konbini.simulation.world.hostile import HostileCenter
from konbini.simulation.world.loop import WorldLoop
from konbini.simulation.world.machines import KioskMachine, MachineParts, make_machine
from konbini.simulation.world.office import Office
from konbini.simulation.world.papers.ports import REAL, SIMULATED, WorldPapers
from konbini.simulation.world.plan import WorldPlan
from konbini.simulation.world.processes import Process, Step, end_all
from konbini.simulation.world.profiles import PROFILES
from konbini.simulation.world.report import WorldReport
from konbini.simulation.world.services import Supervised
from konbini.simulation.world.truth import Truth

__all__ = ["World", "run_world"]

_UP_SECONDS = 120.0
_LINKING_SECONDS = 60.0
"""Until links are up and each kiosk knows its wards."""
_QUIET_SECONDS = 3600.0
_LOOK_SECONDS = 10.0
_REST_SECONDS = 150.0
"""How long everything stands still before the last look: logs are co-signed each minute."""
_TOWNS_SEED = 1
_DEFECTS_KEPT = 50
_TODAY = 20261201


def run_world(plan: WorldPlan) -> WorldReport:
    """Run a world and give its report.

    Raises:
        ValueError, OSError: its ground cannot be made.
    """
    began = time.process_time()
    loop = WorldLoop(plan.seed)
    world = World(plan, loop)
    loop.set_exception_handler(world.uncaught)
    try:
        with hearing(logging.CRITICAL):
            loop.run_until_complete(world.run())
    finally:
        loop.close()
    return world.report(time.process_time() - began)


@dataclass(eq=False)
class World:
    """One world, from its making to its end."""

    plan: WorldPlan
    loop: WorldLoop
    watched: Callable[[Process, Step], None] | None = None
    endings: Tally[str] = field(default_factory=Tally)
    defects: list[str] = field(default_factory=list)
    _digest: Any = field(default_factory=hashlib.sha256)
    unsettled: int = 0
    _kiosks: dict[str, KioskMachine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw everything that is drawn from the seed."""
        self.profile = PROFILES[self.plan.profile]
        self.rates = self.profile.rates.without(self.plan.without)
        self.faults = Faults(self.rates, self._chance("faults"))
        self.papers: WorldPapers = REAL if self.plan.real_papers else SIMULATED

    async def run(self) -> None:
        """Go through all steps."""
        await self.begin()
        try:
            await self.live()
            await self.settle()
        finally:
            await self.end()

    async def begin(self) -> None:
        """Make the ground and start everything in fair weather."""
        self.faults.hush()
        plan = GroundPlan(
            seed=_TOWNS_SEED,
            wards=self.plan.wards,
            servers=self.plan.servers,
            residents=self.plan.residents,
            kiosks=self.plan.kiosks,
            hostile=bool(self.rates.dishonest),
            real_keys=self.plan.real_cryptography,
        )
        with kept_folder(plan) as folder:
            self.ground = make_ground(plan, folder, self.faults, self.papers)
            parts = MachineParts(papers=self.papers, fresh=fresh_keys(plan, "visits"), faults=self.faults, witness=self)
            for name in self.ground.towns[0].kiosks:
                self._kiosks[name] = make_machine(self.ground.wards[0], name, parts, self._entropy(name))
        self.loop.network.weather = self.faults
        for ward in self.ground.wards:
            await ward.settle_in(self._entropy("settling in"))
            await ward.answer_for_cards(self._entropy(f"cards {ward.town.ward.code}"))
        self.offices = [self._office(place) for place in range(len(self.ground.wards))]
        truths = {
            ward.town.ward.code: Truth(ward.town.population.people, office.acts)
            for ward, office in zip(self.ground.wards, self.offices, strict=True)
        }
        self.checker = Checker(self.ground, truths, self.loop.time)
        self.checker.watch()
        self.services = [*self._hostile(), *self.ground.services, *(one.service for one in self._kiosks.values())]
        for service in self.services:
            service.watched = self.watched
        self.running = [asyncio.create_task(service.run()) for service in self.services]
        for service in self.services:
            await self._up(service)
        await asyncio.sleep(_LINKING_SECONDS)
        self.hands = self._hands()
        self.crowd = self._crowd()

    async def live(self) -> None:
        """Let people come and things go wrong, until the last visit is over."""
        self.faults.begin()
        director = asyncio.create_task(Director(self.hands, self.rates.hourly, self._chance("director")).run())
        working = [Process(name="office").start(office.run()) for office in self.offices if self.profile.office]
        try:
            await self.crowd.run()
        finally:
            director.cancel()
            await asyncio.wait((director,))
            for office in self.offices:
                office.stop()
            await asyncio.gather(*working)
        if not director.cancelled():
            director.result()  # it ended by itself: a defect of the world, which would else be a world without faults

    async def settle(self) -> None:
        """Wait in fair weather until all that is owed is settled, and look at everything."""
        books = self._books()
        until = self.loop.time() + _QUIET_SECONDS
        while self.checker.unsettled(books) and self.loop.time() < until:  # noqa: ASYNC110 - a checker asks nobody
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(_REST_SECONDS)
        self.unsettled = self.checker.unsettled(books)
        self.checker.all_quiet(self._books())

    async def end(self) -> None:
        """End every service and device."""
        for task in getattr(self, "running", ()):
            task.cancel()
        await asyncio.gather(*getattr(self, "running", ()), return_exceptions=True)
        for kiosk in self._kiosks.values():
            await kiosk.counter.close()
        await end_all()

    def report(self, cpu_seconds: float) -> WorldReport:
        """Say how it went."""
        findings = self.checker.findings
        self._tell(f"{sorted(self.endings.items())} {findings.at_stake} {findings.broken} {self.loop.time():.6f}")
        return WorldReport(
            plan=self.plan,
            visits=findings.visits,
            papers=findings.papers,
            wrong_papers=findings.wrong_papers,
            violations=tuple(findings.violations),
            broken=findings.broken,
            unsettled=self.unsettled,
            at_stake=dict(findings.at_stake),
            troubles=dict(self.faults.counts),
            endings=dict(self.endings),
            defects=tuple(self.defects),
            seconds=self.loop.time(),
            cpu_seconds=cpu_seconds,
            digest=self._digest.hexdigest(),
        )

    def uncaught(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Hear of an exception that nobody caught; those of the dead are nobody's."""
        fault = context.get("exception")
        if isinstance(fault, asyncio.CancelledError):
            return  # Python 3.11's streams look at the exception of a task that was cancelled
        if len(self.defects) < _DEFECTS_KEPT:
            self.defects.append(f"{context.get('message')}: {type(fault).__name__}: {fault}")

    @property
    def first_counter(self) -> tuple[str, Counter]:
        """The first kiosk, and its devices."""
        name, kiosk = next(iter(self._kiosks.items()))
        return name, kiosk.counter

    def came_out(self, sheet: OutSheet) -> None:
        """See `Witness`: a sheet came out."""
        self._tell(f"sheet {sheet.kiosk} {sheet.number} {sheet.before}")
        self.checker.sheet_out(Sheet(kiosk=sheet.kiosk, content=sheet.content, standing=_standing(sheet.before)))

    def was_taken(self, sheet: OutSheet) -> None:
        """See `Witness`: somebody took a sheet."""
        self._tell(f"taken {sheet.kiosk} {sheet.number} {sheet.taken_by}")
        self.checker.sheet_taken(Sheet(kiosk=sheet.kiosk, content=sheet.content, standing=_standing(sheet.taken_by)))

    def money_moved(self, money: Money) -> None:
        """See `Witness`: money changed hands."""
        self._tell(f"money {money.kiosk} {money.who} {money.yen}")

    def began(self, _person: Person) -> None:
        """Hear that a visit begins."""
        self.checker.findings.visits += 1

    def ended(self, kiosk: str, person: Person, stay: Stay) -> None:
        """Hear that a visit is over."""
        last = _ending(stay)
        self.endings[last] += 1
        self._tell(f"visit {kiosk} {person.name} {last} {self.loop.time():.6f}")
        ward, _ = standing_of(person.name)
        self.checker.visit_ended(self._kiosks[kiosk].disk, ward, self._marks(person))

    def _crowd(self, kind: type[Crowd] = Crowd) -> Crowd:
        return kind(
            towns=self.ground.towns,
            counters={name: one.counter for name, one in self._kiosks.items()},
            profile=self.profile,
            left=self.plan.visits,
            chance=self._chance("crowd"),
            began=self.began,
            ended=self.ended,
        )

    def _marks(self, person: Person) -> tuple[bytes, ...]:
        ward, resident = standing_of(person.name)
        town = next(town for town in self.ground.towns if town.ward.code == ward)
        record = next(one.record for one in town.population.people if one.record.resident == resident)
        return record.name.encode(), record.address.encode(), resident.encode()

    def _tell(self, line: str) -> None:
        self._digest.update(f"{self.loop.time():.6f} {line}\n".encode())

    def _office(self, place: int) -> Office:
        ward = self.ground.wards[place]
        return Office(
            socket=ward.town.run / "operators.sock",
            user=os.getuid(),
            whom=lambda: self.crowd.somebody(ward.town),
            today=_TODAY,
            chance=self._chance(f"office {place}"),
            between=self.profile.office,
        )

    def _hostile(self) -> list[Supervised]:
        if not self.rates.dishonest:
            return []
        center = HostileCenter(
            gates=self.ground.gates,
            host="127.0.0.1",
            dishonest=self.faults.dishonest,
            chance=self._chance("dishonest"),
            note=self.faults.note,
        )
        return [
            Supervised(
                name="dishonest center", serve=center.serve, clock=WorldClock(), entropy=self._entropy("dishonest")
            )
        ]

    def _hands(self) -> Hands:
        wards = self.ground.wards
        services = {service.name: service for service in self.services if service.name != "dishonest center"}
        clocks = {ward.services[name].name: clock for ward in wards for name, clock in ward.clocks.items()}
        clocks |= {name: one.clock for name, one in self._kiosks.items()} | {"center": self.ground.center_clock}
        front = self.services[0].name
        links = [(server.name, front) for ward in wards for server in ward.issuing]
        links += [(name, front) for name in self._kiosks]
        links += [(f"registry {ward.town.ward.code}", server.name) for ward in wards for server in ward.issuing]
        counters = {name: one.counter for name, one in self._kiosks.items()}
        return Hands(faults=self.faults, services=services, clocks=clocks, links=links, counters=counters)

    def _books(self) -> tuple[KioskBooks, ...]:
        return tuple(one.books for one in self._kiosks.values())

    async def _up(self, service: Supervised) -> None:
        try:
            async with asyncio.timeout(_UP_SECONDS):
                await service.up()
        except TimeoutError as late:
            raise RuntimeError(f"{service.name} does not come up: {service.faults[:1]}") from late

    def _chance(self, whose: str) -> random.Random:
        return random.Random(f"{self.plan.seed} {whose}")  # noqa: S311 - reproducible, for a simulation

    def _entropy(self, whose: str) -> SeededEntropy:
        return SeededEntropy(f"{self.plan.seed} {whose}".encode())


def _ending(stay: Stay) -> str:
    """Name how a stay ended: by its last page, and the reason that it gave."""
    if stay.last is None:
        return "walked away"
    if isinstance(stay.last, OutcomeView):
        return f"{stay.last.state.value}: {stay.last.code.name}"
    return stay.last.state.value


def _standing(name: str) -> Standing | None:
    """Give who somebody is; None for nobody, and for those who work there."""
    if name in (NOBODY, STAFF):
        return None
    ward, resident = standing_of(name)
    return Standing(ward=ward, resident=resident)
