"""The house that is watched: a store's live view as `issuing` serves it, the console, its people at their browsers.

Built as in a ward: the console is a process of its own over a store of its own and asks over the operators' socket.
Its people were entered by two and enrol themselves. Limits: the clerk is not there, and is said to be well; the kiosks
have said one STATE each.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from konbini.process.calls import CallServer, Handler
from konbini.process.clock import Clock, SystemClock, to_seconds
from konbini.process.entropy import SystemEntropy
from konbini.process.measures.ports import NoMeasures
from konbini.process.tasks import StandingTasks
from konbini.process.traces.ports import NoTraces
from konbini.protocol.codec import Value
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.service import Condition, State
from konbini.simulation.bench.side_process import side_process
from konbini.simulation.bench.ward.stores import IssuingStore, WardKeys
from konbini.simulation.bench.watched.readers import Seat, Seats
from konbini.simulation.demo.processes import Service, running
from konbini.simulation.town.configs import free_ports, write_configs
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.populate import FEWEST
from konbini.simulation.town.town import Town
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.clerk.calls import ClerkCondition
from konbini.ward_server.console import main as console
from konbini.ward_server.console.config import ConsoleConfig, read_config
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import MACHINE, StaffChange, StaffKind
from konbini.ward_server.console.staff_desk import StaffDesk
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.upkeep import Upkeep
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.desk import Question
from konbini.ward_server.issuing.health import HealthNow
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.issuing.steps import OrderSteps
from konbini.ward_server.issuing.view import ViewMethod
from konbini.ward_server.issuing.watching import Watching
from konbini.ward_server.residents.dates import today
from konbini.ward_server.settings.reading import read_settings_of
from konbini.ward_server.settings.settings import Settings

__all__ = ["Asked", "House", "live_handlers", "open_house"]

_SEED: Final = 7
_A_MONTH: Final = 31 * 24 * 3600 * 1000
_READY_SECONDS: Final = 120.0
_READERS: Final = "konbini.simulation.bench.watched.readers"
_LONGEST_LINE: Final = 1 << 20


@dataclass(slots=True)
class Asked:
    """How often the live view was asked for, and the seconds that each answer took."""

    seconds: list[float] = field(default_factory=list)

    def timing(self, handlers: Mapping[int, Handler]) -> Mapping[int, Handler]:
        """Give the same methods; each answer of the live view is timed."""
        live = handlers[ViewMethod.LIVE]

        async def timed(arguments: Sequence[Value]) -> Value:
            began = time.perf_counter()
            answer = await live(arguments)
            self.seconds.append(time.perf_counter() - began)
            return answer

        return {**handlers, ViewMethod.LIVE: timed}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What the live view is made of."""

    ward: str
    ledger: Ledger
    copy: ResidentCopy
    current: Current
    upkeep: Upkeep
    settings: Settings
    register: KioskRegister
    clock: Clock
    steps: OrderSteps

    def now(self) -> Question:
        """Read the clock, and what is in force."""
        return Question(milliseconds=self.clock.now(), settings=self.settings)


class House:
    """A console with its people, who watch or rest."""

    def __init__(self, console_pid: int, readers: asyncio.subprocess.Process, asked: Asked) -> None:
        self.console_pid = console_pid
        self.asked = asked
        self._readers = readers

    @property
    def readers_pid(self) -> int:
        """The browsers' process."""
        return self._readers.pid

    async def enter(self, seats: Seats) -> None:
        """Let each enrol and sign in.

        Raises:
            ConnectionError: somebody does not get in.
            TimeoutError: it takes too long.
        """
        await self._ask(seats.to_json())

    async def watch(self) -> None:
        """Have all of them open the live page; done when each has its first board.

        Raises:
            ConnectionError, TimeoutError: as `enter`.
        """
        await self._ask("watch")

    async def rest(self) -> Sequence[int]:
        """Have all of them close it, and give how many boards each was sent.

        Raises:
            ConnectionError, TimeoutError: as `enter`.
        """
        answer: Sequence[int] = await self._ask("rest")
        return answer

    async def _ask(self, line: str) -> Any:  # noqa: ANN401 - JSON
        wanted, said = self._readers.stdin, self._readers.stdout
        assert wanted is not None  # noqa: S101 - it is a pipe
        assert said is not None  # noqa: S101 - the same
        wanted.write(line.encode() + b"\n")
        async with asyncio.timeout(_READY_SECONDS):
            answer = await said.readline()
        if not answer:
            raise ConnectionError("the browsers ended")
        return json.loads(answer)


