"""The benchmark from beginning to end: one axis after the other, whose sizes take turns in each round."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.bench.growth.axes import CENTER, Axis, Grown, Sized
from konbini.simulation.bench.growth.center import CenterHouse, open_center
from konbini.simulation.bench.growth.ward import WardStores
from konbini.simulation.bench.ward.rounds import take_turns

__all__ = ["Plan", "measure_growth"]

_MS: Final = 1000
_BASE_KIOSKS, _BASE_WARDS = 100, 1
_WARM: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be measured.

    Attributes:
        axes: which.
        rounds: how many count.
        orders: of each size in one round.
    """

    axes: Sequence[Axis]
    rounds: int
    orders: int


async def measure_growth(plan: Plan, say: Callable[[str], None]) -> Sequence[Grown]:
    """Measure, in a folder below the system's temporary one, which `TMPDIR` names; it is removed at the end.

    Raises:
        ValueError: the smallest ward has too few people for so many orders.
        Exception: what a store, the ledger or the center raises; nothing of it should.
    """
    found = []
    for axis in plan.axes:
        say(f"{axis.name}: {', '.join(f'{size:,}' for size in axis.sizes)}")
        with tempfile.TemporaryDirectory(prefix="konbini-growth-") as folder:
            async with AsyncExitStack() as ending:
                measured = _center if axis.where == CENTER else _ward
                found.append(Grown(axis=axis, sizes=await measured(plan, axis, Path(folder), ending)))
    return found


async def _ward(plan: Plan, axis: Axis, folder: Path, ending: AsyncExitStack) -> Sequence[Sized]:
    stores = WardStores(folder, ending, (plan.rounds + _WARM) * plan.orders)
    contestants = await stores.grown(axis)
    rounds = await take_turns(contestants, rounds=plan.rounds, orders=plan.orders, told=lambda _: None)
    return [
        Sized(size=size, cpu_ms=[one.cpu_seconds * _MS / one.orders for one in its])
        for size, its in zip(axis.sizes, rounds, strict=True)
    ]


async def _center(plan: Plan, axis: Axis, folder: Path, ending: AsyncExitStack) -> Sequence[Sized]:
    houses = []
    for size in axis.sizes:
        kiosks, wards = (size, _BASE_WARDS) if axis.name == "kiosks" else (_BASE_KIOSKS, size)
        place = folder / str(size)
        place.mkdir()
        opened = open_center(place, SystemClock(), SystemEntropy(), kiosks=kiosks, wards=wards)
        houses.append(await ending.enter_async_context(opened))
    found: list[list[float]] = [[] for _ in houses]
    for number in range(_WARM + plan.rounds):
        for place_of in range(len(houses)):
            turn = (place_of + number) % len(houses)
            cpu_ms = await _relayed(houses[turn], plan.orders)
            if number >= _WARM:
                found[turn].append(cpu_ms)
    return [Sized(size=size, cpu_ms=its) for size, its in zip(axis.sizes, found, strict=True)]


async def _relayed(house: CenterHouse, visits: int) -> float:
    """Give the CPU milliseconds of a visit."""
    begun = time.process_time()
    for _ in range(visits):
        await house.visit()
    return (time.process_time() - begun) * _MS / visits
