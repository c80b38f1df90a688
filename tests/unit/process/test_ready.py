"""The service manager is told, and can never hold a service up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from konbini.process.ready import ServiceManager
from konbini.simulation.clock import SettableClock


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen where a service manager would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(1)
        yield listener


@pytest.fixture
def service(manager: socket.socket) -> Iterator[ServiceManager]:
    """Return a service's line to that manager, watched every 30 seconds."""
    line = ServiceManager(manager.getsockname(), watchdog_seconds=30)
    yield line
    line.close()


def test_the_manager_hears_each_word(manager: socket.socket, service: ServiceManager) -> None:
    """READY, WATCHDOG and STOPPING, as sd_notify(3) spells them."""
    assert all((service.ready(), service.alive(), service.stopping()))
    assert [manager.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_manager_that_does_not_read_holds_nobody_up(service: ServiceManager) -> None:
    """The queue of a socket that nobody reads is full after a few messages: the rest is dropped, none waits."""
    told = [service.alive() for _ in range(1000)]
    assert told[0]
    assert not told[-1]


def test_a_manager_that_has_gone_holds_nobody_up(tmp_path: Path) -> None:
    """Nor does an address where nobody listens."""
    service = ServiceManager(str(tmp_path / "nobody"))
    assert not service.ready()
    service.close()


def test_an_abstract_address_is_understood() -> None:
    """The manager may hand out a name that begins with @."""
    name = f"konbini-test-{os.getpid()}-{os.urandom(4).hex()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(1)
        service = ServiceManager(f"@{name}")
        assert service.ready()
        assert listener.recv(64) == b"READY=1"
        service.close()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"NOTIFY_SOCKET": "/x"}, None),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
    ],
)
def test_the_environment_says_whether_we_are_watched(environment: dict[str, str], seconds: float | None) -> None:
    """WATCHDOG_PID names the process that is meant."""
    service = ServiceManager.from_environment(environment)
    assert service.watchdog_seconds == seconds
    service.close()


async def test_a_healthy_service_beats_three_times_within_the_managers_patience(
    manager: socket.socket, service: ServiceManager
) -> None:
    """At 30 seconds of patience, one beat each 10 seconds; none while the service is not healthy."""
    clock, well = SettableClock(0), True
    heart = asyncio.create_task(service.beat(clock, lambda: well))
    await clock.advance(29)
    well = False
    await clock.advance(60)
    heart.cancel()
    manager.setblocking(False)  # noqa: FBT003 - the standard library's signature
    beats = []
    with contextlib.suppress(BlockingIOError):
        while True:
            beats.append(manager.recv(64))
    assert beats == [b"WATCHDOG=1"] * 3


async def test_nobody_beats_for_a_manager_that_does_not_watch() -> None:
    """The beat ends at once."""
    service = ServiceManager(None)
    await service.beat(SettableClock(0), lambda: True)
    assert not service.ready()
    service.close()
