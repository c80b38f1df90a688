"""The kiosks' processes, as whoever measures holds them: started, told when residents come, asked what was played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from konbini.simulation.bench.side_process import side_process
from konbini.simulation.bench.whole.driver import Task
from konbini.simulation.bench.whole.town import SEED, Services, WholeTown

__all__ = ["Drivers", "Played", "Visit", "drivers"]

_ANSWER_SECONDS: Final = 120.0
_DRIVER: Final = "konbini.simulation.bench.whole.driver"
_LONGEST_LINE: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit that printed: its trace, when it was due and when it began, seconds of each of `kiosk.STEPS`."""

    trace: str
    due: float
    began: float
    steps: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """From the moment at which it was due to FINAL."""
        return self.ended - self.due

    @property
    def ended(self) -> float:
        """When FINAL had come."""
        return self.began + sum(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the kiosks did: visits that printed, residents who still waited for a kiosk, and what went wrong."""

    visits: Sequence[Visit]
    waited: int
    faults: Sequence[str]


class Drivers:
    """All of the processes that play kiosks."""

    def __init__(self, processes: Sequence[asyncio.subprocess.Process], kiosks: int) -> None:
        self._processes = processes
        self.kiosks = kiosks

    @property
    def pids(self) -> Sequence[int]:
        """Their ids."""
        return [process.pid for process in self._processes]

    async def start(self, rate: float) -> None:
        """Let so many residents come in a second, 0 for as many as are served.

        Raises:
            ConnectionError: a process ended.
            TimeoutError: one does not answer.
        """
        await self._ask(json.dumps(["start", rate / len(self._processes)]))

    async def stop(self) -> Played:
        """Let no more come, wait for those who are there, and give what was played.

        Raises:
            ConnectionError, TimeoutError: as `start`.
        """
        answers = await self._ask(json.dumps(["stop"]))
        return Played(
            visits=[
                Visit(trace=trace, due=due, began=began, steps=tuple(steps))
                for answer in answers
                for trace, due, began, steps in answer["visits"]
            ],
            waited=sum(answer["waited"] for answer in answers),
            faults=[fault for answer in answers for fault in answer["faults"]],
        )

    async def _ask(self, line: str) -> list[Any]:
        return await asyncio.gather(*(_ask(process, line) for process in self._processes))


@asynccontextmanager
async def drivers(whole: WholeTown, services: Services, journals: Path, *, processes: int) -> AsyncIterator[Drivers]:
    """Play all of the town's kiosks in so many processes; entered once every kiosk can serve.

    Args:
        whole: the town.
        services: that run over it.
        journals: where the kiosks' journals go: other machines' disks.
        processes: how many.

    Raises:
        ConnectionError: one ended.
        TimeoutError: one does not get there.
    """
    town, kiosks = whole.town, whole.town.kiosks
    bounds = [whole.cards * number // processes for number in range(processes + 1)]
    async with AsyncExitStack() as ending:
        log = ending.enter_context((town.root / "logs" / "kiosks.log").open("ab"))
        found = []
        for number in range(processes):
            process = await ending.enter_async_context(side_process(_DRIVER, longest_line=_LONGEST_LINE, log=log))
            task = Task(
                town=str(town.root),
                seed=SEED,
                residents=town.residents,
                kiosks=len(kiosks),
                port=services.port,
                journals=str(journals),
                played=kiosks[number::processes],
                cards=(bounds[number], bounds[number + 1]),
            )
            found.append((process, task))
        await asyncio.gather(*(_ask(process, task.to_json()) for process, task in found))
        yield Drivers([process for process, _ in found], len(kiosks))


async def _ask(process: asyncio.subprocess.Process, line: str) -> Any:  # noqa: ANN401 - JSON
    wanted, said = process.stdin, process.stdout
    assert wanted is not None  # noqa: S101 - it is a pipe
    assert said is not None  # noqa: S101 - the same
    wanted.write(line.encode() + b"\n")
    async with asyncio.timeout(_ANSWER_SECONDS):
        answer = await said.readline()
    if not answer:
        raise ConnectionError("a process that plays kiosks ended")
    return json.loads(answer)