@asynccontextmanager
async def open_house(
    folder: Path, store: IssuingStore, keys: WardKeys, *, kiosks: int, people: int
) -> AsyncIterator[House]:
    """Have so many people signed in at a console, who rest at first.

    Args:
        folder: of its files; its path is short, since sockets go below it.
        store: whose live view is shown.
        keys: of the ward.
        kiosks: how many the ward has, named K-0001 and on.
        people: how many.

    Raises:
        DidNotStartError: the console does not start.
        ConnectionError, TimeoutError: somebody does not get in.
        Exception: what a store raises; nothing of it should.
    """
    clock = SystemClock()
    town = make_town(folder, clock, SystemEntropy(), seed=_SEED, residents=FEWEST, kiosks=kiosks)
    write_configs(town, free_ports(), behind_proxy=True)
    config = read_config(town.configs / "console.toml")
    asked = Asked()
    async with AsyncExitStack() as ending:
        handlers = asked.timing(await live_handlers(town, store, keys, clock))
        serving = await CallServer.listen(config.issuing.path, handlers, peers=frozenset({os.getuid()}))
        ending.push_async_callback(serving.close)
        seats = await _people(config, clock, people)
        process = await ending.enter_async_context(
            running(
                Service(name="console", module="konbini.ward_server.console", config=town.configs / "console.toml"),
                run=town.run,
                logs=town.data,
            )
        )
        house = House(
            process.pid,
            await ending.enter_async_context(side_process(_READERS, longest_line=_LONGEST_LINE)),
            asked,
        )
        await house.enter(seats)
        yield house


async def live_handlers(town: Town, store: IssuingStore, keys: WardKeys, clock: Clock) -> Mapping[int, Handler]:
    """Give the methods of `issuing` that read, over a store and the kiosks of a town."""
    desk = _Desk(
        ward=keys.municipality,
        ledger=store.ledger,
        copy=store.copy,
        current=store.current,
        upkeep=store.upkeep,
        settings=read_settings_of(town.configs / "ward.toml", keys.municipality),
        register=_register(town),
        clock=clock,
        steps=OrderSteps(NoMeasures(), NoTraces(), clock),
    )
    states = KioskStates(desk)
    for kiosk in town.kiosks:
        device = SigningKey.from_pem((town.keys / "kiosks" / kiosk / "device.key").read_bytes())
        await states.take(kiosk, _state(kiosk, to_seconds(clock.now())).sign(device))
    number = (await store.copy.position()).number

    async def clerk() -> ClerkCondition:
        return ClerkCondition(
            stopped=0,
            broken=0,
            current=True,
            number=number,
            outage_ends=0,
            reconciled=clock.now(),
            differences=0,
            stamps=None,
        )

    watching = Watching(
        desk,
        store.rows,
        keys.hashes,
        states=states,
        health=HealthNow(desk, clerk=clerk, link_up=lambda: True),
        frames=lambda: 0,
    )
    return watching.handlers()


def _register(town: Town) -> KioskRegister:
    authority = VerifyingKey(bytes.fromhex((town.public / "enrolment.point").read_text("ascii")))
    return KioskRegister([(town.public / f"{kiosk}.enrolment").read_bytes() for kiosk in town.kiosks], authority)


def _state(kiosk: str, now: int) -> State:
    good = Condition.GOOD
    return State(kiosk=kiosk, reader=good, printer=good, paper=good, coins=good, version="1", at=now, fault=0, left=0)


async def _people(config: ConsoleConfig, clock: Clock, count: int) -> Seats:
    """Enter people and terminals at a console that nobody else has open yet.

    The first administrator enters the others, and the machine agrees, as on a console's first day.
    """
    tasks = StandingTasks()
    async with console.serve(config, clock, SystemEntropy(), tasks) as first_day:
        staff, day = first_day.staff, today(clock.now())
        first = "o-01"
        code, terminal = await staff.name_first(first, first, first)
        seats = [Seat(person=first, code=code, terminal=terminal, english=False)]
        for number in range(2, count + 1):
            person = f"o-{number:02d}"
            seats.append(
                await _seat(staff, first, person, (day, today(clock.now() + _A_MONTH)), english=number % 2 == 0)
            )
    return Seats(origin=config.origin, port=config.port, seats=tuple(seats))


async def _seat(staff: StaffDesk, first: str, person: str, days: tuple[int, int], *, english: bool) -> Seat:
    change = StaffChange(
        kind=StaffKind.ENROL, person=person, name=person, roles=(Role.MAINTENANCE,), begins=days[0], ends=days[1]
    )
    change_id, half = await staff.enter(first, change)
    code = half + await staff.agree(MACHINE, change_id)
    return Seat(person=person, code=code, terminal=await staff.terminal_code(first, person), english=english)
