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
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from konbini.process.calls import CallClient
from konbini.process.stores import look_once
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.errors import Code
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Ticket
from konbini.protocol.trust import WardDirectory, WardEntry
from konbini.simulation.card.applet import CardContent
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.configs import Ports, free_ports, write_configs
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.listing import write_csv, write_json_lines
from konbini.simulation.town.pki.revocations import Revocations
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.town import Town
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import main as clerk_main
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.decisions import commands
from konbini.ward_server.following.current import Current
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import main as issuing_main
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.keeping import commands as retention
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents import main as registry_main
from konbini.ward_server.residents.bodies import HouseholdPlan, Households, MemberPlace
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import Body, ChangeKind, RecordWritten, Restriction, new_change
from konbini.ward_server.residents.importing.main import take_list
from konbini.ward_server.residents.importing.takeover import Approval, Reports, import_rows
from konbini.ward_server.residents.record import Presence, ResidentRecord, unchecked_record
from konbini.ward_server.residents.registry import Found
from tests.integration.ward_server.front import DeskFront, Front
from tests.integration.ward_server.kiosk import Center, Kiosk, Visit
from tests.integration.ward_server.people import CARDS, NEW_CARD, TODAY, rows
from tests.places import Place, SqlitePlace, address, rows_of
from tests.records import removal_of, written

__all__ = ["NOON", "Ward", "eventually", "make_keys", "open_ward"]

_T = TypeVar("_T")

NOON = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
"""Noon in Japan on a Friday."""
OPENS, CLOSES = 6 * 60 + 30, 23 * 60
"""Minutes of the day in Japan."""
LIST_SECONDS = 600
"""How often the town's wards fetch revocation lists."""
_PREKEY_MINUTES = 10
_PATIENCE_SECONDS = 20.0


def make_keys(folder: Path) -> Town:
    """Make the town's keys, certificates and lists, for the wards of one test session."""
    clock = SettableClock(int(NOON.timestamp()) * 1000)
    return make_town(folder, clock, SeededEntropy(1), seed=5, residents=200, kiosks=2)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what other tasks and threads bring about."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - other threads and real processes set no event here
            await asyncio.sleep(0.005)


_BY_ITSELF = frozenset(event for event in AuditEvent if event.name.endswith("RETENTION_JUDGED"))


