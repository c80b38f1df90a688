"""A whole ward in one process: registry, issuing and clerk as their own wiring rooms build them, on real sockets.

Real files, real feed, real drawing, reading and signing, a real OCSP responder on loopback; only the hands of the clock
are the test's. What a kiosk or a center says comes from `tests.integration.ward_server.kiosk`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from konbini.commands import operators_roll
from konbini.process.calls import CallClient
from konbini.process.stores import look_once
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.errors import Code
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Ticket
from konbini.protocol.trust import WardDirectory, WardEntry
from konbini.simulation.card.applet import CardContent
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import Ports, free_ports, write_configs
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.pki.revocations import Revocations
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.service_keys import REAL_KEYS, ServiceKeys
from konbini.simulation.town.town import Town
from konbini.simulation.world.papers.ports import REAL, WorldPapers
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import main as clerk_main
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.decisions import commands
from konbini.ward_server.following.current import Current
from konbini.ward_server.issuing import commands as issuing_commands
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import main as issuing_main
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.keeping import commands as retention
from konbini.ward_server.keeping import key_commands
from konbini.ward_server.residents.dates import to_day
from konbini.ward_server.settings.kept import commands as settings_commands
from konbini.ward_server.settings.settings import Settings
from konbini.ward_server.signed_acts.roll import Enrolment
from tests.integration.ward_server.filled_registry import filled_registry
from tests.integration.ward_server.front import DeskFront, Front
from tests.integration.ward_server.kiosk import Center, Kiosk, Visit
from tests.integration.ward_server.people import CARDS, NEW_CARD
from tests.integration.ward_server.register import RegisterOperators
from tests.places import Place, SqlitePlace, address, rows_of

__all__ = ["BY_ITSELF", "NOON", "Ward", "eventually", "make_keys", "open_ward"]

_T = TypeVar("_T")

NOON = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
"""Noon in Japan on a Friday."""
OPENS, CLOSES = 6 * 60 + 30, 23 * 60
"""Minutes of the day in Japan."""
LIST_SECONDS = 600
"""How often the town's wards fetch revocation lists."""
_PREKEY_MINUTES = 10
_PATIENCE_SECONDS = 20.0


def make_keys(folder: Path, service_keys: ServiceKeys = REAL_KEYS) -> Town:
    """Make the town's keys, certificates and lists, for the wards of one test session."""
    clock = SettableClock(int(NOON.timestamp()) * 1000)
    return make_town(folder, clock, SeededEntropy(1), seed=5, residents=200, kiosks=2, service_keys=service_keys)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what other tasks and threads bring about."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - other threads and real processes set no event here
            await asyncio.sleep(0.005)


BY_ITSELF = frozenset(event for event in AuditEvent if event.name.endswith(("RETENTION_JUDGED", "SETTINGS_TAKEN")))


