"""One kiosk of the world: its devices, which outlive its processes, and the production wiring over them.

    counter = Counter(flow, clock, Temper())
    async with run_kiosk(config, clock, entropy, tasks, counter=counter, fittings=fittings) as kiosk:
        ...

A kiosk that crashed is entered anew over the same `Counter`: the printer printed on meanwhile, and money stayed in
escrow.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Protocol

from konbini.kiosk.browser.keeper import OwnBrowser
from konbini.kiosk.channel.host import HostClient
from konbini.kiosk.config import KioskConfig
from konbini.kiosk.host.main import serve
from konbini.kiosk.host.ports import Parts, Stage
from konbini.kiosk.payment.client import CoinDevice
from konbini.kiosk.payment.means import Means
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.ports import Printer
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.kiosk.printing.raster import Rasterise
from konbini.kiosk.session.search import Places
from konbini.kiosk.visit.tools import Tools, Verify
from konbini.kiosk.visit.ward import Device
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.rows import CommitWatch, Rows
from konbini.process.secret_files import read_signing_key
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.protocol.trust import WardDirectory
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.world.counter.cash import SimulatedCash
from konbini.simulation.world.counter.exit import SimulatedExit
from konbini.simulation.world.counter.glass import Glass
from konbini.simulation.world.counter.life import Being, Home, PlainBeing
from konbini.simulation.world.counter.printer import SimulatedPrinter, Temper
from konbini.simulation.world.counter.shop import Shop
from konbini.simulation.world.counter.slot import SimulatedReader, Slot
from konbini.simulation.world.counter.visits import PlainMemory, SimulatedVisits
from konbini.simulation.world.counter.witness import Flow

__all__ = ["Counter", "Fittings", "OpenRows", "run_kiosk"]

_VISIT_SEED_BYTES = 32


class Counter:
    """The devices of one kiosk and the shop around it; they outlive every process.

    Args:
        flow: told of sheets and money.
        clock: the world's: what pages and coins take.
        temper: what kind of printer stands there.
    """

    def __init__(self, flow: Flow, clock: Clock, temper: Temper | None = None) -> None:
        self.flow = flow
        self.clock = clock
        self.queue = asyncio.Lock()
        """Who stands before the kiosk has it; the others wait behind them, in their order."""
        self.glass = Glass()
        self._home = home = Home()
        self.slot = Slot(clock, home)
        self.printer = SimulatedPrinter(flow, clock, home, temper=temper or Temper())
        self.cash = SimulatedCash(flow, clock, home)
        self.exit = SimulatedExit(self.printer, clock)
        self.shop = Shop(printer=self.printer, slot=self.slot, cash=self.cash, clock=clock, home=home)

    async def close(self) -> None:
        """End what the devices work at."""
        await self._home.close()


class OpenRows(Protocol):
    """Opens the journal's rows."""

    def __call__(self, migrations: Traversable, *, watch: CommitWatch | None, measures: Measures) -> Rows:
        """See `konbini.kiosk.host.ports.Installation.rows`."""


def _plain_being(_name: str) -> Being:
    return PlainBeing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittings:
    """What a kiosk's processes are built upon beside its devices.

    Attributes:
        open_rows: opens the journal.
        verify: checks a signed document.
        rasterise: draws a verified buffer, page after page, for the printer.
        places: the directory of municipalities.
        new_being: begins a process, by its name.
        fresh: makes the keys of each visit.
        host: the long-lived process itself; None for one that never dies.
    """

    open_rows: OpenRows
    verify: Verify
    rasterise: Rasterise
    places: Places
    new_being: Callable[[str], Being] = _plain_being
    fresh: FreshKeys = SYSTEM_KEYS
    host: Being | None = None