@dataclass(slots=True, kw_only=True)
class Ward:
    """A running ward and whoever speaks with it."""

    town: Town
    place: Place
    listed: str | None
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
    def known(self) -> frozenset[str]:
        """The residents of whom the registry has a record."""
        return frozenset(resident for (resident,) in self.rows("registry", "SELECT DISTINCT resident FROM record"))

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

    async def change(self, kind: ChangeKind, resident: str, body: Body, seen: int, effective: int = TODAY) -> None:
        """Have one operator enter a change and another approve it; it is in force at every follower then."""
        change = new_change(kind, resident, body, seen=seen, effective=effective, source="届書")
        entered = await self.operators.call(OperatorMethod.ENTER, "aoki", change.to_bytes())
        approve = self.operators.call(OperatorMethod.APPROVE, "bando", entered, within=_PATIENCE_SECONDS)
        approving = asyncio.create_task(approve)
        while not (await asyncio.wait((approving,), timeout=0.3))[0]:
            await self.clock.advance(1)  # a follower that lost the registry for a moment waits for this
        approving.result()

    async def record(self, resident: str) -> ResidentRecord:
        """Give a resident's record as the registry has it now."""
        found = await self.operators.call(OperatorMethod.LOOK_UP, "aoki", resident, "照会")
        assert isinstance(found, bytes)
        return unchecked_record(from_bytes(Found, found).record)

    async def rewrite(self, resident: str, **changes: object) -> None:
        """Correct a resident's record, or enter a new one's."""
        if resident in self.known:
            record = await self.record(resident)
            fresh = replace(record, version=record.version + 1, individual_number=None, **changes)  # type: ignore[arg-type] # fields by name
            kind, seen = ChangeKind.CORRECTION, record.version
        else:
            fresh, kind, seen = written(resident, **changes), ChangeKind.BIRTH, 0
        await self.change(kind, resident, RecordWritten(record=fresh, individual_number=None), seen)

    async def remove(self, resident: str, reason: Presence = Presence.MOVED_OUT) -> None:
        """Remove a resident's record; the next in order heads those who stay."""
        gone = await self.record(resident)
        remaining = await self.headed_anew(gone) if gone.relationship == "世帯主" else ()
        kind, body = removal_of(reason, remaining)
        await self.change(kind, resident, body, gone.version)

    async def split_off(self, resident: str, household: str) -> None:
        """Have somebody leave for a household of their own, at the same address."""
        leaver = await self.record(resident)
        alone = MemberPlace(resident=resident, seen=leaver.version, order=1, relationship="世帯主")
        plans = (
            HouseholdPlan(household=leaver.household, members=await self.headed_anew(leaver)),
            HouseholdPlan(household=household, members=(alone,)),
        )
        await self.change(ChangeKind.HOUSEHOLD_SPLIT, resident, Households(households=plans), leaver.version)

    async def headed_anew(self, leaver: ResidentRecord) -> tuple[MemberPlace, ...]:
        """Give how a household stands without one member: headed by the next in order where the head goes."""
        records = [await self.record(one) for one in sorted(self.known - {leaver.resident})]
        staying = [one for one in records if one.household == leaver.household and one.presence is Presence.PRESENT]
        headed = leaver.relationship != "世帯主"
        staying.sort(key=lambda one: one.order)
        return tuple(
            MemberPlace(
                resident=one.resident,
                seen=one.version,
                order=one.order,
                relationship=one.relationship if headed else "子" if place else "世帯主",
            )
            for place, one in enumerate(staying)
        )

    async def protect(self, resident: str) -> None:
        """Set a protective measure."""
        await self.change(ChangeKind.MEASURE_SET, resident, Restriction(name="S-2026-0099", planned_end=None), 0)

    async def say(self, process: str, *words: str, operator: str = "aoki") -> list[str]:
        """Type a command at a process's socket for operators, and give what it shows; time passes meanwhile."""
        parser = argparse.ArgumentParser()
        known = parser.add_subparsers(required=True)
        commands.add_commands(known)
        decisions = set(known.choices)
        retention.add_commands(known)
        socket = "operators.sock" if process == "registry" else f"{self._named(process)}-operators.sock"
        command, *rest = words
        read = parser.parse_args([command, "--socket", str(self.town.run / socket), "--operator", operator, *rest])
        shown: list[str] = []
        carry_out = commands.carry_out if command in decisions else retention.carry_out
        saying = asyncio.create_task(carry_out(read, shown.append))
        await self.go_on_until(saying.done)
        saying.result()
        return shown

    async def decide(self, process: str, *words: str) -> None:
        """Have one operator enter a decision and another agree to it."""
        (decision,) = await self.say(process, *words, "--reason", "a test")
        await self.say(process, "agree", decision, operator="bando")

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
        """Read a process's audit log, after checking its chain."""
        look_once(address(self.place, self._named(process)), verify)
        found = self.rows(process, "SELECT entry FROM audit_entry ORDER BY position")
        return [from_bytes(AuditEntry, entry) for (entry,) in found]

    def events(self, process: str) -> list[tuple[AuditEvent, int]]:
        """Give the audit log's events and codes, but for what a process judges by itself at its start."""
        return [(entry.event, entry.code) for entry in self.audit(process) if entry.event not in _BY_ITSELF]

    def issuances(self) -> list[tuple[IssuanceState, Code | None]]:
        """Give the state of every number that was reserved, and why it is void."""
        found = self.rows("issuing", "SELECT state, refused FROM issuance ORDER BY number")
        return [(IssuanceState(state), None if code is None else Code(code)) for state, code in found]

    def cases(self) -> list[tuple[Any, ...]]:
        """Give the open cases: kind and kiosk."""
        return self.rows("issuing", "SELECT kind, kiosk FROM open_case ORDER BY number")

    def stops(self) -> dict[str, Code | None]:
        """Give the code of each process's stop, None where it runs."""
        found = {name: self.rows(name, "SELECT code FROM stop") for name in ("issuing", "clerk")}
        return {name: Code(stopped[0][0]) if stopped else None for name, stopped in found.items()}

    async def start_registry(self) -> None:
        """Start the registry; the first time it takes its residents over."""
        await self._start("registry", _registry(self.town, self.clock, self.entropy, self.listed))

    async def start_clerk(self) -> None:
        """Start the clerk."""
        config = clerk_config.read_config(self.town.configs / f"{self._named('clerk')}.toml")
        self.clerk = await self._start("clerk", clerk_main.serve(config, self.clock, self.entropy, StandingTasks()))

    async def start_issuing(self) -> None:
        """Start issuing, with a link that nobody answers: frames are handed to the use cases."""
        config = issuing_config.read_config(self.town.configs / f"{self._named('issuing')}.toml")
        self.desk = await self._start("issuing", issuing_main.serve(config, self.clock, self.entropy, StandingTasks()))
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
async def open_ward(
    keys: Town, folder: Path, *, without: str = "", place: Place | None = None, listed: str | None = None
) -> AsyncIterator[Ward]:
    """Open a ward with keys that were made before, and files of its own below `folder`.

    Args:
        keys: the town.
        folder: empty; its path is short, since sockets go below it.
        without: the one process that the test runs apart: "issuing" or "clerk".
        place: where the processes keep their rows; files below `folder` otherwise.
        listed: the name of the file that the residents are taken over from, which tells its form; they are at hand
            otherwise.
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
        ports = replace(free_ports(), responder=responder.port, page=0)
        kept = place or SqlitePlace(folder=town.data)
        write_configs(town, ports, store=kept.uri)
        operators = CallClient(town.run / "operators.sock", peers=frozenset({os.getuid()}))
        ending.push_async_callback(operators.close)
        ward = Ward(
            town=town,
            place=kept,
            listed=listed,
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


@asynccontextmanager
async def _registry(
    town: Town, clock: SettableClock, entropy: SeededEntropy, listed: str | None
) -> AsyncIterator[None]:
    path = town.configs / "registry.toml"
    approval = Approval(entered_by="aoki", approved_by="bando", source="a list for tests")
    if listed is not None and not (town.root / listed).exists():
        await _take_file(town, town.root / listed, clock, entropy, approval)
    config = registry_config.read_config(path)
    async with registry_main.open_registry(config, clock, entropy) as rooms:
        if not (await rooms.store.read(lambda reading: reading.position())).number:
            residents = rows(town.card_authority)
            await import_rows(rooms.store, rooms.vault, rooms.pen, clock, residents, approval=approval)
        async with registry_main.serve(config, rooms, clock):
            yield


async def _take_file(town: Town, file: Path, clock: SettableClock, entropy: SeededEntropy, approval: Approval) -> None:
    residents = rows(town.card_authority)
    if file.suffix == ".csv":
        write_csv(file, residents)
    else:
        write_json_lines(file, residents)
    config = town.configs / "registry.toml"
    reports = Reports()
    await take_list(config, file, clock, entropy, approval=approval, sha256=None, processes=0, reports=reports)


def _entry(town: Town) -> WardEntry:
    authority = VerifyingKey(bytes.fromhex((town.public / "directory.point").read_text("ascii")))
    directory = WardDirectory.open((town.public / "wards.directory").read_bytes(), authority, newest_seen=0)
    return directory.entry(town.ward.code)


async def _stop_all(ward: Ward) -> None:
    for process in tuple(reversed(ward.processes)):
        await ward.stop(process)