@dataclass(slots=True, kw_only=True)
class Ward:
    """A running ward and whoever speaks with it."""

    town: Town
    place: Place
    listed: str | None
    papers: WorldPapers
    fresh: FreshKeys
    clock: SettableClock
    entropy: SeededEntropy
    responder: OcspResponder
    revocations: Revocations
    ports: Ports
    operators: CallClient
    entry: WardEntry
    center: Center
    desk: Desk = field(init=False)
    clerk: Clerk = field(init=False)
    suffix: str = ""
    """Behind the names of issuing and clerk, where this is the ward's second server."""
    apart: Front | None = None
    processes: dict[str, AsyncExitStack] = field(default_factory=dict)

    @property
    def register(self) -> RegisterOperators:
        """Whoever changes the register, two persons for each change."""
        return RegisterOperators(line=self.operators, clock=self.clock, rows=self.rows)

    @property
    def code(self) -> str:
        """The municipality code."""
        return self.town.ward.code

    @property
    def front(self) -> Front:
        """Who takes the messages of kiosks: the use cases here, or a process of their own."""
        return self.apart or DeskFront(self.desk)

    @property
    def prekey(self) -> bytes:
        """The ward's newest PREKEY, as the center hands it on."""
        return self.front.prekey

    def prekey_of(self, ticket: bytes) -> bytes:
        """Give the prekey that a ticket carries, whoever signed the ticket."""
        return Ticket.claimed(ticket).prekey

    @property
    def currents(self) -> tuple[Current, Current]:
        """What issuing and the clerk judge by whether their copies are current."""
        return self.desk.current, self.clerk._current

    def kiosk(self, name: str = "K-0001") -> Kiosk:
        """Give one of the town's kiosks."""
        folder = self.town.keys / "kiosks" / name
        return Kiosk(
            name=name,
            signing=SigningKey.from_pem((folder / "device.key").read_bytes()),
            sealing=OpeningKey.from_bytes((folder / "device.sealing").read_bytes()),
        )

    def card(self, holder: str) -> CardContent:
        """Give what is on a resident's card."""
        return self.town.stock().content(CARDS[holder])

    def visit(self, holder: str, kiosk: Kiosk | None = None, visit_id: bytes = b"") -> Visit:
        """Begin a visit with a resident's card."""
        return Visit(self, kiosk or self.kiosk(), self.card(holder), visit_id or self.entropy.token(16))

    def put_in_force(self, settings: Settings) -> None:
        """Have the desk of the test ask these settings, and not those that the process keeps."""
        self.desk = replace(self.desk, in_force=lambda: settings)

    async def change_settings(self, process: str, old: str, new: str) -> None:
        """Have one operator enter other settings at a process, and another agree."""
        path = self.town.root / "changed.toml"
        await self.say(process, "settings-text", "--out", str(path))
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        await self.decide(process, "change-settings", "--file", str(path))

    async def say(self, process: str, *words: str, operator: str = "aoki") -> list[str]:
        """Type a command at a process's socket for operators, and give what it shows; time passes meanwhile."""
        parser = argparse.ArgumentParser()
        known = parser.add_subparsers(required=True)
        carrying: dict[str, Callable[[argparse.Namespace, Callable[[str], None]], Awaitable[None]]] = {}
        for room in (commands, issuing_commands, retention, key_commands, settings_commands):
            room.add_commands(known)
            carrying |= dict.fromkeys(set(known.choices) - set(carrying), room.carry_out)
        socket = "operators.sock" if process == "registry" else f"{self._named(process)}-operators.sock"
        command, *rest = words
        read = parser.parse_args([command, "--socket", str(self.town.run / socket), "--operator", operator, *rest])
        shown: list[str] = []
        saying = asyncio.ensure_future(carrying[command](read, shown.append))
        await self.go_on_until(saying.done)
        saying.result()
        return shown

    async def decide(self, process: str, *words: str) -> None:
        """Have one operator enter a decision and another agree to it."""
        (decision,) = await self.say(process, *words, "--reason", "a test")
        await self.say(process, "agree", decision, operator="bando")

    async def sign_acts(self, origin: str, enrolments: Iterable[Enrolment]) -> None:
        """Enrol operators' passkeys at the machine, and have each process take acts signed alone from now on."""
        everybody = tuple(enrolments)
        for process in ("issuing", "clerk", "registry"):
            await self.stop(process)
        for process in ("registry", "clerk", "issuing"):
            for one in everybody:
                assert await self.enrol_at_machine(process, one) == 0
            config = self.town.configs / f"{self._named(process)}.toml"
            text = config.read_text(encoding="utf-8")
            config.write_text(text.replace("signed = false", f'signed = true\norigin = "{origin}"'), encoding="utf-8")
            await self.start(process)
        await self.caught_up()

    async def enrol_at_machine(self, process: str, enrolment: Enrolment) -> int:
        """Type the command that puts a passkey into a process's roll, and give how it ended."""
        until = to_day(enrolment.until).isoformat()
        told = ("--person", enrolment.person, "--credential", enrolment.credential.hex(), "--until", until)
        key = ("--public-key", enrolment.public_key.hex(), "--entered-by", "x", "--approved-by", "y")
        return (await self.at_store("enrol-operator", process, *told, *key))[0]

    async def at_store(self, command: str, process: str, *words: str) -> tuple[int, list[str]]:
        """Type a command that opens a process's store, and give how it ended and what it showed."""
        parser = argparse.ArgumentParser()
        operators_roll.add_commands(parser.add_subparsers(required=True))
        config = self.town.configs / f"{self._named(process)}.toml"
        read = parser.parse_args([command, "--process", process, "--config", str(config), *words])
        shown: list[str] = []
        return await asyncio.to_thread(operators_roll.carry_out, read, shown.append, self.clock), shown

    async def mended(self, process: str) -> None:
        """Wait until a process's copy was re-taken and agrees, and both followers hold a lease again."""
        await self.go_on_until(lambda: not self.rows(process, "SELECT 1 FROM feed_break"))
        await self.caught_up()

    async def back_up(self, process: str) -> None:
        """Copy a process's store, as a backup of last night holds it; the process is started again."""
        await self.stop(process)
        self.place.back_up(self._named(process))
        await self.start(process)

    async def restore(self, process: str) -> None:
        """Put a process's backup in the place of its store, and start it."""
        await self.stop(process)
        self.place.restore(self._named(process))
        await self.start(process)

    async def start(self, process: str) -> None:
        """Start a process by its name."""
        await {"registry": self.start_registry, "issuing": self.start_issuing, "clerk": self.start_clerk}[process]()

    async def serve_lists(self) -> None:
        """Have the card issuer serve its revocation list from now on, and wait until `issuing` keeps it."""
        self.responder.lists = self.town.list_maker(self.revocations).make
        await self.fetch_lists()

    async def fetch_lists(self) -> None:
        """Let the time pass until `issuing` fetches the lists a second time: it has judged the first by then."""
        enough = self.responder.fetched + 2
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self.responder.fetched < enough:
                await self.pass_time(LIST_SECONDS)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, by a few seconds more than asked until both followers have renewed their leases."""
        await self.clock.advance(seconds)
        await self.caught_up()

    async def set_clock(self, minutes: float) -> None:
        """Set the wall clock on without waiting through the time: leases do not notice, keys turn."""
        self.clock.set_wall(self.clock.now() + round(minutes * 60_000))
        before = self.prekey
        await self.go_on_until(lambda: minutes < _PREKEY_MINUTES or self.prekey != before)

    async def caught_up(self) -> None:
        """Wait until both followers hold a lease."""
        await self.go_on_until(lambda: all(current.lease_holds() for current in self.currents))

    async def go_on_until(self, holds: Callable[[], bool]) -> None:
        """Let the clock go on by half seconds until something holds that a process does in its own turn."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.005)
                await self.clock.advance(0.5)

    def rows(self, process: str, query: str) -> list[tuple[Any, ...]]:
        """Read a process's store beside it."""
        return rows_of(self.place, self._named(process), query)

    def write(self, process: str, statement: str) -> None:
        """Change a process's store behind its back; the process has ended."""
        self.place.write(self._named(process), statement)

    def audit(self, process: str) -> list[AuditEntry]:
        """Read a process's audit log, after checking its tree."""
        look_once(address(self.place, self._named(process)), verify)
        found = self.rows(process, "SELECT entry FROM audit_entry ORDER BY position")
        return [from_bytes(AuditEntry, entry) for (entry,) in found]

    def events(self, process: str) -> list[tuple[AuditEvent, int]]:
        """Give the audit log's events and codes, but for what a process does by itself at its start."""
        return [(entry.event, entry.code) for entry in self.audit(process) if entry.event not in BY_ITSELF]

    def issuances(self) -> list[tuple[IssuanceState, Code | None]]:
        """Give the state of every number that was reserved, and why it is void."""
        found = self.rows("issuing", "SELECT state, refused FROM issuance ORDER BY number")
        return [(IssuanceState(state), None if code is None else Code(code)) for state, code in found]

    def cases(self) -> list[tuple[Any, ...]]:
        """Give the open cases: kind and kiosk."""
        return self.rows("issuing", "SELECT kind, kiosk FROM ward_case WHERE closed IS NULL ORDER BY number")

    def stops(self) -> dict[str, Code | None]:
        """Give the code of each process's stop, None where it runs."""
        found = {name: self.rows(name, "SELECT code FROM stop") for name in ("issuing", "clerk")}
        return {name: Code(stopped[0][0]) if stopped else None for name, stopped in found.items()}

    async def start_registry(self) -> None:
        """Start the registry; the first time it takes its residents over."""
        await self._start("registry", filled_registry(self.town, self.clock, self.entropy, self.listed))

    async def start_clerk(self) -> None:
        """Start the clerk."""
        config = clerk_config.read_config(self.town.configs / f"{self._named('clerk')}.toml")
        serving = clerk_main.serve(config, self.clock, self.entropy, StandingTasks(), papers=self.papers.clerk)
        self.clerk = await self._start("clerk", serving)

    async def start_issuing(self) -> None:
        """Start issuing, with a link that nobody answers: frames are handed to the use cases."""
        config = issuing_config.read_config(self.town.configs / f"{self._named('issuing')}.toml")
        serving = issuing_main.serve(
            config, self.clock, self.entropy, StandingTasks(), papers=self.papers.issuing, fresh=self.fresh
        )
        self.desk = await self._start("issuing", serving)
        await eventually(lambda: self.desk.prekeys.newest is not None)

    async def stop(self, process: str) -> None:
        """End one process."""
        ending = asyncio.create_task(self.processes.pop(process).aclose())
        while not ending.done():  # the registry lets the followers' last questions come to their end
            await self.clock.advance(1)
            await asyncio.wait((ending,), timeout=0.01)
        ending.result()

    def _named(self, process: str) -> str:
        return process if process == "registry" else f"{process}{self.suffix}"

    async def _start(self, name: str, serving: contextlib.AbstractAsyncContextManager[_T]) -> _T:
        ending = self.processes[name] = AsyncExitStack()
        return await ending.enter_async_context(serving)


