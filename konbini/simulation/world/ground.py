"""The ground that a world stands on: wards in folders, their services with disks, one center, and the card authorities.

The folders are read when a service starts and by nothing else; what services keep is on the world's disks.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from konbini.issuance_center import main as center
from konbini.issuance_center.config import CenterConfig
from konbini.issuance_center.config import read_config as read_center
from konbini.process.doors import LinkServerAddress
from konbini.process.entropy import Entropy
from konbini.protocol.fresh_keys import FreshKeys
from konbini.protocol.tls import TlsFiles
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import Ports, write_configs
from konbini.simulation.town.country import center_of, unite, ward_of
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.town import Town
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.disk import Disk, DiskFaults
from konbini.simulation.world.hostile import Behind
from konbini.simulation.world.papers.ports import SIMULATED, WorldPapers
from konbini.simulation.world.processes import Process
from konbini.simulation.world.services import Serve, Supervised
from konbini.simulation.world.suites import REAL, Suite
from konbini.simulation.world.suites import SIMULATED as WORLDS
from konbini.ward_server.clerk import main as clerk
from konbini.ward_server.clerk.config import read_config as read_clerk
from konbini.ward_server.issuing import main as issuing
from konbini.ward_server.issuing.config import read_config as read_issuing
from konbini.ward_server.residents import main as registry
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.config import read_config as read_registry
from konbini.ward_server.residents.importing.takeover import Approval, import_rows

__all__ = ["CENTER_PORT", "Ground", "GroundPlan", "WardGround", "fresh_keys", "kept_folder", "make_ground"]

CENTER_PORT = 1001
_WARDS_PORT = 1002
_BEHIND = 100
"""How much further the honest center's ports lie where a dishonest one stands before it."""
_RESPONDERS, _CONSOLES, _OWN_MACHINES = 2000, 3000, 4000
_SOURCE = "the made-up town's list"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundPlan:
    """What a world stands on.

    Attributes:
        seed: of everything.
        wards: how many wards.
        residents: how many people each has.
        kiosks: how many kiosks there are, which serve all wards.
        hostile: whether a dishonest center stands before the honest one.
        real_keys: whether services sign and seal as in production; the world's own keys cost a tenth of that.
    """

    seed: int
    wards: int = 1
    residents: int = 300
    kiosks: int = 4
    hostile: bool = False
    real_keys: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class WardGround:
    """One ward: its files, its three processes, its disks and clocks, each by the name of the process."""

    town: Town
    ports: Ports
    registry_config: RegistryConfig
    disks: dict[str, Disk]
    clocks: dict[str, WorldClock]
    services: dict[str, Supervised]

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


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """All wards, and the center."""

    wards: tuple[WardGround, ...]
    center: Supervised
    center_disk: Disk
    center_clock: WorldClock
    gates: tuple[tuple[LinkServerAddress, Mapping[str, Behind]], ...]
    """Where a dishonest center listens, and who dials it."""

    @property
    def services(self) -> tuple[Supervised, ...]:
        """Every service, those first whom the others ask."""
        ordered = ("registry", "clerk", "issuing")
        return (self.center, *(ward.services[name] for ward in self.wards for name in ordered))

    @property
    def towns(self) -> tuple[Town, ...]:
        """The wards' files."""
        return tuple(ward.town for ward in self.wards)


def make_ground(plan: GroundPlan, folder: Path, faults: DiskFaults, papers: WorldPapers = SIMULATED) -> Ground:
    """Make the wards and what runs in them; nothing runs yet. For a running loop.

    Args:
        plan: what to make.
        folder: where its towns are made, or are already.
        faults: what the disks do to those who write.
        papers: what certificates are made with.

    Raises:
        ValueError, OSError: a town cannot be made.
    """
    towns = [_town(plan, folder / f"w{place}", place) for place in range(plan.wards)]
    if len(towns) > 1:
        unite(towns)
    ports = [_ports(place) for place in range(plan.wards)]
    for town, its in zip(towns, ports, strict=True):
        write_configs(town, its)
    disk = Disk(name="center", faults=faults, wall=true_time)
    clock = WorldClock()
    config = center_of([read_center(town.configs / "center.toml") for town in towns])
    gates = _gates(config, towns)
    if plan.hostile:
        config = replace(
            config,
            kiosk_gateway=replace(gates[0][0], port=CENTER_PORT + _BEHIND),
            ward_gateway=replace(config.ward_gateway, port=_WARDS_PORT + _BEHIND),
        )
    return Ground(
        wards=tuple(
            _ward(
                plan.seed,
                town,
                its,
                WardParts(faults=faults, papers=papers, fresh=fresh_keys(plan, f"issuing {place}"), suite=_suite(plan)),
            )
            for place, (town, its) in enumerate(zip(towns, ports, strict=True))
        ),
        center=Supervised(
            name="center",
            serve=partial(center.serve, replace(config, database=disk)),
            clock=clock,
            entropy=SeededEntropy(f"{plan.seed} center".encode()),
        ),
        center_disk=disk,
        center_clock=clock,
        gates=gates,
    )


