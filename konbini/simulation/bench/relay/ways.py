"""The ways from a kiosk to the ward, all up at once: nothing in between, nginx, HAProxy, the center, the center's edge.

A center runs as its unit starts it, malloc's settings included, with its ledger on this machine's disk; its ward has
dialled it. Each way knows the processes that are its relay's, so that what they cost can be told from what the ends do.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock, to_seconds
from konbini.protocol.tls import server_context
from konbini.simulation.bench.kiosk.footprint import process_footprint
from konbini.simulation.bench.relay.ends import Ward
from konbini.simulation.bench.relay.ground import Gate, Ground
from konbini.simulation.bench.relay.proxies import Proxy, edge, haproxy, nginx, running_proxy
from konbini.simulation.bench.relay.wire import serve_wires
from konbini.simulation.demo.processes import Service, running
from konbini.simulation.town.configs import free_ports

__all__ = ["AS_ITS_UNIT", "DIRECT", "Name", "Tree", "Way", "listed_kib", "open_ways"]

Name = str
DIRECT: Final[Name] = "direct"
AS_ITS_UNIT: Final = {
    "PYTHONMALLOC": "malloc",
    "MALLOC_PERTURB_": "165",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}
"""systemd/konbini-center.service; a test compares them."""
_EDGE_PROCESS: Final = "    nbthread 1\n    maxconn 8000"
_CPU_CLOCK: Final = 2
"""CPUCLOCK_SCHED of a whole process (clock_getcpuclockid(3)): nanoseconds, threads that ended included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The processes of one relay: some roots and what they started."""

    roots: tuple[int, ...]

    def cpu(self) -> tuple[float, ...]:
        """Give the CPU seconds that each root and its children have used; not of children that ended."""
        return tuple(sum(map(_cpu_seconds, _with_children(root))) for root in self.roots)

    def kib(self) -> int:
        """Give the memory of all, shared pages in parts."""
        return sum(process_footprint(pid).kib for root in self.roots for pid in _with_children(root))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way: its name, where kiosks dial, its relay's processes, and whether orders need a visit there."""

    name: Name
    port: int
    tree: Tree
    needs_visit: bool


@asynccontextmanager
async def open_ways(ground: Ground, clock: Clock) -> AsyncIterator[Sequence[Way]]:
    """Have all ways open while the context lasts; `direct` is the first.

    Raises:
        DidNotStartError: a process does not start.
        OSError: a port or a file cannot be used.
    """
    async with AsyncExitStack() as ending:
        opening = _Opening(ground, clock, ending)
        yield [
            await opening.direct(),
            await opening.nginx(),
            await opening.haproxy(),
            await opening.center(),
            await opening.behind_edge(),
        ]


async def listed_kib(ground: Ground, clock: Clock) -> float:
    """Give the memory that a center takes for each kiosk on its list, in KiB, none connected.

    Raises:
        DidNotStartError: it does not start.
    """
    taken = []
    for count in (1, len(ground.town.kiosks)):
        async with AsyncExitStack() as ending:
            way = await _Opening(ground, clock, ending).center(f"listed-{count}", listed=count)
            taken.append(way.tree.kib())
    return (taken[1] - taken[0]) / (len(ground.town.kiosks) - 1)


class _Opening:
    """Opens one way after the other on what is ended together."""

    def __init__(self, ground: Ground, clock: Clock, ending: AsyncExitStack) -> None:
        self._ground, self._clock, self._ending = ground, clock, ending
        self._run = ground.town.run

    async def direct(self) -> Way:
        port = await self._ward_at_port(of_kiosks=True)
        return Way(name=DIRECT, port=port, tree=Tree(roots=()), needs_visit=False)

    async def nginx(self) -> Way:
        ward = self._ground.outward(await self._ward_at_port())
        return await self._proxy(nginx(_port(), self._ground.kiosk_side, ward, self._run.absolute()))

    async def haproxy(self) -> Way:
        ward = self._ground.outward(await self._ward_at_port())
        return await self._proxy(haproxy(_port(), self._ground.kiosk_side, ward))

    async def center(self, name: Name = "center", *, listed: int | None = None) -> Way:
        ports = free_ports()
        gate = Gate(kiosks=ports.center_kiosks, wards=ports.center_wards)
        pid = await self._center(name, gate, listed)
        return Way(name=name, port=gate.kiosks, tree=Tree(roots=(pid,)), needs_visit=True)

    async def behind_edge(self) -> Way:
        ports, socket = free_ports(), self._run.absolute() / "kiosks.sock"
        pid = await self._center("edge", Gate(kiosks=0, wards=ports.center_wards, edge=socket), None)
        bind = f"127.0.0.1:{ports.center_kiosks}"
        text = edge(bind, self._ground.kiosk_side, socket, process=_EDGE_PROCESS)
        proxy = Proxy(program="haproxy", configuration=text, port=ports.center_kiosks)
        before = await self._ending.enter_async_context(running_proxy(proxy, self._run))
        return Way(name="edge", port=proxy.port, tree=Tree(roots=(pid, before)), needs_visit=True)

    async def _proxy(self, proxy: Proxy) -> Way:
        pid = await self._ending.enter_async_context(running_proxy(proxy, self._run))
        return Way(name=proxy.program, port=proxy.port, tree=Tree(roots=(pid,)), needs_visit=False)

    async def _ward_at_port(self, *, of_kiosks: bool = False) -> int:
        """Have the ward answer at a port of its own: whom a proxy dials, or kiosks themselves."""
        ground = self._ground
        files = ground.ward_answering_kiosks() if of_kiosks else ground.ward_answering()
        server = await serve_wires(server_context(files), Ward(ground).take)
        self._ending.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    async def _center(self, name: Name, gate: Gate, listed: int | None) -> int:
        config = self._ground.center_config(name, gate, kiosks=listed)
        service = Service(name=name, module="konbini.issuance_center", config=config)
        process = await self._ending.enter_async_context(
            running(service, run=self._run, logs=self._ground.town.data, environment=AS_ITS_UNIT)
        )
        prekey = self._ground.prekey(to_seconds(self._clock.now()))
        await self._ending.enter_async_context(Ward(self._ground).dialling(gate.wards, prekey))
        return process.pid


def _port() -> int:
    return free_ports().center_kiosks


def _with_children(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text("ascii").split())
    return found


def _cpu_seconds(pid: int) -> float:
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK)
