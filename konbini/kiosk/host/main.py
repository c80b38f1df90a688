"""The long-lived process of a kiosk: the one place that builds its objects and ties them together.

python -m konbini.kiosk.host CONFIG.toml
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files

from konbini.kiosk.browser.keeper import Browser, BrowserKeeper, OwnBrowser
from konbini.kiosk.card.reader import PcscCardReader
from konbini.kiosk.config import KioskConfig, read_config
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.floor import Floor
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.kiosk.host.machine import KioskMachine
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.service import HostRooms
from konbini.kiosk.host.service_log import ServiceRows
from konbini.kiosk.host.states import StateReports
from konbini.kiosk.host.visits import Visits
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.maintenance.cabinet_switch import SocketSwitch
from konbini.kiosk.maintenance.desk import MaintenanceDesk
from konbini.kiosk.maintenance.page import ServicePage
from konbini.kiosk.maintenance.passwords import read_maintainers
from konbini.kiosk.maintenance.sessions import Sessions
from konbini.kiosk.payment.choosing import payment_device
from konbini.kiosk.payment.reckoning import Reckoning
from konbini.kiosk.printing.client import IppClient
from konbini.kiosk.printing.exit_sensor import ExitSensor
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.kiosk.shop.bell import NoBell, SocketBell
from konbini.kiosk.shop.ringing import Ringing
from konbini.kiosk.speech.jack import HeadphoneJack
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.link import Link
from konbini.process.log import logger
from konbini.process.rows import CANNOT_OPEN, CommitWatch
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tls import client_context
from konbini.protocol.trust import WardDirectory

__all__ = ["SERVICE", "main", "serve"]

_LOOPBACK = "127.0.0.1"
_BACKLOG = 64
_FIRST_HANDED_OVER = 3
_TELL_AFTER_SECONDS = 120.0
_RING_AGAIN_SECONDS = 60.0
_IDLE_SECONDS = 600.0
"""Where the configuration has no shop and no service page: the ward is told all the same."""

_log = logger("konbini.kiosk.host")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(SERVICE, arguments)


@asynccontextmanager
async def serve(  # noqa: PLR0913 - what every service is handed, and what this one can be given beside
    config: KioskConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
    visit: str = "konbini.kiosk.visit",
) -> AsyncIterator[None]:
    """Watch the devices, keep the link, run visit after visit while the context lasts.

    Args:
        config: as it was read.
        clock: of every wait.
        entropy: of sessions and waits.
        tasks: where the work that stands is started.
        watch: what looks at the journal's commits.
        visit: the module that is run as the process of each visit.

    Raises:
        Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, SchemaRefused, sqlite3.Error: the journal cannot be used.
    """
    signing = read_signing_key(config.signing_key)
    async with AsyncExitStack() as ending:
        rows = SqliteRows.open(config.journal, files("konbini.kiosk.host") / "migrations", watch=watch)
        ending.push_async_callback(rows.close)
        journal, left_rows = Journal(rows), LeftRows(rows)
        directory = await _directory(config, journal)
        paper_exit = ExitSensor(config.tray_socket, clock)
        printer = IppPrinter(
            await ending.enter_async_context(
                IppClient(config.printer_uri, pin=config.printer_pin, counter=config.printer_counter)
            ),
            clock,
            Pace(still=float(config.printer_still_seconds)),
            paper_exit=paper_exit,
            two_sided=config.printer_two_sided,
        )
        cash = payment_device(config.cash_means, config.cash_socket, clock)
        wards = Wards(config.offered(directory))
        devices = DeviceWatch(
            reader=PcscCardReader(config.reader_prefix),
            printer=printer,
            cash=cash,
            paper_exit=paper_exit,
            clock=clock,
            jack=None if config.headphones_socket is None else HeadphoneJack(config.headphones_socket),
        )

        async def published(frame: Frame) -> None:
            moment = to_seconds(clock.now())
            if frame.kind is MessageKind.PREKEY:
                wards.take_prekey(frame.ward, frame.body, moment)
                owing.wake()
            elif frame.kind is MessageKind.NOTICE:
                wards.take_notice(frame.ward, frame.body, moment)
                devices.touch()
            else:
                owing.ask(frame)

        floor = Floor()
        center = CenterLink(config.kiosk, published, devices.touch)
        owing = Owing(
            kiosk=config.kiosk,
            signing=signing,
            opening=OpeningKey.from_bytes(read_secret(config.sealing_key)),
            journal=journal,
            left=left_rows,
            wards=wards,
            link=center,
            clock=clock,
        )
        shop = config.shop
        ringing = Ringing(
            NoBell() if shop is None else SocketBell(shop.bell),
            clock,
            again=_RING_AGAIN_SECONDS if shop is None else float(shop.again),
        )
        left = LeftWatch(
            rows=left_rows,
            devices=devices,
            paper_exit=paper_exit,
            ringing=ringing,
            owing=owing,
            clock=clock,
            after=_TELL_AFTER_SECONDS if shop is None else float(shop.tell_after),
        )
        link = Link(address=config.link, tls=client_context(config.tls), user=center, clock=clock, entropy=entropy)
        center.attach(link)
        listener = ending.enter_context(_listen(config.screen_port))
        visits = Visits(
            config=config.path,
            listener=listener,
            rooms=HostRooms(
                devices=devices,
                wards=wards,
                link=center,
                journal=journal,
                owing=owing,
                reckoning=Reckoning(),
                left=left,
                floor=floor,
                clock=clock,
            ),
            journal=journal,
            owing=owing,
            printer=printer,
            paper_exit=paper_exit,
            cash=cash,
            browser=_browser(config, listener, clock),
            clock=clock,
            program=visit,
        )
        service_rows = ServiceRows(rows, clock)
        machine = KioskMachine(
            kiosk=config.kiosk,
            version=config.version,
            devices=devices,
            printer=printer,
            paper_exit=paper_exit,
            wards=wards,
            link=center,
            left=left,
            rows=service_rows,
            ringing=ringing,
            floor=floor,
            clock=clock,
        )
        ending.push_async_callback(machine.close)
        desk = await ending.enter_async_context(_service_page(config, machine, service_rows, clock, entropy))
        states = StateReports(
            kiosk=config.kiosk,
            version=config.version,
            signing=signing,
            devices=devices,
            left=left,
            link=center,
            clock=clock,
        )
        ending.push_async_callback(tasks.close)
        for name, work in (
            ("devices", devices.run()),
            ("link", link.run()),
            ("owing", owing.run()),
            ("left", left.run()),
            ("ringing", ringing.run()),
            ("maintenance", desk.run()),
            ("states", states.run()),
            ("visits", visits.run()),
        ):
            tasks.start(work, name)
        yield


async def _directory(config: KioskConfig, journal: Journal) -> WardDirectory:
    """Read the ward directory; it never goes back behind the newest version that this kiosk has seen."""
    directory = WardDirectory.open(
        config.directory.read_bytes(),
        VerifyingKey(config.directory_authority),
        newest_seen=await journal.newest_directory(),
    )
    await journal.saw_directory(directory.version)
    return directory


@asynccontextmanager
async def _service_page(
    config: KioskConfig, machine: KioskMachine, log: ServiceRows, clock: Clock, entropy: Entropy
) -> AsyncIterator[MaintenanceDesk]:
    """Watch the cabinet, and show the page where the kiosk has one."""
    given = config.maintenance
    desk = MaintenanceDesk(
        maintainers=None if given is None else read_maintainers(given.maintainers),
        sessions=Sessions(entropy, idle=_IDLE_SECONDS if given is None else given.idle_minutes * 60.0),
        log=log,
        machine=machine,
        switch=None if config.cabinet_switch is None else SocketSwitch(config.cabinet_switch),
        clock=clock,
    )
    await desk.resume()
    if given is None:
        yield desk
        return
    async with ServicePage(desk).listening(given.port):
        yield desk


def _listen(port: int) -> socket.socket:
    """Take the screen's socket from the service manager, or open it; it is handed from visit to visit, never closed.

    sd_listen_fds(3): the first socket handed over is descriptor 3, for the process that LISTEN_PID names.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        listener = socket.socket(fileno=_FIRST_HANDED_OVER)
    else:
        listener = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
    _log.info("listening", kind="screen", port=listener.getsockname()[1])
    return listener


def _browser(config: KioskConfig, listener: socket.socket, clock: Clock) -> Browser:
    if config.browser is None:
        return OwnBrowser()
    port = listener.getsockname()[1]
    return BrowserKeeper(
        program=config.browser.program,
        profile=config.browser.profile,
        address=f"http://{_LOOPBACK}:{port}/",
        clock=clock,
    )


SERVICE = Service(
    name="konbini-kiosk",
    duty="The kiosk (キオスク端末)",
    config="konbini/kiosk/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
"""The long-lived process, as it is run."""
