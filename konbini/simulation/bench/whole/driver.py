"""A process that plays some of the town's kiosks, told what to do by lines of JSON on its input.

    ["start", rate]     residents come, so many a second (0: to each kiosk as soon as it is free)    -> true
    ["stop"]            no more come; those who are there finish                                     -> what was played

Residents are due at set moments whether or not a kiosk is free, so that who waits is late from the moment at which they
were due. Owns the kiosks' links and journals. Limits: one Python process, whose own pace is in the kiosks' times.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import uvloop

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.traces.exporting import trace_of
from konbini.protocol.errors import Refused
from konbini.simulation.bench.whole.kiosk import Played, PlayedKiosk, played_kiosk
from konbini.simulation.card.applet import CardContent
from konbini.simulation.town.layout import make_town

__all__ = ["Task", "main"]

_TRACE_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Which kiosks of which town to play.

    Attributes:
        town: its directory.
        seed: of its people.
        residents: how many.
        kiosks: how many it has.
        port: of the center, on loopback.
        journals: a folder for the kiosks' journals.
        played: the kiosks that this process plays.
        cards: the residents, by their place among those whom nothing stops, whose cards are laid on here.
    """

    town: str
    seed: int
    residents: int
    kiosks: int
    port: int
    journals: str
    played: Sequence[str]
    cards: tuple[int, int]

    def to_json(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self))


class _Floor:
    """The kiosks of this process, and the residents who are due."""

    def __init__(self, kiosks: Sequence[PlayedKiosk], cards: Sequence[CardContent]) -> None:
        self._kiosks = kiosks
        self._cards: asyncio.Queue[CardContent] = asyncio.Queue()
        for card in cards:
            self._cards.put_nowait(card)
        self._due: asyncio.Queue[float | None] = asyncio.Queue()
        self._ended: list[tuple[float, Played]] = []
        self._faults: list[str] = []
        self._waited = 0
        self._coming: asyncio.Task[None] | None = None
        self._serving: list[asyncio.Task[None]] = []

    def start(self, rate: float) -> None:
        """Let residents come."""
        self._ended, self._faults, self._due, self._waited = [], [], asyncio.Queue(), 0
        self._coming = asyncio.create_task(self._come(rate)) if rate else None
        self._serving = [asyncio.create_task(self._serve(kiosk, always=not rate)) for kiosk in self._kiosks]

    async def stop(self) -> dict[str, object]:
        """Let no more come, and give what was played: trace, when due, when begun, seconds of each step."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait((self._coming,))
        self._waited = self._due.qsize()
        while not self._due.empty():
            self._due.get_nowait()
        for _ in self._serving:
            self._due.put_nowait(None)
        await asyncio.gather(*self._serving)
        visits = [(_trace(one.visit_id), due, one.began, one.steps) for due, one in self._ended]
        return {"visits": visits, "waited": self._waited, "faults": self._faults}

    async def _come(self, rate: float) -> None:
        begun = time.perf_counter()
        for number in itertools.count():
            due = begun + number / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            self._due.put_nowait(due)

    async def _serve(self, kiosk: PlayedKiosk, *, always: bool) -> None:
        """Serve one resident after the other; where they always come, until somebody says that it is over."""
        while True:
            if always and self._due.empty():
                due: float | None = time.perf_counter()
            else:
                due = await self._due.get()
            if due is None:
                return
            card = await self._cards.get()
            try:
                self._ended.append((due, await kiosk.visit(card)))
            except (Refused, TimeoutError) as fault:
                self._faults.append(f"{type(fault).__name__}: {fault}")
            finally:
                self._cards.put_nowait(card)


def main() -> int:
    """Play until the input ends."""
    task = Task(**json.loads(sys.stdin.readline()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_play(task))
    return 0


async def _play(task: Task) -> None:
    clock, entropy = SystemClock(), SystemEntropy()
    town = make_town(Path(task.town), clock, entropy, seed=task.seed, residents=task.residents, kiosks=task.kiosks)
    holders = itertools.islice(town.population.plain_holders(), *task.cards)
    cards = [town.stock().content(person.card) for person in holders if person.card is not None]
    async with AsyncExitStack() as ending:
        kiosks = [
            await ending.enter_async_context(
                played_kiosk(town, name, Path(task.journals), port=task.port, clock=clock, entropy=entropy)
            )
            for name in task.played
        ]
        floor = _Floor(kiosks, cards)
        _answer(len(cards))
        async for said in _lines():
            match said:
                case ["start", rate]:
                    floor.start(rate)
                    _answer(said=True)
                case _:
                    _answer(await floor.stop())


async def _lines() -> AsyncIterator[Any]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


def _trace(visit_id: bytes) -> str:
    return trace_of(visit_id).trace_id.to_bytes(_TRACE_BYTES).hex()


def _answer(said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
