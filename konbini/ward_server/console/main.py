"""The console's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.console CONFIG.toml
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

from konbini.process.calls import CallClient, CallServer, together
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.log_keeping import CheckpointKeeper
from konbini.process.membership import Member, ServerNames
from konbini.process.rows import CANNOT_OPEN, CommitWatch, Rows
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.stores import open_rows
from konbini.process.tasks import StandingTasks
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log_owner import recording_log_owner
from konbini.ward_server.console.account_pages import AccountPages
from konbini.ward_server.console.act_pages import ActPages
from konbini.ward_server.console.act_rows import ActRows
from konbini.ward_server.console.acting import ActDesk
from konbini.ward_server.console.config import ConsoleConfig, read_config
from konbini.ward_server.console.disclosing import DisclosureDesk
from konbini.ward_server.console.disclosure import DisclosureRows
from konbini.ward_server.console.disclosure_acts import disclosure_acts
from konbini.ward_server.console.disclosure_pages import DisclosurePages
from konbini.ward_server.console.disclosure_text import DisclosureText
from konbini.ward_server.console.disposal_acts import disposal_acts
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.ending import HOLDINGS, RETENTION_EVENTS
from konbini.ward_server.console.enrolling import Enrolling
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.entrance_pages import EntrancePages
from konbini.ward_server.console.find_pages import FindPages
from konbini.ward_server.console.gate import Gate
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.live import LivePages
from konbini.ward_server.console.log_pages import LogPages
from konbini.ward_server.console.looking import LookDesk
from konbini.ward_server.console.machine import machine_handlers
from konbini.ward_server.console.manual import Manual
from konbini.ward_server.console.own_log import CosignedLog
from konbini.ward_server.console.own_sessions import OwnSessionPages, OwnSessions
from konbini.ward_server.console.passkeys import Passkeys
from konbini.ward_server.console.process_acts import process_acts
from konbini.ward_server.console.registry_acts import registry_acts
from konbini.ward_server.console.roll_acts import roll_acts
from konbini.ward_server.console.routes import Route, all_routes
from konbini.ward_server.console.sessions import Sessions
from konbini.ward_server.console.site import Site
from konbini.ward_server.console.staff_acts import staff_acts
from konbini.ward_server.console.staff_desk import StaffDesk
from konbini.ward_server.console.staff_pages import StaffPages
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.console.static_files import StaticFiles
from konbini.ward_server.console.steering_acts import Steering, steering_acts
from konbini.ward_server.console.steering_pages import SteeringPages
from konbini.ward_server.decisions.calls import OPERATORS_CALL_BYTES
from konbini.ward_server.issuing.cosigning import CosignLine
from konbini.ward_server.keeping.calls import retention_handlers
from konbini.ward_server.keeping.retention import DisposalPen, RetentionDesk
from konbini.ward_server.settings.reading import read_settings_of
from konbini.ward_server.settings.settings import Settings
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key

__all__ = ["Console", "main", "serve"]

_GIVES_WAY = 10
"""By how much it is nicer than what issues: whoever watches may wait, an order does not."""

_log = logger("konbini.ward_server.console")


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The console, for whoever started it: its table, its people's desk, its entrance, and where it listens."""

    routes: tuple[Route, ...]
    staff: StaffDesk
    entrance: Entrance
    acts: ActDesk
    port: int


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end, giving way to whatever issues on this machine; see `konbini.process.service`."""
    os.nice(_GIVES_WAY)
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def serve(
    config: ConsoleConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
) -> AsyncIterator[Console]:
    """Serve people while the context lasts.

    Raises:
        ConfigRefused, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    settings = read_settings_of(config.settings, config.ward)
    hashes = read_keyed_hash(config.lookup_key)
    async with AsyncExitStack() as ending:
        rows = open_rows(
            config.store,
            files("konbini.ward_server.console") / "migrations",
            watch=watch,
            member=_member(config),
            entropy=entropy,
        )
        ending.push_async_callback(rows.close)
        await hold_to_lookup_key(rows, hashes)
        lines = _lines(config, ending)
        building = _Building(config, settings, rows, hashes, lines, clock, entropy)
        await building.act_rows.recover(clock.now())
        ending.push_async_callback(building.acts.close)
        ending.push_async_callback(tasks.close)
        checkpoints = CheckpointKeeper(
            config.log, rows, recording_log_owner(AuditEvent.CONSOLE_LOG_CONTRADICTED), clock
        )
        cosigned = CosignedLog(checkpoints, CosignLine(lines.clients[Process.ISSUING]), clock)
        retention = RetentionDesk(
            rows,
            holdings=HOLDINGS,
            retention=lambda: settings.retention,
            pen=DisposalPen(key=read_signing_key(config.disposals_key), municipality=config.ward),
            events=RETENTION_EVENTS,
            clock=clock,
            entropy=entropy,
        )
        for name, work in (
            ("entrance", building.entrance.run()),
            ("rows", rows.until_unfit()),
            ("checkpoints", checkpoints.run()),
            ("log exchange", cosigned.run()),
            ("retention", retention.run()),
        ):
            tasks.start(work, name)
        machine = await CallServer.listen(
            config.machine.path,
            together(machine_handlers(building.staff), retention_handlers(retention)),
            peers=config.machine.users,
            longest=OPERATORS_CALL_BYTES,
        )
        ending.push_async_callback(machine.close)
        port = await ending.enter_async_context(building.site().listening(config.port))
        _log.info("serving", ward=config.ward, port=port)
        yield Console(
            routes=building.routes, staff=building.staff, entrance=building.entrance, acts=building.acts, port=port
        )


