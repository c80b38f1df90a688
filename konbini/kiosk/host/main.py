"""The long-lived process of a kiosk: the one place that builds its objects and ties them together.

python -m konbini.kiosk.host CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.resources import files

from konbini.kiosk.config import KioskConfig, read_config
from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.condition import KioskCondition
from konbini.kiosk.host.day_reports import DayReports
from konbini.kiosk.host.day_rows import DayRows
from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.floor import Floor
from konbini.kiosk.host.installed import Installed
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.left_rows import LeftRows
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.kiosk.host.machine import KioskMachine
from konbini.kiosk.host.mismatch_rows import MismatchRows
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.ports import Installation
from konbini.kiosk.host.service import HostRooms
from konbini.kiosk.host.service_log import ServiceRows
from konbini.kiosk.host.states import StateReports
from konbini.kiosk.host.visits import Visits
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.maintenance.cabinet_switch import CabinetSwitch
from konbini.kiosk.maintenance.desk import MaintenanceDesk
from konbini.kiosk.maintenance.page import ServicePage
from konbini.kiosk.maintenance.passwords import read_maintainers
from konbini.kiosk.maintenance.sessions import Sessions
from konbini.kiosk.payment.reckoning import Reckoning
from konbini.kiosk.shop.ringing import Ringing
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.link import Link
from konbini.process.measures.condition import Health
from konbini.process.measures.listener import figures_of, shown
from konbini.process.measures.shapes import ServiceName
from konbini.process.rows import CANNOT_OPEN, CommitWatch, answers
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.process.traces.config import traces_to
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tls import client_context
from konbini.protocol.trust import WardDirectory

__all__ = ["SERVICE", "main", "serve"]

_TELL_AFTER_SECONDS = 120.0
_RING_AGAIN_SECONDS = 60.0
_IDLE_SECONDS = 600.0
"""Where the configuration has no shop and no service page: the ward is told all the same."""


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
    installation: Installation | None = None,
) -> AsyncIterator[None]:
    """Watch the devices, keep the link, run visit after visit while the context lasts.

    Args:
        config: as it was read.
        clock: of every wait.
        entropy: of sessions and waits.
        tasks: where the work that stands is started.
        watch: what looks at the journal's commits.
        visit: the module that is run as the process of each visit.
        installation: what it is built upon; what the configuration names where none is given.

    Raises:
        Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, SchemaRefused, sqlite3.Error: the journal cannot be used.
    """
    installed = Installed(config=config, visit=visit) if installation is None else installation
    signing = read_signing_key(config.signing_key)
    opening = OpeningKey.from_bytes(read_secret(config.sealing_key))
    figures = figures_of(config.measures, ServiceName.KIOSK)
    async with AsyncExitStack() as ending:
        rows = installed.rows(files("konbini.kiosk.host") / "migrations", watch=watch, measures=figures)
        ending.push_async_callback(rows.close)
        traces = await ending.enter_async_context(
            traces_to(config.traces, ServiceName.KIOSK, config.kiosk, measures=figures, entropy=entropy)
        )
        journal, left_rows, mismatches = Journal(rows), LeftRows(rows), MismatchRows(rows)
        directory = await _directory(config, journal)
        parts = await ending.enter_async_context(installed.parts(clock))
        wards = Wards(config.offered(directory), config.kiosk, config.office(directory).name)
        devices = DeviceWatch(
            reader=parts.reader,
            printer=parts.printer,
            cash=parts.cash,
            paper_exit=parts.paper_exit,
            clock=clock,
            jack=parts.jack,
            measures=figures,
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
        center = CenterLink(config.kiosk, published, devices.touch, measures=figures, clock=clock, traces=traces)
        owing = Owing(
            kiosk=config.kiosk,
            signing=signing,
            opening=opening,
            journal=journal,
            left=left_rows,
            mismatches=mismatches,
            wards=wards,
            link=center,
            clock=clock,
        )
        shop = config.shop
        ringing = Ringing(
            parts.bell,
            clock,
            again=_RING_AGAIN_SECONDS if shop is None else float(shop.again),
        )
        left = LeftWatch(
            rows=left_rows,
            devices=devices,
            paper_exit=parts.paper_exit,
            ringing=ringing,
            owing=owing,
            clock=clock,
            after=_TELL_AFTER_SECONDS if shop is None else float(shop.tell_after),
        )
        link = Link(address=config.link, tls=client_context(config.tls), user=center, clock=clock, entropy=entropy)
        center.attach(link)
        stage = ending.enter_context(installed.stage(clock))
        visits = Visits(
            starter=stage.starter,
            rooms=HostRooms(
                devices=devices,
                wards=wards,
                link=center,
                journal=journal,
                mismatches=mismatches,
                owing=owing,
                reckoning=Reckoning(),
                left=left,
                floor=floor,
                clock=clock,
                measures=figures,
            ),
            journal=journal,
            owing=owing,
            printer=parts.printer,
            paper_exit=parts.paper_exit,
            cash=parts.cash,
            browser=stage.browser,
            clock=clock,
            measures=figures,
        )
        service_rows = ServiceRows(rows, clock)
        machine = KioskMachine(
            kiosk=config.kiosk,
            version=config.version,
            devices=devices,
            printer=parts.printer,
            paper_exit=parts.paper_exit,
            wards=wards,
            link=center,
            left=left,
            rows=service_rows,
            ringing=ringing,
            floor=floor,
            clock=clock,
        )
        ending.push_async_callback(machine.close)
        desk = await ending.enter_async_context(
            _service_page(config, machine, service_rows, clock, entropy, cabinet=parts.cabinet)
        )
        states = StateReports(
            kiosk=config.kiosk,
            version=config.version,
            signing=signing,
            devices=devices,
            left=left,
            link=center,
            clock=clock,
        )
        days = DayReports(
            kiosk=config.kiosk,
            signing=signing,
            opening=opening,
            rows=DayRows(rows, config.kiosk),
            wards=wards,
            link=center,
            clock=clock,
        )
        condition = KioskCondition(
            devices=devices,
            left=left,
            wards=wards,
            link_up=lambda: center.up,
            visit_under_way=lambda: floor.has_visit,
            clock=clock,
        )
        health = Health(lambda: tasks.all_run, partial(answers, rows))
        await ending.enter_async_context(shown(config.measures, figures, health, condition, clock))
        ending.push_async_callback(tasks.close)
        for name, work in (
            ("days", days.run()),
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
async def _service_page(  # noqa: PLR0913 - the room that wires names each
    config: KioskConfig,
    machine: KioskMachine,
    log: ServiceRows,
    clock: Clock,
    entropy: Entropy,
    *,
    cabinet: CabinetSwitch | None,
) -> AsyncIterator[MaintenanceDesk]:
    """Watch the cabinet, and show the page where the kiosk has one."""
    given = config.maintenance
    desk = MaintenanceDesk(
        maintainers=None if given is None else read_maintainers(given.maintainers),
        sessions=Sessions(entropy, idle=_IDLE_SECONDS if given is None else given.idle_minutes * 60.0),
        log=log,
        machine=machine,
        switch=cabinet,
        clock=clock,
    )
    await desk.resume()
    if given is None:
        yield desk
        return
    async with ServicePage(desk).listening(given.port):
        yield desk


SERVICE = Service(
    name="konbini-kiosk",
    duty="The kiosk (キオスク端末)",
    config="konbini/kiosk/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
"""The long-lived process, as it is run."""