@dataclass(frozen=True, kw_only=True)
class _Installation:
    """A `konbini.kiosk.host.ports.Installation` of simulated things."""

    config: KioskConfig
    counter: Counter
    fittings: Fittings
    visits: SimulatedVisits

    def rows(self, migrations: Traversable, *, watch: CommitWatch | None, measures: Measures) -> Rows:
        return self.fittings.open_rows(migrations, watch=watch, measures=measures)

    @asynccontextmanager
    async def parts(self, clock: Clock) -> AsyncIterator[Parts]:
        counter, host = self.counter, self.fittings.host
        yield Parts(
            reader=SimulatedReader(counter.slot, clock, host, profiles=self.config.cards),
            printer=_printer(self.config, counter, self.fittings, clock, host),
            paper_exit=counter.exit,
            cash=_cash(counter, clock, host),
            bell=counter.shop,
            jack=None,
            cabinet=None,
        )

    @contextmanager
    def stage(self, clock: Clock) -> Iterator[Stage]:
        del clock
        yield Stage(starter=self.visits, browser=OwnBrowser())


@asynccontextmanager
async def run_kiosk(  # noqa: PLR0913 - what every service is handed, and what this one stands on
    config: KioskConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    counter: Counter,
    fittings: Fittings,
    watch: CommitWatch | None = None,
) -> AsyncIterator[SimulatedVisits]:
    """Run a kiosk's long-lived process while the context lasts, and its visits beside it.

    Args:
        config: as it was read; what it says of devices is not used, but for the pace and sides of the printer.
        clock: of the kiosk's machine.
        entropy: of the long-lived process and of its visits.
        tasks: where the work that stands is started.
        counter: its devices.
        fittings: what else it is built upon.
        watch: what looks at the journal's commits.

    Raises:
        ValueError: the kiosk has a cashless terminal, which is not simulated here.
        Exception: as `konbini.kiosk.host.main.serve`.
    """
    if config.cash_means is not Means.COINS:
        raise ValueError("a kiosk of the simulated world takes coins")
    signing = read_signing_key(config.signing_key)
    directory = WardDirectory.open(
        config.directory.read_bytes(), VerifyingKey(config.directory_authority), newest_seen=0
    )
    workshop = _Workshop(
        config=config,
        clock=clock,
        entropy=entropy,
        counter=counter,
        fittings=fittings,
        signing=signing,
        directory=directory,
    )
    visits = SimulatedVisits(
        make_tools=workshop.tools,
        new_being=fittings.new_being,
        host=fittings.host,
        glass=counter.glass,
        places=fittings.places,
        means=config.cash_means,
    )
    installation = _Installation(config=config, counter=counter, fittings=fittings, visits=visits)
    async with serve(config, clock, entropy, tasks, watch=watch, installation=installation):
        yield visits


@dataclass(frozen=True, kw_only=True)
class _Workshop:
    """Makes the tools of each visit, as `konbini.kiosk.visit.main` does; what comes from files is read once."""

    config: KioskConfig
    clock: Clock
    entropy: Entropy
    counter: Counter
    fittings: Fittings
    signing: SigningKey
    directory: WardDirectory

    def tools(self, host: HostClient, being: Being) -> Tools:
        """Give the tools of one visit's process."""
        config, counter, clock = self.config, self.counter, self.clock
        return Tools(
            device=Device(
                kiosk=config.kiosk,
                signing=self.signing,
                office=config.office(self.directory),
                fresh=self.fittings.fresh,
            ),
            directory=config.offered(self.directory),
            host=host,
            reader=SimulatedReader(counter.slot, clock, being, profiles=config.cards),
            printer=_printer(config, counter, self.fittings, clock, being),
            cash=_cash(counter, clock, being),
            verify=self.fittings.verify,
            memory=PlainMemory(),
            clock=clock,
            entropy=SeededEntropy(self.entropy.token(_VISIT_SEED_BYTES)),
        )


def _printer(config: KioskConfig, counter: Counter, fittings: Fittings, clock: Clock, being: Being | None) -> Printer:
    return IppPrinter(
        counter.printer.line(being),
        clock,
        Pace(still=float(config.printer_still_seconds)),
        paper_exit=counter.exit,
        two_sided=config.printer_two_sided,
        rasterise=fittings.rasterise,
    )


def _cash(counter: Counter, clock: Clock, being: Being | None) -> Cash:
    return CoinDevice(counter.cash.line(being), clock)