class _Building:
    """Builds what stands on the rows, in order."""

    def __init__(  # noqa: PLR0913, PLR0917 - what all of it rests on
        self,
        config: ConsoleConfig,
        settings: Settings,
        rows: Rows,
        hashes: KeyedHash,
        lines: Lines,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._config = config
        self._rows = rows
        self._lines = lines
        self._clock = clock
        self._people = StaffRows(hashes)
        passkeys = Passkeys(config.origin, settings.name)
        self._sessions = Sessions(entropy, lock_after=config.lock_after, end_after=config.end_after)
        self.entrance = Entrance(
            rows,
            self._people,
            sessions=self._sessions,
            passkeys=passkeys,
            office=config.office,
            clock=clock,
            entropy=entropy,
        )
        self._enrolling = Enrolling(
            rows, self._people, entrance=self.entrance, passkeys=passkeys, clock=clock, entropy=entropy
        )
        self.staff = StaffDesk(rows, self._people, self.entrance, clock, entropy)
        self.act_rows = ActRows(rows, self._people, hashes)
        self.acts = ActDesk(self.act_rows, self.entrance, lines, clock, entropy)
        self._looks = LookDesk(
            rows, hashes, lines=lines, office=config.office, clock=clock, most_an_hour=config.most_look_ups
        )
        self._disclosures = DisclosureDesk(
            rows,
            DisclosureRows(hashes),
            lines=lines,
            looks=self._looks,
            text=DisclosureText(settings.name),
            clock=clock,
            entropy=entropy,
        )
        steering = Steering(lines, config.ward, clock)
        self._all_acts = (
            *registry_acts(lines),
            *process_acts(lines, steering),
            *steering_acts(steering),
            *disposal_acts(lines),
            *disclosure_acts(self._disclosures),
            *roll_acts(lines),
            *staff_acts(self.staff),
        )
        self.routes = all_routes(self._all_acts)
        self._drawing = Drawing(
            clock,
            name=settings.name,
            name_english=settings.name_english,
            routes=self.routes,
            lock_after=config.lock_after,
        )

    def site(self) -> Site:
        """Build the site."""
        config, drawing = self._config, self._drawing
        gate = Gate(
            self.entrance,
            drawing,
            self._rows,
            self._clock,
            origin=config.origin,
            networks=config.networks,
            forwarded=config.forwarded,
        )
        live = LivePages(self._lines, self.entrance, drawing, self._clock)
        pages = {
            **EntrancePages(self.entrance, self._enrolling, drawing, StaticFiles()).pages(),
            **OwnSessionPages(OwnSessions(self.entrance, self._sessions, self._clock), self.entrance, drawing).pages(),
            **live.pages(),
            **FindPages(self._lines, self._looks, drawing).pages(),
            **AccountPages(self._lines, drawing, self._clock, config.typefaces).pages(),
            **SteeringPages(self._lines, drawing).pages(),
            **DisclosurePages(self._disclosures, drawing).pages(),
            **ActPages(self.acts, self._all_acts, drawing).pages(),
            **StaffPages(self._rows, self._people, drawing, self._clock).pages(),
            **LogPages(self._rows, self.act_rows, self._looks, self.entrance, Manual(), drawing, self._clock).pages(),
        }
        return Site(self.routes, pages, gate, closing=live.close)


def _lines(config: ConsoleConfig, ending: AsyncExitStack) -> Lines:
    clients = {}
    for process, address in (
        (Process.REGISTRY, config.registry),
        (Process.ISSUING, config.issuing),
        (Process.CLERK, config.clerk),
    ):
        clients[process] = CallClient(address.path, peers=address.users)
        ending.push_async_callback(clients[process].close)
    return Lines(clients=clients, ward=config.ward)


def _member(config: ConsoleConfig) -> Member:
    """Say what the console is started with: sessions are in memory, so there is one of it."""
    shared = (config.settings, config.lookup_key, config.disposals_key, config.log.key)
    return Member.of(
        ServerNames(), (config.ward.encode(), config.origin.encode(), *(path.read_bytes() for path in shared))
    )


_SERVICE = Service(
    name="konbini-console",
    duty="The console (操作卓)",
    config="konbini/ward_server/console/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
