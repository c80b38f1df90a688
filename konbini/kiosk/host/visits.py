"""The processes of visits: one kept warm, one serving, each ended before the next begins.

Between two visits everything of the last is settled and the printer is at rest: it holds no job, its counter stood
still, nothing lies in its exit, where the next resident would take it, and the money counted is the money of the
orders. Until then the next visit's process shows that the kiosk is out of service, and why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from konbini.kiosk.browser.keeper import Browser
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.ports import VisitProcess, VisitStarter
from konbini.kiosk.host.service import HostRooms, handlers
from konbini.kiosk.host.settling import settle_order
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.ports import Printer
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures
from konbini.process.rows import NotStored
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LeftThings

__all__ = ["Visits"]

_RETRY_SECONDS = 2.0
_PREPARING_SECONDS = 5.0
"""After which a kiosk that is not ready to serve shows that it is out of service."""

_log = logger("konbini.kiosk.host.visits")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """One process of a visit, and the event that is its turn."""

    process: VisitProcess
    turn: asyncio.Event


class Visits:
    """Runs visit after visit."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        starter: VisitStarter,
        rooms: HostRooms,
        journal: Journal,
        owing: Owing,
        printer: Printer,
        paper_exit: PaperExit,
        cash: Cash,
        browser: Browser,
        clock: Clock,
        measures: Measures,
    ) -> None:
        self._starter = starter
        self._rooms = rooms
        self._journal = journal
        self._owing = owing
        self._printer = printer
        self._exit = paper_exit
        self._held: Code | None = None
        self._cash = cash
        self._browser = browser
        self._clock = clock
        self._measures = measures
        self._died = True
        """The last visit's process did not wipe: what lies there may be left. Of one before this start nobody knows."""

    async def run(self) -> None:
        """Serve until cancelled; the processes end with it."""
        alive: list[_Child] = []
        try:
            warm = await self._start(alive)
            await self._browser.renew()
            while True:
                serving = warm
                preparing = asyncio.create_task(self._prepare())
                try:
                    await asyncio.wait((preparing,), timeout=_PREPARING_SECONDS)
                    if preparing.done():
                        preparing.result()  # a defect is not left until the next person has come and gone
                    else:
                        self._hold(self._held or Code.PRINTER_BUSY)
                    serving.turn.set()
                    warm = await self._start(alive)
                    status = await serving.process.wait()
                    self._died = status != 0
                    self._measures.count(Metric.VISITS_ENDED, ending="died" if self._died else "wiped")
                    await preparing
                finally:
                    preparing.cancel()
                    await asyncio.wait((preparing,))
                await self._browser.renew()
                _log.info("visit ended", code=status, pid=serving.process.pid)
                await serving.process.end()
                alive.remove(serving)
                if status:
                    await self._clock.sleep(_RETRY_SECONDS)
        finally:
            await self._browser.end()
            for child in alive:
                await child.process.end()

    async def _start(self, alive: list[_Child]) -> _Child:
        """Start a process that warms up and waits for its turn."""
        turn = asyncio.Event()
        child = _Child(process=await self._starter.start(handlers(self._rooms, turn)), turn=turn)
        alive.append(child)
        return child

    async def _settle(self) -> None:
        """Conclude what dead visits left, and close every visit that the ward opened; repeated until it is done."""
        while True:
            try:
                for order in await self._journal.unsettled():
                    concluded = await settle_order(order, self._printer, self._cash)
                    await self._journal.conclude(concluded, self._owing.sign)
                    self._measures.count(Metric.OUTCOMES, outcome=concluded.outcome)
                    self._rooms.reckoning.note(taken=concluded.taken, returned=concluded.returned, owed=concluded.owed)
                    _log.warning("settled", order=order.step.visit_id, outcome=concluded.outcome)
                abandoned = await self._journal.open_visits()
                if self._died:
                    await self._rooms.left.abandoned(abandoned)
                for visit_id in abandoned:
                    await self._journal.close(visit_id, self._owing.sign)
            except (Refused, NotStored) as fault:
                code, detail = _told(fault)
                _log.warning("settling waits", code=code, detail=detail)
                self._hold(code)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                self._owing.wake()
                return

    async def _prepare(self) -> None:
        """Settle, and wait until the printer is at rest and its exit clear; then the kiosk may serve.

        What comes out meanwhile belongs to no order: a printer may print what it called cancelled. The shop is told of
        it as of any paper that was left, for nobody is served until it is gone.
        """
        self._rooms.floor.unsettle()
        await self._settle()
        counter: int | None = None
        while True:
            try:
                await self._reckon()
                counter = self._expect(counter, (await self._printer.status()).impressions)
                counter = self._expect(counter, (await self._printer.ready()).impressions)
                occupied = await self._exit.occupied()
                if occupied:
                    await self._rooms.left.found(LeftThings.PAPER)
                self._hold(Code.PAPER_IN_EXIT if occupied else None)
            except (Refused, NotStored) as fault:
                code, detail = _told(fault)
                _log.warning("not ready to serve", code=code, detail=detail)
                self._hold(code)
            if self._held is None:
                self._rooms.floor.settled()
                return
            await self._clock.sleep(_RETRY_SECONDS)

    async def _reckon(self) -> None:
        """Hold the payment device's own count against the orders; a difference stays until a person has looked.

        Raises:
            Refused: `CASH_COUNT_DIFFERS`; `CASH_UNAVAILABLE`.
        """
        if not self._rooms.reckoning.agrees((await self._cash.state()).counts):
            raise Refused(Code.CASH_COUNT_DIFFERS)

    def _expect(self, counter: int | None, now: int) -> int:
        """Say so where the printer's counter moved between two visits."""
        if counter not in (None, now):
            _log.error("pages that no order knows", counter=now)
        return now

    def _hold(self, code: Code | None) -> None:
        self._held = code
        self._rooms.devices.hold(code)


def _told(fault: Refused | NotStored) -> tuple[Code, str]:
    """Give the code and the detail of what keeps the kiosk from serving; of a journal that takes no row, `INTERNAL`."""
    return (fault.code, fault.detail) if isinstance(fault, Refused) else (Code.INTERNAL, str(fault))
