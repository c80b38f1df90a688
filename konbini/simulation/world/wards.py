"""The wards of a world: the processes of each, over disks of their own, with clocks of their own.

A ward has one server of `issuing`, or several on one disk, as on one PostgreSQL: each with a name, a link, a machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from konbini.process.entropy import Entropy
from konbini.process.membership import ServerNames
from konbini.protocol.fresh_keys import FreshKeys
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import Ports
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.servers import link_of
from konbini.simulation.town.town import Town
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.disk import Disk, DiskFaults
from konbini.simulation.world.papers.ports import WorldPapers
from konbini.simulation.world.processes import Process
from konbini.simulation.world.services import Serve, Supervised
from konbini.simulation.world.suites import Suite
from konbini.ward_server.clerk import main as clerk
from konbini.ward_server.clerk.config import read_config as read_clerk
from konbini.ward_server.issuing import main as issuing
from konbini.ward_server.issuing.config import IssuingConfig
from konbini.ward_server.issuing.config import read_config as read_issuing
from konbini.ward_server.residents import main as registry
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.config import read_config as read_registry
from konbini.ward_server.residents.importing.takeover import Approval, import_rows

__all__ = ["WardGround", "WardParts", "make_ward"]

_SOURCE = "the made-up town's list"


@dataclass(frozen=True, eq=False, kw_only=True)
class WardGround:
    """One ward: its files, its processes, and their clocks by name; its disks by the name of what is kept on them.

    Its processes are "registry", "clerk" and "issuing", or "issuing a", "issuing b" where it has several servers.
    """

    town: Town
    ports: Ports
    registry_config: RegistryConfig
    disks: dict[str, Disk]
    clocks: dict[str, WorldClock]
    services: dict[str, Supervised]

    @property
    def issuing(self) -> tuple[Supervised, ...]:
        """Its servers of `issuing`."""
        return tuple(service for name, service in self.services.items() if name.split(" ")[0] == "issuing")

    async def settle_in(self, entropy: Entropy) -> None:
        """Hand the people over to the registry, before it serves."""
        moving = Process(name="takeover")
        await moving.start(self._take_over(entropy))
        moving.kill()

    async def _take_over(self, entropy: Entropy) -> None:
        clock = self.clocks["registry"]
        async with registry.open_registry(self.registry_config, clock, entropy) as rooms:
            await import_rows(
                rooms.store,
                rooms.vault,
                rooms.pen,
                clock,
                map(self.town.row, self.town.population.people),
                approval=Approval(entered_by="town-office-1", approved_by="town-office-2", source=_SOURCE),
            )

    async def answer_for_cards(self, entropy: Entropy) -> OcspResponder:
        """Have the card authority answer who asks about cards."""
        return await Process(name=f"card authority {self.town.ward.code}").start(self._answer(entropy))

    async def _answer(self, entropy: Entropy) -> OcspResponder:
        revocations = self.town.revocations()
        maker = self.town.answer_maker(revocations)
        responder = await OcspResponder.listen(maker, WorldClock(), entropy, port=self.ports.responder)
        responder.lists = self.town.list_maker(revocations).make
        return responder


@dataclass(frozen=True, slots=True, kw_only=True)
class WardParts:
    """What a ward is made with.

    Attributes:
        servers: the names of its servers of `issuing`; one without a name where it has but one.
        faults: what disks do to those who write.
        papers: what certificates are made with.
        fresh: gives what makes the short-lived keys of a process, by its name.
        suite: who judges cards.
    """

    servers: tuple[str, ...]
    faults: DiskFaults
    papers: WorldPapers
    fresh: Callable[[str], FreshKeys]
    suite: Suite


def make_ward(seed: int, town: Town, ports: Ports, parts: WardParts) -> WardGround:
    """Make a ward's processes; nothing runs yet.

    Raises:
        ConfigRefused, OSError: a configuration cannot be used.
    """
    code = town.ward.code
    disks = {
        name: Disk(
            name=f"{name} {code}",
            faults=parts.faults,
            wall=true_time,
            shared=name == "issuing" and len(parts.servers) > 1,
        )
        for name in ("registry", "clerk", "issuing")
    }
    registry_config = replace(read_registry(town.configs / "registry.toml"), store=disks["registry"])
    clerk_config = replace(read_clerk(town.configs / "clerk.toml"), store=disks["clerk"])
    wirings: dict[str, Serve] = {
        "registry": partial(registry.open_and_serve, registry_config),
        "clerk": partial(clerk.serve, clerk_config, papers=parts.papers.clerk, cards=parts.suite.cards),
    }
    for server in parts.servers:
        name = f"issuing {server}".rstrip()
        wirings[name] = partial(
            issuing.serve,
            replace(_issuing(town, server, parts.servers), store=disks["issuing"]),
            papers=parts.papers.issuing,
            fresh=parts.fresh(name),
            cards=parts.suite.cards,
        )
    clocks = {name: WorldClock() for name in wirings}
    return WardGround(
        town=town,
        ports=ports,
        registry_config=registry_config,
        disks=disks,
        clocks=clocks,
        services={
            name: Supervised(
                name=_on(name, code),
                serve=serve,
                clock=clocks[name],
                entropy=SeededEntropy(f"{seed} {_on(name, code)}".encode()),
            )
            for name, serve in wirings.items()
        },
    )


def _on(name: str, code: str) -> str:
    """Name a ward's process for the world: "clerk 131997", "issuing 131997 a"."""
    kind, _, server = name.partition(" ")
    return f"{kind} {code} {server}".rstrip()


def _issuing(town: Town, server: str, servers: tuple[str, ...]) -> IssuingConfig:
    """Configure one server of `issuing`: of several each has its link and its socket, and the first the machines."""
    config = read_issuing(town.configs / "issuing.toml")
    if not server:
        return config
    first = server == servers[0]
    return replace(
        config,
        server=ServerNames(name=server, all=servers),
        tls=link_of(town, server),
        own_machines=config.own_machines if first else None,
        operators=replace(config.operators, path=town.run / f"issuing-operators-{server}.sock"),
    )