@contextmanager
def kept_folder(plan: GroundPlan) -> Iterator[Path]:
    """Give the folder of a ground of this size, kept from world to world; others wait while one is made."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    keys = "real" if plan.real_keys else "world"
    folder = cache / "konbini" / "worlds" / f"{plan.wards}-{plan.kiosks}-{plan.residents}-{keys}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def fresh_keys(plan: GroundPlan, whose: str) -> FreshKeys:
    """Give what makes the keys that a process makes for itself."""
    return _suite(plan).fresh(SeededEntropy(f"{plan.seed} fresh {whose}".encode()))


def _suite(plan: GroundPlan) -> Suite:
    return REAL if plan.real_keys else WORLDS


def _gates(config: CenterConfig, towns: Sequence[Town]) -> tuple[tuple[LinkServerAddress, Mapping[str, Behind]], ...]:
    """Give where kiosks and wards dial, and what each would dial with behind it."""
    front = config.kiosk_gateway
    if not isinstance(front, LinkServerAddress):
        raise ValueError("the world's kiosks dial the center itself")  # noqa: TRY004 - the configuration's choice
    kiosks = {
        f"kiosk:{kiosk}": Behind(
            name=f"kiosk:{kiosk}",
            tls=_tls(towns[0], f"kiosks/{kiosk}/link", "center"),
            port=CENTER_PORT + _BEHIND,
        )
        for kiosk in towns[0].kiosks
    }
    wards = {
        f"ward:{town.ward.code}": Behind(
            name=f"ward:{town.ward.code}", tls=_tls(town, "issuing/link", "center"), port=_WARDS_PORT + _BEHIND
        )
        for town in towns
    }
    return (front, kiosks), (config.ward_gateway, wards)


def _tls(town: Town, stem: str, authority: str) -> TlsFiles:
    return TlsFiles(
        certificate=town.keys / f"{stem}.pem",
        key=town.keys / f"{stem}.key",
        authority=town.public / f"{authority}-authority.pem",
    )


def _town(plan: GroundPlan, folder: Path, place: int) -> Town:
    keys = _suite(plan).town_keys(SeededEntropy(f"{plan.seed} keys {place}".encode()))
    return make_town(
        folder,
        WorldClock(),
        SeededEntropy(f"{plan.seed} town {place}".encode()),
        seed=plan.seed * 1000 + place,
        residents=plan.residents,
        kiosks=plan.kiosks,
        ward=ward_of(place),
        service_keys=keys,
    )


def _ports(place: int) -> Ports:
    return Ports(
        center_kiosks=CENTER_PORT,
        center_wards=_WARDS_PORT,
        responder=_RESPONDERS + place,
        console=_CONSOLES + place,
        own_machines=_OWN_MACHINES + place,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WardParts:
    """What a ward is made with: what its disks do, its papers, its short-lived keys, and who judges cards."""

    faults: DiskFaults
    papers: WorldPapers
    fresh: FreshKeys
    suite: Suite


def _ward(seed: int, town: Town, ports: Ports, parts: WardParts) -> WardGround:
    code, names = town.ward.code, ("registry", "clerk", "issuing")
    disks = {name: Disk(name=f"{name} {code}", faults=parts.faults, wall=true_time) for name in names}
    clocks = {name: WorldClock() for name in names}
    registry_config = replace(read_registry(town.configs / "registry.toml"), store=disks["registry"])
    clerk_config = replace(read_clerk(town.configs / "clerk.toml"), store=disks["clerk"])
    issuing_config = replace(read_issuing(town.configs / "issuing.toml"), store=disks["issuing"])
    wirings: dict[str, Serve] = {
        "registry": partial(registry.open_and_serve, registry_config),
        "clerk": partial(clerk.serve, clerk_config, papers=parts.papers.clerk, cards=parts.suite.cards),
        "issuing": partial(
            issuing.serve, issuing_config, papers=parts.papers.issuing, fresh=parts.fresh, cards=parts.suite.cards
        ),
    }
    services = {
        name: Supervised(
            name=f"{name} {code}",
            serve=serve,
            clock=clocks[name],
            entropy=SeededEntropy(f"{seed} {name} {code}".encode()),
        )
        for name, serve in wirings.items()
    }
    return WardGround(
        town=town, ports=ports, registry_config=registry_config, disks=disks, clocks=clocks, services=services
    )
