"""What happens to machines in the museum's town beside the world's own faults.

Each goes on until the world's crowd is gone; what was begun is then undone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.simulation.museum.mutant import Happening
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.faults import Faults
from konbini.simulation.world.processes import Process
from konbini.simulation.world.services import Supervised
from konbini.simulation.world.wards import WardGround
from konbini.ward_server.decisions.calls import DecisionLine
from konbini.ward_server.decisions.decision import Decision, DecisionKind

__all__ = ["Happenings"]

_EACH_SECONDS = 60.0
_SLOW_SECONDS = 6.0
_PARTED_SECONDS = 45.0
_JOINED_SECONDS = 20.0
_CLEARING_SECONDS = 20.0
_LOOK_SECONDS = 1.0
_OLD_SECONDS = 240.0


class Happenings:
    """Makes things happen.

    Args:
        faults: of the world.
        services: of the world, by name.
        wards: the codes of its wards.
        counters: of its kiosks.
        grounds: of its wards.
    """

    def __init__(
        self,
        faults: Faults,
        services: Mapping[str, Supervised],
        wards: Sequence[str],
        counters: Sequence[Counter],
        grounds: Sequence[WardGround],
    ) -> None:
        self._faults = faults
        self._services = services
        self._wards = wards
        self._counters = counters
        self._grounds = grounds

    async def run(self, besides: Sequence[Happening]) -> None:
        """Go on until cancelled."""
        known: Mapping[Happening, Callable[[], Awaitable[None]]] = {
            Happening.CLERK_FALTERS: self._falter,
            Happening.ISSUING_SLOW: lambda: self._slow([f"issuing {ward}" for ward in self._wards]),
            Happening.FEED_INTERRUPTED: self._part,
            Happening.SHEETS_JAM: self._jam_all,
            Happening.REGISTRY_RESTORED: self._restore_all,
        }
        await asyncio.gather(*(known[one]() for one in besides if one in known))

    async def _slow(self, names: Sequence[str]) -> None:
        for name in names:
            self._faults.slow_down(name, slow=True)
        await asyncio.Event().wait()

    async def _falter(self) -> None:
        clerks = [f"clerk {ward}" for ward in self._wards]
        while True:
            await asyncio.sleep(_EACH_SECONDS)
            for clerk in clerks:
                self._faults.slow_down(clerk, slow=True)
            await asyncio.sleep(_SLOW_SECONDS)
            for clerk in clerks:
                self._services[clerk].kill()
                self._faults.slow_down(clerk, slow=False)

    async def _part(self) -> None:
        while True:
            for ward in self._wards:
                self._faults.part(f"registry {ward}", f"issuing {ward}")
            await asyncio.sleep(_PARTED_SECONDS)
            for ward in self._wards:
                self._faults.join(f"registry {ward}", f"issuing {ward}")
            await asyncio.sleep(_JOINED_SECONDS)

    async def _jam_all(self) -> None:
        await asyncio.gather(*map(self._jam, self._counters))

    async def _jam(self, counter: Counter) -> None:
        printer = counter.printer
        while True:
            await asyncio.sleep(_EACH_SECONDS)
            printer.jam_after(None)
            while not printer.jammed:  # noqa: ASYNC110 - a jam rings no bell
                await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(_CLEARING_SECONDS)
            printer.jammed = False
            printer.moved()

    async def _restore_all(self) -> None:
        await asyncio.gather(*map(self._restore, self._grounds))

    async def _restore(self, ground: WardGround) -> None:
        copy = ground.disks["registry"].backup()
        await asyncio.sleep(_OLD_SECONDS)
        registry = ground.services["registry"]
        registry.kill()
        ground.disks["registry"].restore(copy)
        copy.close()
        await registry.up()
        socket = ground.town.run / "operators.sock"
        await Process(name="who restored it").start(_say_restored(socket))


async def _say_restored(socket: Path) -> None:
    clients = [CallClient(socket, peers=frozenset({os.getuid()})) for _ in range(2)]
    try:
        first, second = (DecisionLine(client, name) for client, name in zip(clients, ("ota", "kida"), strict=True))
        await second.agree(await first.enter(Decision(kind=DecisionKind.RESTORED, reason="復元", content=b"")))
    finally:
        for client in clients:
            await client.close()