@asynccontextmanager
async def open_ward(  # noqa: PLR0913 - what a test may want otherwise, named
    keys: Town,
    folder: Path,
    *,
    without: str = "",
    place: Place | None = None,
    listed: str | None = None,
    papers: WorldPapers = REAL,
    fresh: FreshKeys = SYSTEM_KEYS,
) -> AsyncIterator[Ward]:
    """Open a ward with keys that were made before, and files of its own below `folder`.

    Args:
        keys: the town.
        folder: empty; its path is short, since sockets go below it.
        without: the one process that the test runs apart: "issuing" or "clerk".
        place: where the processes keep their rows; files below `folder` otherwise.
        listed: the name of the file that the residents are taken over from, which tells its form; they are at hand
            otherwise.
        papers: what papers are made with.
        fresh: makes the keys that issuing makes for itself.
    """
    for name in ("configs", "data", "run"):
        (folder / name).mkdir(mode=0o700)
    for name in ("keys", "public"):
        (folder / name).symlink_to(keys.root / name)
    town = replace(keys, root=folder, ward=replace(keys.ward, opens=OPENS, closes=CLOSES))
    clock, entropy = SettableClock(int(NOON.timestamp()) * 1000), SeededEntropy(os.urandom(16))
    async with AsyncExitStack() as ending:
        issued = {card.serial for card in CARDS.values()} | {NEW_CARD}
        vars(town)["card_authority"] = keys.card_authority  # read once: its key takes a while to be checked
        revocations = Revocations(town.card_authority.authority, issued)
        responder = await OcspResponder.listen(town.answer_maker(revocations), clock, entropy)
        ending.push_async_callback(responder.close)
        ports = replace(free_ports(), responder=responder.port)
        kept = place or SqlitePlace(folder=town.data)
        write_configs(town, ports, store=kept.uri)
        _publish_no_console(town)
        operators = CallClient(town.run / "operators.sock", peers=frozenset({os.getuid()}))
        ending.push_async_callback(operators.close)
        ward = Ward(
            town=town,
            place=kept,
            listed=listed,
            papers=papers,
            fresh=fresh,
            clock=clock,
            entropy=entropy,
            responder=responder,
            revocations=revocations,
            ports=ports,
            operators=operators,
            entry=_entry(town),
            center=Center(key=SigningKey.from_pem((town.keys / "center" / "ticket.key").read_bytes())),
        )
        ending.push_async_callback(_stop_all, ward)
        await ward.start_registry()
        if without != "clerk":
            await ward.start_clerk()
        if without != "issuing":
            await ward.start_issuing()
        if not without:
            await ward.caught_up()
        yield ward


def _publish_no_console(town: Town) -> None:
    """Leave the console's store out of what is published: it is made when a console is opened beside the ward."""
    path = town.configs / "publishing.toml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("console = ")), "utf-8")


def _entry(town: Town) -> WardEntry:
    authority = VerifyingKey(bytes.fromhex((town.public / "directory.point").read_text("ascii")))
    directory = WardDirectory.open((town.public / "wards.directory").read_bytes(), authority, newest_seen=0)
    return directory.entry(town.ward.code)


async def _stop_all(ward: Ward) -> None:
    for process in tuple(reversed(ward.processes)):
        await ward.stop(process)
