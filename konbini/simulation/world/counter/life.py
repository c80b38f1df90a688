"""Whether a simulated process lives, and where the work of things is done that no process owns.

A process that is killed runs no line more; a task that is cancelled does, in its `finally` and behind its `except`. So
every port that a simulated process is handed asks first whether it lives. A device works on whoever dies: its tasks
begin in the context in which it was made.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

__all__ = ["Being", "Home", "PlainBeing", "check"]

T = TypeVar("T")


class Being(Protocol):
    """One simulated process, from its start to its end."""

    @property
    def alive(self) -> bool:
        """Whether it can do anything to the world."""

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something as this process."""

    def at_death(self, act: Callable[[], None]) -> None:
        """Have something done at the moment of its end, by whatever end."""

    def spare(self, act: Callable[[], None]) -> None:
        """Have something done no more."""

    def kill(self) -> None:
        """End it at once; nothing where it has ended."""


class PlainBeing:
    """A `Being` on any loop: what it started is cancelled, and its ports are shut."""

    def __init__(self) -> None:
        self._alive = True
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._at_death: dict[Callable[[], None], None] = {}

    @property
    def alive(self) -> bool:
        """See `Being`."""
        return self._alive

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """See `Being`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    def at_death(self, act: Callable[[], None]) -> None:
        """See `Being`."""
        self._at_death[act] = None

    def spare(self, act: Callable[[], None]) -> None:
        """See `Being`."""
        self._at_death.pop(act, None)

    def kill(self) -> None:
        """See `Being`."""
        if self._alive:
            self._alive = False
            for act in tuple(self._at_death):
                act()
            self._at_death.clear()
            for task in tuple(self._tasks):
                task.cancel()


def check(being: Being | None) -> None:
    """Let only the living go on; None is somebody of the world, who always lives.

    Raises:
        asyncio.CancelledError: it is dead; nothing of ours catches that and goes on.
    """
    if being is not None and not being.alive:
        raise asyncio.CancelledError


class Home:
    """The context in which it was made, to begin work in, whoever asks for it."""

    def __init__(self) -> None:
        self._context = contextvars.copy_context()
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something there."""
        task = self._context.copy().run(asyncio.get_running_loop().create_task, work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    async def close(self) -> None:
        """End whatever was begun there and still runs."""
        running = tuple(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
