"""Every step and every pair of steps of one visit: whoever takes it dies there, and everything must settle.

A step is what the world can see a process do: bytes that it sends, and either edge of a commit. The world is prepared
once and copied by fork for each death: no thread and no descriptor is in it that a copy would share.
"""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from asyncio import events
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import NoReturn

from konbini.simulation.world.processes import Process, Step

__all__ = ["Deaths", "Outcome", "every_pair", "every_step", "in_copies"]

_FAILED = 70


class Deaths:
    """Kills whoever takes one of these steps, counted over all processes from `begin` on.

    Args:
        kinds: which steps are counted.
    """

    def __init__(self, kinds: AbstractSet[Step]) -> None:
        self.steps: list[str] = []
        """Who took each step, and of which kind."""
        self._kinds = kinds
        self._at: frozenset[int] = frozenset()
        self._counting = False

    def begin(self, at: Sequence[int]) -> None:
        """Count from now on, and kill at these steps (from 1)."""
        self.steps, self._at, self._counting = [], frozenset(at), True

    def end(self) -> None:
        """Count no more."""
        self._counting = False

    def __call__(self, process: Process, kind: Step) -> None:
        """Hear that a process takes a step."""
        if not self._counting or kind not in self._kinds:
            return
        self.steps.append(f"{process.name}: {kind}")
        if len(self.steps) in self._at:
            process.kill()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one copy of the world.

    Attributes:
        at: the steps at which somebody died.
        steps: who took each step.
        papers: sheets that came out.
        violations: what did not hold.
        unsettled: what did not settle.
    """

    at: tuple[int, ...]
    steps: tuple[str, ...]
    papers: int
    violations: tuple[str, ...]
    unsettled: int

    @property
    def holds(self) -> bool:
        """Whether everything held and settled."""
        return not (self.violations or self.unsettled)


Live = Callable[[Sequence[int]], Awaitable[Outcome]]
"""Runs the visit in a copy of the world, with deaths at some steps."""


async def in_copies(live: Live, deaths: Iterable[tuple[int, ...]], *, workers: int) -> AsyncIterator[Outcome]:
    """Run the visit once for each of these deaths, each in a copy of the world as it is now.

    Raises:
        ChildProcessError: a copy ended without saying what came of it.
    """
    running: deque[_Copy] = deque()
    loop = asyncio.get_running_loop()
    for at in deaths:
        if len(running) == workers:
            yield running.popleft().outcome()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            events._set_running_loop(loop)  # noqa: SLF001 - asyncio forgets whose loop it is in whoever was forked
            await _be_a_copy(live, at, writing)
        os.close(writing)
        running.append(_Copy(pid=pid, reading=reading))
    while running:
        yield running.popleft().outcome()


def every_step(steps: int) -> Iterator[tuple[int, ...]]:
    """Give each step alone."""
    return ((one,) for one in range(1, steps + 1))


def every_pair(steps: int) -> Iterator[tuple[int, ...]]:
    """Give each two steps."""
    return combinations(range(1, steps + 1), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    pid: int
    reading: int

    def outcome(self) -> Outcome:
        with os.fdopen(self.reading, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        if status or not said:
            raise ChildProcessError(f"a copy of the world ended with {status}")
        found = json.loads(said)
        return Outcome(
            at=tuple(found["at"]),
            steps=tuple(found["steps"]),
            papers=found["papers"],
            violations=tuple(found["violations"]),
            unsettled=found["unsettled"],
        )


async def _be_a_copy(live: Live, at: tuple[int, ...], writing: int) -> NoReturn:
    """Live to the end, say what came of it, and be gone: nothing of the original is cleaned up twice."""
    try:
        outcome = await live(at)
        with os.fdopen(writing, "w", encoding="ascii") as pipe:
            json.dump(asdict(outcome), pipe)
    except BaseException:  # noqa: BLE001 - the original is told by the status, and must not be cleaned up here
        traceback.print_exc()
        os._exit(_FAILED)
    os._exit(0)
