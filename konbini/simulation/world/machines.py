"""The kiosks of a world: each a machine with a configuration, a clock, a disk and devices, kept running."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from konbini.kiosk.config import KioskConfig, read_config
from konbini.kiosk.places.bundled import bundled
from konbini.kiosk.visit.atlas import Atlas
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.tasks import StandingTasks
from konbini.protocol.fresh_keys import FreshKeys
from konbini.simulation.town.configs import KioskDevices, write_kiosk_config
from konbini.simulation.world.checker import KioskBooks
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.counter.kiosk import Counter, Fittings, run_kiosk
from konbini.simulation.world.counter.visits import SimulatedVisits
from konbini.simulation.world.counter.witness import Flow, Witness
from konbini.simulation.world.disk import Disk, DiskFaults
from konbini.simulation.world.papers.ports import WorldPapers
from konbini.simulation.world.processes import current
from konbini.simulation.world.services import Supervised
from konbini.simulation.world.wards import WardGround

__all__ = ["KioskMachine", "MachineParts", "make_machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineParts:
    """What every kiosk of a world is made with.

    Attributes:
        papers: verifies and draws documents.
        fresh: makes the keys of visits.
        faults: what disks do to those who write.
        witness: told of sheets and money.
    """

    papers: WorldPapers
    fresh: FreshKeys
    faults: DiskFaults
    witness: Witness


@dataclass(frozen=True, eq=False, kw_only=True)
class KioskMachine:
    """One kiosk: its clock, its journal's disk, its devices, and the process that is kept running over them."""

    name: str
    clock: WorldClock
    disk: Disk
    counter: Counter
    service: Supervised

    @property
    def books(self) -> KioskBooks:
        """What its journal and its coin device say."""
        counts = self.counter.cash.machine.counts
        return KioskBooks(
            kiosk=self.name, disk=self.disk, taken=counts.taken, returned=counts.returned, owed=counts.owed
        )


def make_machine(ward: WardGround, name: str, parts: MachineParts, entropy: Entropy) -> KioskMachine:
    """Make one kiosk of a ward's town; nothing runs yet.

    Raises:
        ValueError, OSError: its configuration cannot be written or read.
    """
    config = read_config(write_kiosk_config(ward.town, name, ward.ports, _DEVICES))
    disk = Disk(name=name, faults=parts.faults, wall=true_time)
    counter = Counter(Flow(kiosk=name, witness=parts.witness), WorldClock())
    clock = WorldClock()
    wiring = _Wiring(config=config, disk=disk, counter=counter, parts=parts)
    service = Supervised(name=name, serve=wiring.serve, clock=clock, entropy=entropy)
    return KioskMachine(name=name, clock=clock, disk=disk, counter=counter, service=service)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wiring:
    """What each life of a kiosk's long-lived process enters."""

    config: KioskConfig
    disk: Disk
    counter: Counter
    parts: MachineParts

    def serve(
        self, clock: Clock, entropy: Entropy, tasks: StandingTasks
    ) -> AbstractAsyncContextManager[SimulatedVisits]:
        host = current()
        fittings = Fittings(
            open_rows=self.disk.open,
            verify=self.parts.papers.verify,
            rasterise=self.parts.papers.rasterise,
            places=_PLACES,
            new_being=lambda name: host.child(f"{self.config.kiosk} {name}"),
            host=host,
            fresh=self.parts.fresh,
        )
        return run_kiosk(self.config, clock, entropy, tasks, counter=self.counter, fittings=fittings)


_PLACES = Atlas(bundled())
_DEVICES = KioskDevices(
    screen_port=0,
    reader_prefix="simulated",
    printer_uri="ipps://127.0.0.1:1/ipp/print",
    printer_pin=bytes(32),
    printer_counter="marker-life-count",
    printer_still_seconds=1,
    cash_socket=Path("cash"),
    tray_socket=Path("tray"),
    bell_socket=Path("bell"),
)
"""What a kiosk's configuration says of devices; in the world they come through its port."""
