"""The parts of a kiosk as small honest programs: a card on a reader, coins, a printer, the long-lived process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

from konbini.kiosk.card.ports import CardSession, Presence
from konbini.kiosk.channel.messages import (
    Answered,
    Concluded,
    Devices,
    FailedCheck,
    Left,
    Opened,
    OrderStep,
    Question,
    WardOnOffer,
    WardsOnOffer,
)
from konbini.kiosk.payment.amounts import Settlement
from konbini.kiosk.payment.ports import Asking, CashState
from konbini.kiosk.printing.outcome import Claim, Observation, judge
from konbini.kiosk.printing.ports import (
    Judged,
    PageHanded,
    PagePrinted,
    PrinterState,
    PrinterStatus,
    PrintProgress,
    Settled,
)
from konbini.protocol.codec import decode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.keys import algorithm_of, sign_message
from konbini.simulation.cash import machine
from konbini.simulation.cash.coins import Coins
from tests.unit.kiosk.visit.far_side import FarSide

__all__ = ["CoinBox", "HostSide", "PaperPrinter", "Reader", "check_paper"]


class Reader:
    """A reader, and what a card on it does: a PIN with three tries, an RSA key."""

    def __init__(self, content: CardContent) -> None:
        self.content = content
        self.tries = 3
        self.needs_pin = True
        self.held: _Held | None = None
        self.pins: list[bytearray] = []
        """The very buffers that were handed over."""
        self.fault: Code | None = None
        self.signing_fault: Code | None = None
        self.gate = asyncio.Event()
        """Shut, the card thinks."""
        self.gate.set()

    async def open(self) -> CardSession:
        """Hold the card; another hold on it is a defect of the caller."""
        if self.held is not None:
            raise Refused(Code.READER_UNAVAILABLE, "held by somebody")
        if self.fault is not None:
            raise Refused(self.fault)
        self.held = _Held(self)
        await self.gate.wait()
        return self.held

    async def presence(self) -> AsyncGenerator[Presence, None]:
        """Say that a card lies there."""
        yield Presence(reader=True, card=True)


class _Held:
    """A card that is held."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def certificate(self) -> bytes:
        return self._reader.content.auth_certificate

    @property
    def algorithm(self) -> int:
        return algorithm_of(self._reader.content.auth_key)

    @property
    def needs_pin(self) -> bool:
        return self._reader.needs_pin

    @property
    def pin_digits(self) -> int:
        return len(self._reader.content.pin)

    @property
    def tries_left(self) -> int:
        return self._reader.tries

    async def verify_pin(self, pin: bytearray) -> None:
        self._reader.pins.append(pin)
        digits = bytes(pin)
        pin[:] = bytes(len(pin))
        await self._reader.gate.wait()
        if digits != self._reader.content.pin:
            self._reader.tries -= 1
            raise Refused(Code.PIN_WRONG if self._reader.tries else Code.PIN_LOCKED)

    async def sign(self, message: bytes) -> bytes:
        if self._reader.signing_fault is not None:
            raise Refused(self._reader.signing_fault)
        return sign_message(self._reader.content.auth_key, message)

    async def close(self) -> None:
        self._reader.held = None


class CoinBox:
    """The coin device's own steps, without its wire."""

    def __init__(self) -> None:
        self.machine = machine.Machine(hopper=Coins.of(*(100,) * 20))
        self.stuck = False
        self.dead: set[str] = set()
        """The commands that are not carried out."""
        self.death = Code.CASH_UNAVAILABLE
        """How the caller hears of it."""
        self._moved = asyncio.Event()

    def drop(self, *pieces: int) -> None:
        """Drop coins into the slot."""
        for piece in pieces:
            self.machine = machine.insert(self.machine, piece)
        self._wake()

    async def state(self) -> CashState:
        """See `Cash`."""
        return CashState(asking=self.machine.asking, counts=self.machine.counts, faults=frozenset())

    async def ask(self, amount: int, key: bytes) -> None:
        """See `Cash`."""
        self._answer("ask")
        self._do(lambda: machine.ask(self.machine, amount, key))
        self._wake()

    async def inserted(self, key: bytes) -> AsyncGenerator[Asking, None]:
        """See `Cash`."""
        while True:
            self._answer("inserted")
            asking = self.machine.asking
            if asking is None or asking.key != key:
                raise Refused(Code.CASH_UNAVAILABLE, "not the open asking")
            yield asking
            if asking.enough:
                return
            await self._moved.wait()

    async def capture(self, key: bytes, fee: int) -> Settlement:
        """See `Cash`."""
        self._answer("capture")
        return self._end(key, lambda: machine.capture(self.machine, key, fee, stuck=self.stuck))

    async def carry(self, key: bytes, fee: int, following: bytes) -> Settlement:
        """See `Cash`."""
        self._answer("capture")
        return self._end(key, lambda: machine.carry(self.machine, key, fee, following))

    async def give_back(self, key: bytes) -> Settlement:
        """See `Cash`."""
        self._answer("give back")
        return self._end(key, lambda: machine.give_back(self.machine, key, stuck=self.stuck))

    def _answer(self, word: str) -> None:
        if word in self.dead:
            raise Refused(self.death, word)

    def _end(self, key: bytes, step: object) -> Settlement:
        self._do(step)
        while self.machine.payout is not None:
            self.machine = machine.drop_coin(self.machine)
        settlement = self.machine.end_of(key)
        assert settlement is not None
        return settlement

    def _do(self, step: object) -> None:
        assert callable(step)
        try:
            self.machine = step()
        except machine.Said as said:
            raise Refused(Code.CASH_UNAVAILABLE, said.word) from said

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


