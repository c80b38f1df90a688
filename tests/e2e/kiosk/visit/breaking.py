"""What kills, stops and rewires processes of the running town, and how the books must stand afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.processes import Service, running
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh

__all__ = ["Breaker", "gone", "serves_again", "settled", "settled_however"]

_SECONDS = 90.0
"""Until something is over, on a machine that many share."""
_SERVING_SECONDS = 240.0
"""Until a kiosk serves again once all is well: longer than any link or lease takes to come back."""
_MODULES = {
    "kiosk": "konbini.kiosk.host",
    "center": "konbini.issuance_center",
    "issuing": "konbini.ward_server.issuing",
    "clerk": "konbini.ward_server.clerk",
    "registry": "konbini.ward_server.residents",
}
_DYING = "tests.e2e.kiosk.visit.host_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    """How a process of the town was started."""

    pid: int
    config: Path
    environment: Mapping[str, str]


class Breaker:
    """Kills processes of a town, and starts them again as they were."""

    def __init__(self, town: RunningTown, ending: AsyncExitStack) -> None:
        self._town = town
        self._ending = ending

    async def kill(self, name: str) -> Callable[[], Awaitable[None]]:
        """Kill -9; gives what starts it again."""
        as_it_was = self._started(name)
        os.kill(as_it_was.pid, signal.SIGKILL)
        await gone((as_it_was.pid,))
        if name == "kiosk":
            await self._shown_no_more()
        return lambda: self._start(name, _MODULES[name], as_it_was)

    async def restart(self, name: str) -> None:
        """Kill -9, and start again at once."""
        start = await self.kill(name)
        await start()

    async def rewire(
        self,
        name: str,
        *,
        replacing: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "",
    ) -> None:
        """Kill -9, and start again with something else in its configuration or its environment, from now on.

        Args:
            name: of the process.
            replacing: what stands in its configuration, and what is to stand there instead.
            environment: beside its own.
            module: which runs the service in the place of its own.

        Raises:
            ValueError: something does not stand in its configuration.
        """
        as_it_was = self._started(name)
        text = as_it_was.config.read_text("utf-8")
        for one, other in (replacing or {}).items():
            if one not in text:
                raise ValueError(f"{one} does not stand in the configuration of {name}")
            text = text.replace(one, other)
        await self.kill(name)
        as_it_was.config.write_text(text, "utf-8")
        changed = {**as_it_was.environment, **(environment or {})}
        await self._start(name, module or _MODULES[name], replace(as_it_was, environment=changed))

    @contextlib.contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Let a process stand still (SIGSTOP) while the context lasts."""
        pid = self._town.processes[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    async def let_kiosk_die(
        self, edge: str, step: str, nth: int, *, victim: str = "host"
    ) -> Callable[[], Awaitable[None]]:
        """Start the kiosk anew so that it kills a process of its own at an edge of its journal's n-th commit of a step.

        Gives what waits for the long-lived process's end and starts it as it was; where a visit is the victim it goes
        on by itself.

        Args:
            edge: `before` or `after`.
            step: as the journal names it.
            nth: counted from 1.
            victim: `host`, the long-lived process itself, or `visit`, the one that serves.
        """
        as_it_was = self._started("kiosk")
        await self.kill("kiosk")
        dying = {**as_it_was.environment, "KIOSK_DIES": f"{edge} {step} {nth} {victim}"}
        await self._start("kiosk", _DYING, replace(as_it_was, environment=dying))
        pid = self._town.processes["kiosk"]

        async def once_dead() -> None:
            await gone((pid,))
            await self._shown_no_more()
            await self._start("kiosk", _MODULES["kiosk"], as_it_was)

        return once_dead

    async def _shown_no_more(self) -> None:
        """Wait until nobody holds the screen's socket: visits outlive their kiosk by a moment.

        Only a refused connection says so: one that is reset met the socket while its last holder was ending.
        """
        screen = urlsplit(self._town.screen)
        async with asyncio.timeout(_SECONDS):
            while True:
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    try:
                        _, writer = await asyncio.open_connection(screen.hostname, screen.port)
                    except ConnectionRefusedError:
                        return
                    writer.close()
                    await writer.wait_closed()
                await asyncio.sleep(0.02)

    def _started(self, name: str) -> _Started:
        pid = self._town.processes[name]
        process = Path(f"/proc/{pid}")
        words = process.joinpath("environ").read_bytes().decode().split("\0")
        return _Started(
            pid=pid,
            config=Path(process.joinpath("cmdline").read_bytes().split(b"\0")[-2].decode()),
            environment=dict(word.split("=", 1) for word in words if "=" in word),
        )

    async def _start(self, name: str, module: str, how: _Started) -> None:
        service = Service(name=name, module=module, config=how.config)
        started = await self._ending.enter_async_context(
            running(service, run=self._town.town.run, logs=self._town.logs, environment=how.environment)
        )
        self._town.processes[name] = started.pid


async def gone(pids: Iterable[int]) -> None:
    """Wait until these processes are no more."""
    async with asyncio.timeout(_SECONDS):
        for pid in pids:
            while _lives(pid):  # noqa: ASYNC110 - another's child cannot be waited for
                await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def settled(guest: Guest, before: int) -> Books:
    """Wait until the kiosk is free and all is told; paid iff printed, and printed at most once."""
    books = Books(town=guest.town)
    await asyncio.sleep(0.1)
    guest.town.printer.take_paper()
    await guest.leave()
    await books.settled()
    await books.balance()
    outcomes = books.outcomes()
    surely = outcomes.count(Outcome.PRINTED)
    assert surely <= guest.town.printer.impressions - before <= surely + outcomes.count(Outcome.IN_DOUBT), outcomes
    return books


async def settled_however(guest: Guest, before: int, orders: int) -> Books:
    """As `settled`, also where the visit came to no order.

    Args:
        guest: whose visit it was.
        before: the printer's impressions before it.
        orders: how many the kiosk had begun before it.
    """
    books = Books(town=guest.town)
    await guest.leave()
    await books.settled()
    if books.orders() > orders:
        return await settled(guest, before)
    await books.balance()
    assert guest.town.printer.impressions == before
    return books


async def serves_again(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """See a visit to its end, tried again while links and leases come back; each that is refused settles too."""
    refused: list[str] = []
    try:
        async with asyncio.timeout(_SERVING_SECONDS):
            while True:
                guest, before, orders = Guest(town, fresh(town), session), town.printer.impressions, _orders(town)
                seen = await guest.reach("end", "refused", "refused, take card")
                await settled_however(guest, before, orders)
                if seen.state == "end":
                    assert town.printer.impressions == before + 1
                    return
                refused.append(" ".join(seen.text))
    except TimeoutError as fault:
        raise AssertionError(f"it does not serve again: {refused}") from fault


def _orders(town: RunningTown) -> int:
    return Books(town=town).orders()
