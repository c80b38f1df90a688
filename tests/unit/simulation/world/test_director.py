"""The director's hand: each kind of trouble does what it is called, and is over when the director is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.tasks import StandingTasks
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.witness import Flow, Records
from konbini.simulation.world.director import Director
from konbini.simulation.world.faults import Faults, Rates, Trouble
from konbini.simulation.world.hands import Hands
from konbini.simulation.world.processes import end_all
from konbini.simulation.world.services import Supervised
from tests.unit.simulation.world.worlds import in_world

_NAMES = ("center", "registry 131997", "clerk 131997", "issuing 131997", "K-0001")
_HOURLY = (
    *(Trouble.PARTITION, Trouble.CRASH, Trouble.POWER, Trouble.DISK_FULL, Trouble.DISK_SLOW),
    *(Trouble.CLOCK_JUMPS, Trouble.CLOCK_STANDS, Trouble.ROLLOUT),
    *(Trouble.PRINTER_JAMS, Trouble.PAPER_OUT, Trouble.PRINTER_LIES, Trouble.PRINTER_SILENT),
    *(Trouble.COINS_JAM, Trouble.COINS_STICK),
)
_DEADLY = {Trouble.CRASH, Trouble.POWER, Trouble.ROLLOUT}


@asynccontextmanager
async def _serve(_clock: Clock, _entropy: Entropy, _tasks: StandingTasks) -> AsyncIterator[None]:
    yield


async def _an_hour(kind: Trouble) -> tuple[int, dict[str, int]]:
    """Let one kind come for an hour; give how often it came, and how many lives each service had."""
    rates = Rates(hourly={kind: 30})
    faults = Faults(rates, random.Random(1))  # noqa: S311 - a simulation's
    services = {
        name: Supervised(name=name, serve=_serve, clock=WorldClock(), entropy=SeededEntropy(1)) for name in _NAMES
    }
    clocks = {name: WorldClock() for name in _NAMES}
    running = [asyncio.create_task(service.run()) for service in services.values()]
    for service in services.values():
        await service.up()
    counters = {"K-0001": Counter(Flow(kiosk="K-0001", witness=Records()), WorldClock())}
    links = [("issuing 131997", "center")]
    hands = Hands(faults=faults, services=services, clocks=clocks, links=links, counters=counters)
    director = Director(hands, rates.hourly, random.Random(2))  # noqa: S311 - the same
    directing = asyncio.create_task(director.run())
    await asyncio.sleep(3600)
    assert not directing.done()
    directing.cancel()
    await asyncio.wait((directing,))
    assert {clock.now() for clock in clocks.values()} == {true_time()}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await end_all()
    return faults.counts[kind], {name: service.lives for name, service in services.items()}


@pytest.mark.parametrize("kind", _HOURLY)
def test_each_kind_comes_and_the_director_lives(kind: Trouble) -> None:
    """Those that kill, kill; the others leave every process alone."""
    times, lives = in_world(_an_hour(kind))
    assert times > 5
    dead = {name for name, count in lives.items() if count > 1}
    if kind is Trouble.POWER:
        assert dead == {name for name in _NAMES if name.endswith("131997")}
    else:
        assert bool(dead) is (kind in _DEADLY)
        assert kind is not Trouble.ROLLOUT or dead == set(_NAMES)
