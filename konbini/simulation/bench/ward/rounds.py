"""Rounds of orders, in which engines and sizes take turns, so that what else the machine does meets them alike."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.simulation.bench.ward.orders import Terminal
from konbini.simulation.bench.ward.stores import IssuingStore
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Contestant", "Round", "SinglyCommitting", "take_turns"]

T = TypeVar("T")

_WARM: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One contestant's orders of one round: how long all took, the process's CPU, and each order's own time."""

    seconds: float
    cpu_seconds: float
    latencies: Sequence[float]

    @property
    def orders(self) -> int:
        """How many there were."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.orders / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One store with its callers.

    Attributes:
        name: in the figures.
        residents: of its ward.
        store: which.
        terminals: the callers, each with one visit at a time.
        cards: whose turn it is, without an end.
    """

    name: str
    residents: int
    store: IssuingStore
    terminals: Sequence[Terminal]
    cards: Iterator[CardSerial]


class SinglyCommitting:
    """Rows that are handed one change at a time, so that each is committed alone: what group commit is held against.

    Callers wait for their turn here, not in the writer; reads are as they were.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._turn = asyncio.Lock()

    @property
    def epoch(self) -> int:
        """See `Rows`."""
        return self._rows.epoch

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` when the one before it is durable; see `Rows`."""
        async with self._turn:
            return await self._rows.write(change, step=step)

    async def read(self, look: Callable[[Connection], T]) -> T:
        """See `Rows`."""
        return await self._rows.read(look)

    async def until_unfit(self) -> None:
        """See `Rows`."""
        await self._rows.until_unfit()

    async def close(self) -> None:
        """See `Rows`."""
        await self._rows.close()


async def take_turns(
    contestants: Sequence[Contestant], *, rounds: int, orders: int, told: Callable[[int], None]
) -> list[list[Round]]:
    """Let every contestant take so many orders in each round; each round begins with another one of them.

    Args:
        contestants: who.
        rounds: how many count; one more goes before them, to warm up.
        orders: of one contestant in one round.
        told: hears of each round that is over.

    Returns:
        The rounds of each contestant, in their order.

    Raises:
        ExceptionGroup: an order failed.
    """
    found: list[list[Round]] = [[] for _ in contestants]
    for number in range(_WARM + rounds):
        for place in range(len(contestants)):
            turn = (place + number) % len(contestants)
            one = await _round(contestants[turn], orders)
            if number >= _WARM:
                found[turn].append(one)
        told(number)
    return found


async def _round(contestant: Contestant, orders: int) -> Round:
    await contestant.store.follower.renew()
    latencies: list[float] = []
    cards = itertools.islice(contestant.cards, orders)
    begun, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as callers:
        for terminal in contestant.terminals:
            callers.create_task(_visits(terminal, cards, latencies))
    return Round(seconds=time.perf_counter() - begun, cpu_seconds=time.process_time() - cpu, latencies=tuple(latencies))


async def _visits(terminal: Terminal, cards: Iterator[CardSerial], latencies: list[float]) -> None:
    for card in cards:
        begun = time.perf_counter()
        await terminal.visit(card)
        latencies.append(time.perf_counter() - begun)
