"""Simulated processes: whose work a task is, and what dies with it.

A process is a context variable: whatever it starts (tasks, callbacks, connections, rows) is its own. A process that is
killed has no effect on the world from that moment: its connections are reset, what it had not committed is gone, and
the tasks that unwind after it write to nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["Process", "Step", "current", "end_all"]

T = TypeVar("T")

_UNWINDING_SECONDS = 120.0
"""How long what is dead may take to unwind; nothing that it does then is seen."""


@unique
class Step(StrEnum):
    """What the world can see a process do."""

    SEND = "send"
    COMMIT = "commit"
    """The moment before a commit is durable."""
    COMMITTED = "committed"
    """The moment after, before anybody was told."""


@dataclass(slots=True, eq=False)
class Process:
    """One process, or a machine's other hand in the world, from its start to its end.

    Attributes:
        name: what it is called in the report; a process started anew is another `Process` of the same name.
        alive: whether it can do anything to the world.
        build: of the program that it runs: 0 is what is installed, a rollout brings the next.
        watched: told of each step that it takes before the world sees it; what is told may kill it.
    """

    name: str
    alive: bool = True
    build: int = 0
    watched: Callable[[Process, Step], None] | None = None
    _tasks: dict[int, asyncio.Task[Any]] = field(default_factory=dict)
    _at_death: dict[Callable[[], None], None] = field(default_factory=dict)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something as this process."""
        context = copy_context()
        context.run(_CURRENT.set, self)
        _PROCESSES.setdefault(asyncio.get_running_loop(), {})[self] = None
        return asyncio.get_running_loop().create_task(work, context=context)

    def child(self, name: str) -> Process:
        """Begin another that lives on when this one dies, as a program does that was started by one."""
        return Process(name=name, build=self.build, watched=self.watched)

    def run(self, act: Callable[..., object], *arguments: object) -> None:
        """Do something at once, as this process."""
        if current() is self:
            act(*arguments)
            return
        context = copy_context()
        context.run(_CURRENT.set, self)
        context.run(act, *arguments)

    def owns(self, task: asyncio.Task[Any], number: int) -> None:
        """Take a task that was begun in it."""
        self._tasks[number] = task
        task.add_done_callback(lambda _task: self._tasks.pop(number, None))

    def at_death(self, act: Callable[[], None]) -> None:
        """Have something done at the moment of its end, by whatever end."""
        self._at_death[act] = None

    def spare(self, act: Callable[[], None]) -> None:
        """Have something done no more."""
        self._at_death.pop(act, None)

    def step(self, kind: Step) -> bool:
        """Take a step that the world can see, and say whether it lived to do so."""
        if self.watched is not None and self.alive:
            self.watched(self, kind)
        return self.alive

    def kill(self) -> None:
        """End it at once: nothing of it is seen from now on."""
        if not self.alive:
            return
        self.alive = False
        for act in tuple(self._at_death):
            act()
        self._at_death.clear()
        for task in tuple(self._tasks.values()):
            task.cancel()

    async def unwound(self) -> None:
        """Wait until its tasks have come to their ends, unseen.

        Raises:
            RuntimeError: one does not end, which would go on for ever.
        """
        waiting = [task for task in self._tasks.values() if task is not asyncio.current_task()]
        if waiting:
            _, left = await asyncio.wait(waiting, timeout=_UNWINDING_SECONDS)
            if left:
                raise RuntimeError(f"{self.name} does not end: {len(left)} tasks")


_PROCESSES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Process, None]] = WeakKeyDictionary()


async def end_all() -> None:
    """Kill every process of this loop and wait until all have come to their ends."""
    started = _PROCESSES.pop(asyncio.get_running_loop(), {})
    for process in started:
        process.kill()
    for process in started:
        await process.unwound()


_WORLD = Process(name="world")
_CURRENT: ContextVar[Process] = ContextVar("process", default=_WORLD)


def current() -> Process:
    """Give the process whose work is being done."""
    return _CURRENT.get()
