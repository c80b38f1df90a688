"""A resident's seat before a visit: the screen as it is shown, hands to act, and every part of the kiosk at reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from konbini.kiosk.payment.amounts import CashCounts
from konbini.kiosk.session.action import (
    Action,
    Agree,
    ChooseKind,
    ChooseLanguage,
    ChooseOptions,
    ChooseScope,
    ChooseWard,
    Confirm,
    EnterPin,
)
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.view import View
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.secret import SecretMemory
from konbini.kiosk.visit.tools import Tools
from konbini.kiosk.visit.visit import Visit
from konbini.kiosk.visit.work import Work
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.protocol.trust import WardDirectory
from konbini.simulation.card.applet import CardContent
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from tests.unit.kiosk.session.atlas import Atlas
from tests.unit.kiosk.visit.far_side import WARD, FarSide
from tests.unit.kiosk.visit.parts import CoinBox, HostSide, PaperPrinter, Reader, check_paper

__all__ = ["NOON", "Glass", "Seat", "seated"]

NOON = 1_764_558_000_000
_REAL_SECONDS = 5.0


class Glass:
    """A screen that keeps what it showed."""

    def __init__(self) -> None:
        self.shown: list[View] = []
        self.actions: asyncio.Queue[Action] = asyncio.Queue()

    async def show(self, view: View) -> None:
        """See `Screen`."""
        self.shown.append(view)

    async def next_action(self) -> Action:
        """See `Screen`."""
        return await self.actions.get()


@dataclass(slots=True, kw_only=True)
class Seat:
    """One visit under way."""

    clock: SettableClock
    far: FarSide
    host: HostSide
    reader: Reader
    cash: CoinBox
    printer: PaperPrinter
    glass: Glass
    course: Course
    work: Work
    running: asyncio.Task[None]

    @property
    def view(self) -> View:
        """The screen now."""
        return self.glass.shown[-1]

    @property
    def counts(self) -> CashCounts:
        """The coin device's count."""
        return self.cash.machine.counts

    async def until(self, *states: State) -> View:
        """Wait until the screen is one of these."""
        async with asyncio.timeout(_REAL_SECONDS):
            while self.view.state not in states:
                if self.running.done():
                    self.running.result()
                    raise AssertionError(f"over at {self.view.state}")
                await asyncio.sleep(0)
        return self.view

    def act(self, action: Action) -> None:
        """Do something on the screen."""
        self.glass.actions.put_nowait(action)

    async def over(self) -> None:
        """Wait until the visit has ended by itself."""
        async with asyncio.timeout(_REAL_SECONDS):
            await self.running

    async def to_ward(self) -> None:
        """Go from the start to the question which municipality."""
        await self.until(State.START)
        self.act(ChooseLanguage(language=Language.ENGLISH))
        await self.until(State.NOTICE)
        self.act(Agree())
        await self.until(State.WARD)

    async def to_pin(self) -> None:
        """Go from the start to the PIN."""
        await self.to_ward()
        self.act(ChooseWard(code=WARD))
        await self.until(State.CARD)
        self.host.see(card=True)
        await self.until(State.PIN)

    def type_pin(self, digits: bytes = b"1234") -> bytearray:
        """Type a PIN; returns the buffer."""
        buffer = bytearray(digits)
        self.act(EnterPin(pin=buffer))
        return buffer

    async def to_kind(self) -> None:
        """Go on to the first question, the card back in hand."""
        await self.to_pin()
        self.type_pin()
        await self.until(State.TAKE_CARD)
        self.host.see(card=False)
        await self.until(State.KIND)

    async def choose(self) -> None:
        """Answer the questions; ends at the payment."""
        await self.until(State.KIND)
        self.act(ChooseKind(kind=CertificateKind.RESIDENT_RECORD))
        await self.until(State.SCOPE)
        self.act(ChooseScope(scope=Scope.SELF))
        await self.until(State.OPTIONS)
        self.act(ChooseOptions(options=Options(0)))
        await self.until(State.CHECK)
        self.act(Confirm())

    async def to_pay(self) -> None:
        """Go from the start to the open slot."""
        await self.to_kind()
        await self.choose()
        await self.slot_open()

    async def slot_open(self) -> None:
        """Wait until coins can be dropped."""
        await self.until(State.PAY)
        async with asyncio.timeout(_REAL_SECONDS):
            while self.cash.machine.asking is None:  # noqa: ASYNC110 - the device has no bell for it
                await asyncio.sleep(0)

    def nothing_left(self) -> None:
        """Hold that neither the course nor a part of the work holds anything of a resident, nor the reader a card."""
        fresh = Course(
            devices=self.course.devices, wards=self.course.wards, places=self.course.places, state=State.WIPING
        )
        for name in Course.__slots__:
            assert getattr(self.course, name) == getattr(fresh, name), name
        for part in (self.work._proving, self.work._ordering, self.work._listing):
            held = {name for name, value in vars(part).items() if value is not None}
            assert held == {"_tools", "_course", "_report"}
        assert self.reader.held is None
        assert all(not any(pin) for pin in self.reader.pins)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.advance(seconds)
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def seated(content: CardContent) -> AsyncIterator[Seat]:
    """Begin a visit; whatever is left of it ends with the context."""
    clock = SettableClock(NOON)
    far = FarSide(clock)
    host, reader, cash, printer, glass = HostSide(far), Reader(content), CoinBox(), PaperPrinter(), Glass()
    course = Course(devices=await host.devices(0, 0), wards=(await host.wards()).wards, places=Atlas())
    tools = Tools(
        device=far.device,
        directory=WardDirectory(version=1, issued=0, wards=(far.entry,)),
        host=host,
        reader=reader,
        printer=printer,
        cash=cash,
        verify=check_paper,
        memory=SecretMemory.map(4096),
        clock=clock,
        entropy=SeededEntropy(1),
    )
    work = Work(tools, course)
    visit = Visit(course=course, screen=glass, host=host, work=work, clock=clock)
    running = asyncio.create_task(visit.run())
    while not glass.shown:  # noqa: ASYNC110 - nor has the screen
        await asyncio.sleep(0)
    try:
        yield Seat(
            clock=clock,
            far=far,
            host=host,
            reader=reader,
            cash=cash,
            printer=printer,
            glass=glass,
            course=course,
            work=work,
            running=running,
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
