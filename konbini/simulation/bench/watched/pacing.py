"""Orders at a set pace: each is due at its moment whether or not the one before has ended, and counted as by `issuing`.

An order is the durable work of a visit with one certificate (`konbini.simulation.bench.ward.orders`): who is late is
late from the moment at which it was due. Limits: no paper is drawn and nothing sealed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from konbini.process.clock import Clock, to_seconds
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, timed
from konbini.process.traces.attributes import ORDER_STEPS
from konbini.process.traces.ports import NoTraces
from konbini.protocol.kinds import CertificateKind, MessageKind
from konbini.simulation.bench.ward.orders import Terminal, sealed_document
from konbini.simulation.bench.ward.stores import IssuingStore, WardKeys
from konbini.ward_server.issuing.steps import OrderSteps
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["Counting", "Pacing"]

_CALLS_AN_ORDER: Final = 2


class Counting:
    """Counts an order's calls, steps and messages as `issuing` does."""

    def __init__(self, measures: Measures, clock: Clock) -> None:
        self._measures, self._clock = measures, clock
        self._steps = OrderSteps(measures, NoTraces(), clock)

    @contextmanager
    def order(self) -> Iterator[None]:
        """Count a visit with one order, its receipt and its end."""
        yield
        kinds = (MessageKind.OPEN, MessageKind.ORDER, MessageKind.RECEIPT, MessageKind.RECEIPT)
        for kind in kinds:
            with timed(self._measures, self._clock, Metric.FRAME_SECONDS, kind=kind):
                pass
        for step in ORDER_STEPS:
            with self._steps.one(step):
                pass
        for _ in range(_CALLS_AN_ORDER):
            with timed(self._measures, self._clock, Metric.CALL_SECONDS, peer="clerk"):
                pass
            self._measures.count(Metric.CALLS, peer="clerk", outcome="answered")
        self._measures.count(Metric.VISITS, outcome="opened")
        self._steps.issued(CertificateKind.RESIDENT_RECORD)


class Pacing:
    """One store's orders.

    Args:
        store: whose.
        keys: of its ward.
        counting: counts each.
        cards: whose turn it is.
        kiosks: how many serve.
        rate: orders that are due in a second.
    """

    def __init__(  # noqa: PLR0913 - what the pace is made of, named
        self,
        store: IssuingStore,
        keys: WardKeys,
        counting: Counting,
        cards: Iterator[CardSerial],
        *,
        kiosks: int,
        rate: int,
    ) -> None:
        document = sealed_document(keys, to_seconds(keys.clock.now()))
        self._counting = counting
        self._cards = cards
        self._rate = rate
        self._terminals = [Terminal(f"K-{number:04d}", store, keys, document) for number in range(1, kiosks + 1)]
        self._due: asyncio.Queue[tuple[CardSerial, float] | None] = asyncio.Queue()
        self._served: list[tuple[float, float]] = []
        self._is_over = False
        self.left = 0

    async def run(self) -> None:
        """Let orders come until `end`, and serve each that came, the first first; a queue that had grown is let go.

        Raises:
            ExceptionGroup: of what the ledger or the copy raises; nothing of it should.
        """
        begun, number = time.perf_counter(), 0
        async with asyncio.TaskGroup() as serving:
            for terminal in self._terminals:
                serving.create_task(self._serve(terminal))
            while not self._is_over:
                due = begun + number / self._rate
                await asyncio.sleep(max(due - time.perf_counter(), 0.0))
                self._due.put_nowait((next(self._cards), due))
                number += 1
            self.left = self._due.qsize()
            while self.left >= len(self._terminals) and not self._due.empty():
                self._due.get_nowait()
            for _ in self._terminals:
                self._due.put_nowait(None)

    def end(self) -> None:
        """Let no more come."""
        self._is_over = True

    @property
    def waiting(self) -> int:
        """How many orders are due and have no kiosk yet."""
        return self._due.qsize()

    def due_between(self, begin: float, end: float) -> list[float]:
        """Give the seconds that each order took that was due in [begin, end) of `time.perf_counter`; after `run`."""
        return [seconds for due, seconds in self._served if begin <= due < end]

    async def _serve(self, terminal: Terminal) -> None:
        """Serve one order after the other at one kiosk."""
        while (order := await self._due.get()) is not None:
            card, due = order
            with self._counting.order():
                await terminal.visit(card)
            self._served.append((due, time.perf_counter() - due))
