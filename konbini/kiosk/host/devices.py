"""The devices, watched: card reader, printer, coin device, paper exit, headphone jack. What visits and STATE are told.

A device that does not answer is a fault, and so is one that cannot be asked: out of service, and back by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from konbini.kiosk.card.ports import CardReader, Presence
from konbini.kiosk.channel.messages import Devices
from konbini.kiosk.payment.ports import Cash, CashFault
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.ports import Printer, check_faultless
from konbini.kiosk.speech.jack import Jack
from konbini.process.clock import Clock
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures, NoMeasures
from konbini.protocol.errors import Code, Refused
from konbini.protocol.service import Condition

__all__ = ["Conditions", "DeviceWatch"]

_POLL_SECONDS = 0.5
_SLOW_POLL_SECONDS = 2.0
_OF_PAPER = frozenset((Code.PAPER_OUT, Code.WRONG_PAPER))
_JACK_SECONDS = 0.2
"""Pulled out, nothing personal may go on aloud: asked more often than what nobody hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the parts are, as STATE says it."""

    reader: Condition = Condition.ABSENT
    printer: Condition = Condition.ABSENT
    paper: Condition = Condition.ABSENT
    coins: Condition = Condition.ABSENT


class DeviceWatch:
    """Asks the devices in turns; the newest answer counts."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        reader: CardReader,
        printer: Printer,
        cash: Cash,
        paper_exit: PaperExit,
        clock: Clock,
        jack: Jack | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._reader = reader
        self._printer = printer
        self._cash = cash
        self._exit = paper_exit
        self._clock = clock
        self._jack = jack
        self._measures = measures or NoMeasures()
        self._headphones = False
        self._presence = Presence(reader=False, card=False)
        self._paper_in_tray = self._coins_in_dish = False
        self._faults: dict[str, Code] = {"reader": Code.READER_UNAVAILABLE}
        self._changed = asyncio.Event()
        self.conditions = Conditions()
        self.devices = Devices(
            serial=1,
            reader=False,
            card=False,
            paper_in_tray=False,
            coins_in_dish=False,
            fault=int(Code.READER_UNAVAILABLE),
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_reader())
            group.create_task(self._watch_what_lies())
            if self._jack is not None:
                group.create_task(self._watch_jack(self._jack))
            group.create_task(self._watch_printer())

    async def after(self, serial: int, wait_seconds: float) -> Devices:
        """Give the devices, waiting a while for news after a serial."""
        try:
            async with asyncio.timeout(wait_seconds):
                while self.devices.serial <= serial:
                    await self._changed.wait()
        except TimeoutError:
            pass  # no news is an answer too
        return self.devices

    def hold(self, code: Code | None, holder: str = "host") -> None:
        """Keep the kiosk out of service for a holder's reason; None: its reason is gone."""
        self._fault(holder, code)
        self._tell()

    def touch(self) -> None:
        """Wake whoever waits for news: something else that a screen shows has changed."""
        self.devices = replace(self.devices, serial=self.devices.serial + 1)
        self._wake()

    async def _watch_reader(self) -> None:
        async with aclosing(self._reader.presence()) as presences:
            async for presence in presences:
                self._presence = presence
                self._fault("reader", None if presence.reader else Code.READER_UNAVAILABLE)
                self.conditions = replace(
                    self.conditions, reader=Condition.GOOD if presence.reader else Condition.FAULT
                )
                self._tell()

    async def _watch_what_lies(self) -> None:
        """Watch the paper exit and the coin device's dish, where something of a resident's may be left."""
        while True:
            try:
                self._paper_in_tray = await self._exit.occupied()
                self._fault("exit", None)
            except Refused as refused:
                self._fault("exit", refused.code)
            await self._ask_cash()
            self._tell()
            await self._clock.sleep(_POLL_SECONDS)

    async def _watch_jack(self, jack: Jack) -> None:
        while True:
            self._headphones = await jack.plugged()
            self._tell()
            await self._clock.sleep(_JACK_SECONDS)

    async def _watch_printer(self) -> None:
        while True:
            await self._ask_printer()
            self._tell()
            await self._clock.sleep(_SLOW_POLL_SECONDS)

    async def _ask_printer(self) -> None:
        code: Code | None = None
        try:
            check_faultless(await self._printer.status())
        except Refused as refused:
            code = refused.code
        self._fault("printer", code)
        silent = Condition.ABSENT if code is Code.PRINTER_OFFLINE else Condition.GOOD
        self.conditions = replace(
            self.conditions,
            printer=Condition.GOOD if code is None or code in _OF_PAPER else Condition.FAULT,
            paper=Condition.FAULT if code in _OF_PAPER else silent,
        )

    async def _ask_cash(self) -> None:
        try:
            state = await self._cash.state()
        except Refused as refused:
            self._fault("cash", refused.code)
            self.conditions = replace(self.conditions, coins=Condition.FAULT)
            return
        self._coins_in_dish = state.dish
        jammed = CashFault.JAM in state.faults
        self._fault("cash", Code.CASH_UNAVAILABLE if jammed else None)
        warned = Condition.WARNING if state.faults else Condition.GOOD
        self.conditions = replace(self.conditions, coins=Condition.FAULT if jammed else warned)

    def _fault(self, device: str, code: Code | None) -> None:
        if code is None:
            self._faults.pop(device, None)
        else:
            if self._faults.get(device) is not code:
                self._measures.count(Metric.FAULTS, code=code)
            self._faults[device] = code

    def _tell(self) -> None:
        """Give a new serial where something changed, and wake whoever waits."""
        faults = tuple(self._faults.values())
        # An open cabinet is said before whatever else its opening brings along.
        fault = int(Code.CABINET_OPEN if Code.CABINET_OPEN in faults else next(iter(faults), 0))
        seen = replace(
            self.devices,
            reader=self._presence.reader,
            card=self._presence.card,
            paper_in_tray=self._paper_in_tray,
            coins_in_dish=self._coins_in_dish,
            fault=fault,
            headphones=self._headphones,
        )
        if seen != self.devices:
            self.devices = replace(seen, serial=self.devices.serial + 1)
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
