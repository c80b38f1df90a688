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
from string import ascii_lowercase

from konbini.issuance_center import main as center
from konbini.issuance_center.config import CenterConfig
from konbini.issuance_center.config import read_config as read_center
from konbini.process.doors import LinkServerAddress
from konbini.protocol.fresh_keys import FreshKeys
from konbini.protocol.tls import TlsFiles
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import Ports, write_configs
from konbini.simulation.town.country import center_of, unite, ward_of
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.servers import certify_servers, link_of
from konbini.simulation.town.town import Town
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.disk import Disk, DiskFaults
from konbini.simulation.world.hostile import Behind
from konbini.simulation.world.papers.ports import SIMULATED, WorldPapers
from konbini.simulation.world.services import Supervised
from konbini.simulation.world.suites import REAL, Suite
from konbini.simulation.world.suites import SIMULATED as WORLDS
from konbini.simulation.world.wards import WardGround, WardParts, make_ward

__all__ = ["CENTER_PORT", "Ground", "GroundPlan", "fresh_keys", "kept_folder", "make_ground"]

CENTER_PORT = 1001
_WARDS_PORT = 1002
_BEHIND = 100
"""How much further the honest center's ports lie where a dishonest one stands before it."""
_RESPONDERS, _CONSOLES, _OWN_MACHINES = 2000, 3000, 4000
_ONE_SERVER = ("",)
"""It has no name: there is nothing to tell it from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundPlan:
    """What a world stands on.

    Attributes:
        seed: of everything.
        wards: how many wards.
        servers: how many servers of `issuing` each has.
        residents: how many people each has.
        kiosks: how many kiosks there are, which serve all wards.
        hostile: whether a dishonest center stands before the honest one.
        real_keys: whether services sign and seal as in production; the world's own keys cost a tenth of that.
    """

    seed: int
    wards: int = 1
    servers: int = 1
    residents: int = 300
    kiosks: int = 4
    hostile: bool = False
    real_keys: bool = True


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
        return (self.center, *(service for ward in self.wards for service in ward.services.values()))

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
    servers = _servers(plan)
    if servers != _ONE_SERVER:
        for town in towns:
            certify_servers(town, servers)
    ports = [_ports(place) for place in range(plan.wards)]
    for town, its in zip(towns, ports, strict=True):
        write_configs(town, its)
    disk = Disk(name="center", faults=faults, wall=true_time)
    clock = WorldClock()
    config = center_of([read_center(town.configs / "center.toml") for town in towns])
    config = replace(config, wards=tuple(replace(ward, servers=servers) for ward in config.wards))
    gates = _gates(config, towns, servers)
    if plan.hostile:
        config = replace(
            config,
            kiosk_gateway=replace(gates[0][0], port=CENTER_PORT + _BEHIND),
            ward_gateway=replace(config.ward_gateway, port=_WARDS_PORT + _BEHIND),
        )
    return Ground(
        wards=tuple(
            make_ward(
                plan.seed,
                town,
                its,
                WardParts(
                    servers=servers,
                    faults=faults,
                    papers=papers,
                    fresh=partial(_fresh, plan, place),
                    suite=_suite(plan),
                ),
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


def _fresh(plan: GroundPlan, place: int, name: str) -> FreshKeys:
    return fresh_keys(plan, f"{name} {place}")


def _suite(plan: GroundPlan) -> Suite:
    return REAL if plan.real_keys else WORLDS


def _servers(plan: GroundPlan) -> tuple[str, ...]:
    """Name each ward's servers: a, b and so on."""
    return tuple(ascii_lowercase[: plan.servers]) if plan.servers > 1 else _ONE_SERVER


def _gates(
    config: CenterConfig, towns: Sequence[Town], servers: Sequence[str]
) -> tuple[tuple[LinkServerAddress, Mapping[str, Behind]], ...]:
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
        name: Behind(name=name, tls=tls, port=_WARDS_PORT + _BEHIND)
        for town in towns
        for server in servers
        for name, tls in [_ward_end(town, server)]
    }
    return (front, kiosks), (config.ward_gateway, wards)


def _ward_end(town: Town, server: str) -> tuple[str, TlsFiles]:
    """Give the name in the certificate of a ward's server, and its files."""
    name = f"ward:{town.ward.code}"
    return (f"{name}:{server}", link_of(town, server)) if server else (name, _tls(town, "issuing/link", "center"))


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
