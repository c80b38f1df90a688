"""A whole town, running: the ward's four processes, the center, the card authority, one kiosk and its devices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from konbini.kiosk import controller
from konbini.kiosk.payment.client import CoinDevice
from konbini.kiosk.payment.means import Means
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.payment.terminal import CashlessTerminal
from konbini.kiosk.printing.client import certificate_pin
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.simulation.card.applet import Card
from konbini.simulation.card.latency import MEASURED_LATENCY, LatencyModel
from konbini.simulation.card.pcsc import PrivatePcscd
from konbini.simulation.card.slots import ReaderSlot
from konbini.simulation.cash.running import CoinMachine
from konbini.simulation.demo.power import KioskPower
from konbini.simulation.demo.processes import Service, running
from konbini.simulation.demo.shop import RunningShop, running_shop
from konbini.simulation.headphones.jack import SimulatedJack
from konbini.simulation.printer.own import OwnPrinter
from konbini.simulation.printer.virtual import VirtualPrinter
from konbini.simulation.terminal.running import TerminalMachine
from konbini.simulation.town.configs import KioskDevices, file_store, free_ports, write_configs, write_kiosk_config
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.takeover import take_over
from konbini.simulation.town.town import OWN_MACHINE, Town

__all__ = ["RunningTown", "TownPlan", "run_town"]

_READER = "Virtual PCD 00 00"
_STILL_SECONDS = 1
_KIOSK = "K-0001"
_PROGRESS_STEP = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TownPlan:
    """What town to run.

    Attributes:
        directory: where it lives; kept from run to run.
        tray: where printed pages come out as PNG files.
        seed: of its people.
        residents: how many.
        screen_port: the kiosk's screen on loopback; 0 for any free one.
        console_port: the ward's console on loopback; 0 for any free one.
        latency: of cards.
        tell_after: seconds that something lies at the kiosk before the shop and the ward are told.
        store: gives the address of the rows of each of the ward's processes.
        browser: the command of a browser that the kiosk itself starts and ends; empty where a person brings one.
        browser_profile: where that browser's profile is while a visit lasts, on a tmpfs.
        own_printer: the printer of our own, which shows every fault; else `ippeveprinter`, which nobody here wrote.
        means: how one pays at its kiosk.
        kiosk: the module that is the kiosk's long-lived process; proofs put something before it.
        own_machine: the kiosk is the ward's own machine, with the same devices, and stands in no shop.
        collector: the port on loopback where somebody takes spans; 0: nothing is traced.
    """

    directory: Path
    tray: Path
    seed: int = 1
    residents: int = 10_000
    screen_port: int = 0
    console_port: int = 0
    latency: LatencyModel = MEASURED_LATENCY
    tell_after: int = 60
    store: Callable[[str], str] = file_store
    browser: tuple[str, ...] = ()
    browser_profile: Path = Path("/dev/shm/kiosk-browser")  # noqa: S108 - a tmpfs; the keeper's alone, mode 0700
    own_printer: bool = False
    means: Means = Means.COINS
    kiosk: str = "konbini.kiosk.host"
    own_machine: bool = False
    collector: int = 0


@dataclass(frozen=True, kw_only=True)
class RunningTown:
    """The town's handles."""

    town: Town
    pcscd: PrivatePcscd
    """The card reader's daemon, and its reader."""
    slot: ReaderSlot
    printer: VirtualPrinter | OwnPrinter
    payment: CoinMachine | TerminalMachine
    jack: SimulatedJack
    shop: RunningShop
    responder: OcspResponder
    screen: str
    console: str
    logs: Path
    processes: dict[str, int]
    power: KioskPower
    """The kiosk's."""
    kiosk: str
    """Its id."""

    @property
    def journal(self) -> Path:
        """The kiosk's journal."""
        return self.town.data / f"{self.kiosk}.db"

    @property
    def own_printer(self) -> OwnPrinter:
        """The printer, which is the one of our own.

        Raises:
            ValueError: it is `ippeveprinter`.
        """
        if not isinstance(self.printer, OwnPrinter):
            raise ValueError("this town prints on ippeveprinter")  # noqa: TRY004 - the plan's choice, not a type
        return self.printer

    @property
    def coins(self) -> CoinMachine:
        """The coin device.

        Raises:
            ValueError: one pays at a terminal.
        """
        if not isinstance(self.payment, CoinMachine):
            raise ValueError("this town has no coin device")  # noqa: TRY004 - the plan's choice, not a type
        return self.payment

    @property
    def terminal(self) -> TerminalMachine | None:
        """The cashless terminal, None where one pays with coins."""
        return self.payment if isinstance(self.payment, TerminalMachine) else None

    def cash(self, clock: Clock, *, patience: float = 10.0) -> Cash:
        """Give a client of the device that takes the money, for asking what it has counted."""
        if self.terminal is None:
            return CoinDevice(controller.at(self.payment.socket), clock, patience=patience)
        return CashlessTerminal(self.payment.socket, clock, patience=patience)

    async def card_of(self, person: Townsperson) -> Card:
        """Give a resident's card; made in a thread, for bell and door of the shop must answer in this loop meanwhile.

        Raises:
            ValueError: the resident has none.
        """
        return await asyncio.to_thread(self.town.card_of, person)


