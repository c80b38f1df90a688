"""The kiosk, as its maintainers see and move it: a `Machine` over the devices, the journal and the bell."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.floor import Floor
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.kiosk.host.service_log import ServiceRows
from konbini.kiosk.host.wards import Wards
from konbini.kiosk.maintenance import test_page
from konbini.kiosk.maintenance.cabinet import Cabinet
from konbini.kiosk.maintenance.ports import Standing
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.outcome import OutcomeKind
from konbini.kiosk.printing.ports import Judged, Printer
from konbini.kiosk.shop.bell import BellCall
from konbini.kiosk.shop.ringing import Ringing
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LeftThings

__all__ = ["KioskMachine"]

_MAINTENANCE = "maintenance"
_TEST = "test"
_RETRY_SECONDS = 2.0
_ORDERS_SHOWN = 40

_log = logger("konbini.kiosk.host.machine")


class KioskMachine:
    """A `konbini.kiosk.maintenance.ports.Machine`."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        kiosk: str,
        version: str,
        devices: DeviceWatch,
        printer: Printer,
        paper_exit: PaperExit,
        wards: Wards,
        link: CenterLink,
        left: LeftWatch,
        rows: ServiceRows,
        ringing: Ringing,
        floor: Floor,
        clock: Clock,
    ) -> None:
        self._kiosk = kiosk
        self._version = version
        self._devices = devices
        self._printer = printer
        self._exit = paper_exit
        self._wards = wards
        self._link = link
        self._left = left
        self._rows = rows
        self._ringing = ringing
        self._floor = floor
        self._clock = clock
        self._clearing: asyncio.Task[None] | None = None

    async def standing(self, *, cabinet: Cabinet, paused: bool) -> Standing:
        """See `Machine`."""
        conditions, fault = self._devices.conditions, self._devices.devices.fault
        parts = {
            "reader": conditions.reader,
            "printer": conditions.printer,
            "paper": conditions.paper,
            "coins": conditions.coins,
        }
        offer = self._wards.on_offer(to_seconds(self._clock.now()), link_up=self._link.up)
        return Standing(
            kiosk=self._kiosk,
            version=self._version,
            serving=not fault,
            fault=Code(fault) if fault else None,
            parts=tuple((part, condition.name.lower()) for part, condition in parts.items()),
            counts=(*await self._printer_counts(), *await self._rows.counts()),
            wards=tuple((ward.ward, Code(ward.code) if ward.code else None) for ward in offer.wards),
            left=tuple((thing.name or "").lower() for thing in LeftThings if thing & self._left.told),
            orders=await self._rows.orders(_ORDERS_SHOWN),
            cabinet=cabinet,
            paused=paused,
        )

    def hold(self, code: Code | None) -> None:
        """See `Machine`."""
        self._devices.hold(code, _MAINTENANCE)

    def alarm(self, *, sounding: bool) -> None:
        """See `Machine`."""
        self._ringing.set(BellCall.CABINET, calling=sounding)

    async def print_test(self) -> bool:
        """See `Machine`."""
        devices = self._devices.devices
        if devices.card or devices.paper_in_tray or devices.coins_in_dish:
            raise Refused(Code.VISIT_UNDER_WAY, "something lies there")
        self._floor.begin_test()
        self._devices.hold(Code.UNDER_MAINTENANCE, _TEST)
        try:
            before = (await self._printer.ready()).impressions
            return await self._print(before)
        finally:
            self._clearing = asyncio.create_task(self._clear())

    async def close(self) -> None:
        """End the wait for the printer's rest; the next process settles before it serves."""
        if self._clearing is not None:
            self._clearing.cancel()
            await asyncio.wait((self._clearing,))

    async def _print(self, before: int) -> bool:
        printed = False
        async with aclosing(self._printer.print_document(test_page.page(), test_page.PAGES, before)) as progress:
            async for step in progress:
                if isinstance(step, Judged):
                    printed = step.settled.outcome.kind is OutcomeKind.PRINTED
        return printed

    async def _clear(self) -> None:
        """Let visits begin once the printer is at rest and the page was taken: its count is in no order's."""
        while True:
            try:
                await self._printer.ready()
                if not await self._exit.occupied():
                    break
            except Refused as refused:
                _log.info("test not cleared", code=refused.code)
            await self._clock.sleep(_RETRY_SECONDS)
        self._floor.end_test()
        self._devices.hold(None, _TEST)

    async def _printer_counts(self) -> tuple[tuple[str, int], ...]:
        try:
            status = await self._printer.status()
        except Refused:
            return ()
        return ("impressions", status.impressions), ("jobs_held", status.jobs_held)
