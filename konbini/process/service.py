"""The life of a service, the same for every process of ours: configuration, loop, signals, service manager, end.

A service is a configuration's reader and a context that serves while it lasts. It is told ready when the context is
entered, watched while the tasks that it stands on run, and ended by SIGTERM, SIGINT, or by one of these tasks ending.

    def main(arguments: list[str] | None = None) -> int:
        return run_service(_SERVICE, arguments)

Ends with 0 when it was told to end, 1 when a standing task ended by itself, 2 when it cannot start.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import uvloop

from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.log import capture_libraries
from konbini.process.ready import ServiceManager
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Refused

__all__ = ["Service", "run_service"]

C = TypeVar("C")

_FAILED = 1
_CANNOT_START = 2
_FORESEEN = (ConfigRefused, Refused, OSError, ValueError)
"""What keeps any process from starting: said in one line, to whoever starts it."""

Serve = Callable[[C, Clock, Entropy, StandingTasks], AbstractAsyncContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[C]):
    """One process of ours.

    Attributes:
        name: the program's name.
        duty: what it is, in a line.
        config: where its configuration is documented.
        read: reads the configuration from its file.
        serve: serves while its context lasts.
        cannot_start: what else keeps this process from starting.
    """

    name: str
    duty: str
    config: str
    read: Callable[[Path], C]
    serve: Serve[C]
    cannot_start: tuple[type[Exception], ...] = ()


def run_service(service: Service[C], arguments: list[str] | None) -> int:
    """Serve until told to end; 1 and 2 as the module says."""
    parser = argparse.ArgumentParser(prog=service.name, description=service.duty)
    parser.add_argument("config", type=Path, help=f"configuration, TOML; see {service.config}")
    path = parser.parse_args(arguments).config.absolute()
    capture_libraries()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    refusals: tuple[type[Exception], ...] = (*_FORESEEN, *service.cannot_start)
    try:
        config = service.read(path)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            told = runner.run(_until_told(service, config))
    except refusals as error:
        sys.stderr.write(f"{service.name} cannot start: {type(error).__name__}: {error}\n")
        return _CANNOT_START
    return 0 if told else _FAILED


async def _until_told(service: Service[C], config: C) -> bool:
    """Serve until SIGTERM or SIGINT, or until a standing task ends by itself: false then."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    clock, tasks = SystemClock(), StandingTasks()
    manager = ServiceManager.from_environment(os.environ)
    async with AsyncExitStack() as ending:
        ending.callback(manager.close)
        await ending.enter_async_context(service.serve(config, clock, SystemEntropy(), tasks))
        beat = asyncio.create_task(manager.beat(clock, lambda: tasks.all_run))
        waits = [asyncio.create_task(told.wait()), asyncio.create_task(tasks.one_ended())]
        for task in (beat, *waits):
            ending.callback(task.cancel)
        ending.callback(manager.stopping)
        manager.ready()
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return tasks.all_run