@asynccontextmanager
async def run_town(
    plan: TownPlan, clock: Clock, entropy: Entropy, *, say: Callable[[str], None] = lambda _line: None
) -> AsyncIterator[RunningTown]:
    """Make the town if it is not there, start everything, and end it all with the context.

    Raises:
        DidNotStartError, PrinterDidNotStartError, PcscdUnavailable: something of it did not come up.
        ValueError, OSError: the directory cannot hold a town.
    """
    say("making the town")
    town = make_town(plan.directory, clock, entropy, seed=plan.seed, residents=plan.residents)
    logs = plan.directory / "logs"
    logs.mkdir(exist_ok=True)
    ports = replace(free_ports(console=plan.console_port), collector=plan.collector)
    screen_port = plan.screen_port or free_ports().console
    write_configs(town, ports, store=plan.store)
    say(f"handing {plan.residents:,} residents to the registry")
    await take_over(town, clock, entropy, progress=lambda count: _say_now_and_then(say, count))
    async with AsyncExitStack() as ending:
        say("starting the devices")
        revocations = town.revocations()
        responder = await OcspResponder.listen(town.answer_maker(revocations), clock, entropy, port=ports.responder)
        responder.lists = town.list_maker(revocations).make
        ending.push_async_callback(responder.close)
        daemon = await ending.enter_async_context(PrivatePcscd())
        slot = ReaderSlot(daemon.ports[0], latency=plan.latency)
        printer = _printer(plan, town.data / "printer")
        await ending.enter_async_context(printer)
        payment = _payment(plan, town.run)
        await ending.enter_async_context(payment)
        jack = await ending.enter_async_context(SimulatedJack((town.run / "jack").absolute()))
        shop = await ending.enter_async_context(running_shop(town.run, entropy, service_port=free_ports().console))
        devices = KioskDevices(
            screen_port=screen_port,
            reader_prefix=_READER,
            printer_uri=printer.uri,
            printer_pin=certificate_pin(printer.certificate),
            printer_counter=printer.counter,
            printer_still_seconds=_STILL_SECONDS,
            cash_socket=payment.socket.absolute(),
            cash_means=plan.means,
            tray_socket=printer.exit_socket.absolute(),
            headphones_socket=jack.path,
            bell_socket=shop.bell.path.absolute(),
            tell_after=plan.tell_after,
            switch_socket=shop.door.path.absolute(),
            maintainers=shop.maintainers.absolute(),
            service_port=shop.service_port,
            browser=plan.browser,
            browser_profile=plan.browser_profile,
        )
        kiosk = OWN_MACHINE if plan.own_machine else _KIOSK
        config = write_kiosk_config(town, kiosk, ports, devices)
        processes: dict[str, int] = {}
        for service in (
            Service(name="registry", module="konbini.ward_server.residents", config=town.configs / "registry.toml"),
            Service(name="clerk", module="konbini.ward_server.clerk", config=town.configs / "clerk.toml"),
            Service(name="center", module="konbini.issuance_center", config=town.configs / "center.toml"),
            Service(name="issuing", module="konbini.ward_server.issuing", config=town.configs / "issuing.toml"),
            Service(name="console", module="konbini.ward_server.console", config=town.configs / "console.toml"),
        ):
            say(f"starting {service.name}")
            process = await ending.enter_async_context(running(service, run=town.run, logs=logs))
            processes[service.name] = process.pid
        say("starting kiosk")
        power = KioskPower(
            Service(name="kiosk", module=plan.kiosk, config=config),
            run=town.run,
            logs=logs,
            environment={"PCSCLITE_CSOCK_NAME": daemon.socket_name},
            processes=processes,
        )
        ending.push_async_callback(power.end)
        await power.restore()
        yield RunningTown(
            town=town,
            pcscd=daemon,
            slot=slot,
            printer=printer,
            payment=payment,
            jack=jack,
            shop=shop,
            responder=responder,
            screen=f"http://127.0.0.1:{screen_port}/",
            console=f"http://localhost:{ports.console}/",
            logs=logs,
            processes=processes,
            power=power,
            kiosk=kiosk,
        )


def _payment(plan: TownPlan, run: Path) -> CoinMachine | TerminalMachine:
    if plan.means is Means.CASHLESS:
        return TerminalMachine(run / "terminal")
    return CoinMachine(run / "coins")


def _printer(plan: TownPlan, home: Path) -> OwnPrinter | VirtualPrinter:
    if plan.own_printer:
        return OwnPrinter(tray=plan.tray, home=home)
    return VirtualPrinter(tray=plan.tray, home=home)


def _say_now_and_then(say: Callable[[str], None], count: int) -> None:
    """Say how many residents were read, not of each one; called in the store's thread."""
    if count % _PROGRESS_STEP == 0:
        say(f"  {count:,}")