@dataclass(slots=True, kw_only=True)
class PaperPrinter:
    """A printer with a counter; it stops after `jam_after` pages, or loses its count.

    `cut` breaks the way to it off after so many pages handed, whatever comes out.
    """

    impressions: int = 100
    jam_after: int | None = None
    paper: bool = True
    forgets: bool = False
    cut: int | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    sheets: list[bytes] = field(default_factory=list)
    jobs: int = 0

    def __post_init__(self) -> None:
        """Begin with the gate open."""
        self.gate.set()

    async def status(self) -> PrinterStatus:
        """See `Printer`."""
        reasons = frozenset() if self.paper else frozenset({"media-empty"})
        return PrinterStatus(
            state=PrinterState.IDLE, reasons=reasons, impressions=self.impressions, jobs_held=0, accepting=True
        )

    async def ready(self) -> PrinterStatus:
        """See `Printer`."""
        return await self.status()

    async def print_document(
        self, pdf: bytes | bytearray | memoryview, pages: int, before: int
    ) -> AsyncGenerator[PrintProgress, None]:
        """See `Printer`."""
        if not self.paper:
            raise Refused(Code.PAPER_OUT)
        if self.impressions != before:
            raise Refused(Code.PRINTER_UNAVAILABLE, "the counter moved")
        self.jobs += 1
        faults: frozenset[str] = frozenset()
        for page in range(1, pages + 1):
            await self.gate.wait()
            yield PageHanded(page=page, pages=pages)
            if self.cut == page:
                raise OSError("the way to the printer broke")
            if self.jam_after is not None and page > self.jam_after:
                faults = frozenset({"media-jam"})
                break
            self.impressions += 1
            self.sheets.append(bytes(pdf))
            yield PagePrinted(page=page, pages=pages)
        if self.forgets:
            self.impressions += 7
        claim = Claim(before=before, due=pages, sent=True, fault_seen=bool(faults))
        yield Judged(settled=self._judged(claim, faults))

    async def settle(self, claim: Claim) -> Settled:
        """See `Printer`."""
        return self._judged(claim, frozenset())

    def _judged(self, claim: Claim, faults: frozenset[str]) -> Settled:
        outcome = judge(claim, Observation(impressions=self.impressions, settled=True))
        return Settled(outcome=outcome, before=claim.before, after=self.impressions, faults=faults)


class HostSide:
    """The long-lived process: devices, wards, the link, and a journal that can be read."""

    def __init__(self, far: FarSide) -> None:
        self.far = far
        self.steps: list[OrderStep] = []
        self.visits: list[Opened] = []
        self.ends: list[Concluded] = []
        self.left_things: list[Left] = []
        self.failures: list[FailedCheck] = []
        self.refuses_journal: Code | None = None
        self.gone = False
        self.ward_hears = True
        self._devices = Devices(serial=1, reader=True, card=False, paper_in_tray=False, coins_in_dish=False, fault=0)
        self._offer = WardOnOffer(
            ward=far.entry.ward,
            name="見本区",
            name_english="Mihon",
            opens=0,
            closes=1440,
            code=0,
            reopens=None,
            maintenance=None,
            kinds=(),
        )
        self._news = asyncio.Event()

    def see(self, **parts: bool | int) -> None:
        """Change what the devices say."""
        self._devices = replace(self._devices, serial=self._devices.serial + 1, **parts)  # type: ignore[arg-type]
        self._wake()

    def close_ward(self, code: Code) -> None:
        """Let the ward's notice say that it cannot be asked."""
        self._offer = replace(self._offer, code=int(code))
        self.see()

    def hang_up(self) -> None:
        """End, as by kill -9."""
        self.gone = True
        self._wake()

    async def turn(self) -> bool:
        """See `Host`."""
        return True

    async def devices(self, after: int, wait_seconds: int) -> Devices:
        """See `Host`; waits for news without an end, as a test's clock stands still."""
        while self._devices.serial <= after and not self.gone and wait_seconds:
            await self._news.wait()
        if self.gone:
            raise ConnectionError
        return self._devices

    async def wards(self) -> WardsOnOffer:
        """See `Host`."""
        return WardsOnOffer(wards=(self._offer,))

    async def prekey(self, ward: str) -> bytes:
        """See `Host`."""
        assert ward == self.far.entry.ward
        return self.far.prekey()

    async def exchange(self, question: Question) -> Answered:
        """See `Host`."""
        return await self.far.exchange(question)

    async def opened(self, opened: Opened) -> None:
        """See `Host`."""
        self.visits.append(opened)

    async def step(self, step: OrderStep) -> None:
        """See `Host`."""
        self.steps.append(step)

    async def concluded(self, concluded: Concluded) -> None:
        """See `Host`."""
        if self.refuses_journal is not None:
            raise Refused(self.refuses_journal, "the journal")
        self.ends.append(concluded)

    async def left(self, left: Left) -> None:
        """See `Host`."""
        self.left_things.append(from_bytes(Left, to_bytes(left)))  # as it crosses the channel

    async def failed(self, failed: FailedCheck) -> None:
        """See `Host`."""
        self.failures.append(from_bytes(FailedCheck, to_bytes(failed)))

    async def told(self, visit_id: bytes, ordinal: int, wait_seconds: int) -> bool:
        """See `Host`; the ward hears at once of every order that ended."""
        assert wait_seconds
        return (visit_id, ordinal) in {(end.visit_id, end.ordinal) for end in self.ends} and self.ward_hears

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def check_paper(  # noqa: PLR0913 - the port has as many
    pdf: bytes | memoryview, *, authorities: Sequence[bytes], moment: int, number: str, binding: bytes, pages: int
) -> None:
    """Check a paper of these tests: its number, binding and pages."""
    del authorities, moment
    if decode(bytes(pdf), 4096) != [number, binding, pages]:
        raise Refused(Code.DOCUMENT_INVALID, "another paper")
