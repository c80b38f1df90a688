"""The processes of visits: one kept warm, one serving, each ended before the next begins.

Between two visits everything of the last is settled and the printer is at rest: it holds no job, its counter stood
still, nothing lies in its exit, where the next resident would take it, and the money counted is the money of the
orders. Until then the next visit's process shows that the kiosk is out of service, and why.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from konbini.kiosk.browser.keeper import Browser
from konbini.kiosk.host.journal import Journal
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.host.service import HostRooms, handlers
from konbini.kiosk.host.settling import settle_order
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.ports import Printer
from konbini.process.calls import CallServer
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused

__all__ = ["Visits"]

_RETRY_SECONDS = 2.0
_ENDING_SECONDS = 5.0
_PREPARING_SECONDS = 5.0
"""After which a kiosk that is not ready to serve shows that it is out of service."""

_log = logger("konbini.kiosk.host.visits")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """One process of a visit, and the event that is its turn."""

    process: asyncio.subprocess.Process
    server: CallServer
    turn: asyncio.Event

    async def end(self) -> None:
        """End the process, by its own handle, and its channel."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(_ENDING_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self.server.close(grace=0.0)


class Visits:
    """Runs visit after visit."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        config: Path,
        listener: socket.socket,
        rooms: HostRooms,
        journal: Journal,
        owing: Owing,
        printer: Printer,
        paper_exit: PaperExit,
        cash: Cash,
        browser: Browser,
        clock: Clock,
        program: str,
    ) -> None:
        self._config = config
        self._listener = listener
        self._rooms = rooms
        self._journal = journal
        self._owing = owing
        self._printer = printer
        self._exit = paper_exit
        self._held: Code | None = None
        self._cash = cash
        self._browser = browser
        self._clock = clock
        self._program = program
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
                    if not preparing.done():
                        self._hold(self._held or Code.PRINTER_BUSY)
                    serving.turn.set()
                    warm = await self._start(alive)
                    status = await serving.process.wait()
                    self._died = status != 0
                    await preparing
                finally:
                    preparing.cancel()
                    await asyncio.wait((preparing,))
                await self._browser.renew()
                _log.info("visit ended", code=status, pid=serving.process.pid)
                await serving.end()
                alive.remove(serving)
                if status:
                    await self._clock.sleep(_RETRY_SECONDS)
        finally:
            await self._browser.end()
            for child in alive:
                await child.end()

    async def _start(self, alive: list[_Child]) -> _Child:
        """Start a process that warms up and waits for its turn."""
        ours, theirs = socket.socketpair()
        turn = asyncio.Event()
        server = await CallServer.attend(ours, handlers(self._rooms, turn), peers=frozenset({os.getuid()}))
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self._program, str(self._config)),
                *(str(self._listener.fileno()), str(theirs.fileno())),
                pass_fds=(self._listener.fileno(), theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
            )
        child = _Child(process=process, server=server, turn=turn)
        alive.append(child)
        return child

    async def _settle(self) -> None:
        """Conclude what dead visits left, and close every visit that the ward opened; repeated until it is done."""
        while True:
            try:
                for order in await self._journal.unsettled():
                    concluded = await settle_order(order, self._printer, self._cash)
                    await self._journal.conclude(concluded, self._owing.sign)
                    self._rooms.reckoning.note(taken=concluded.taken, returned=concluded.returned, owed=concluded.owed)
                    _log.warning("settled", order=order.step.visit_id, outcome=concluded.outcome)
                abandoned = await self._journal.open_visits()
                if self._died:
                    await self._rooms.left.abandoned(abandoned)
                for visit_id in abandoned:
                    await self._journal.close(visit_id, self._owing.sign)
            except Refused as refused:
                _log.warning("settling waits", code=refused.code, detail=refused.detail)
                self._hold(refused.code)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                self._owing.wake()
                return

    async def _prepare(self) -> None:
        """Settle, and wait until the printer is at rest and its exit clear; then the kiosk may serve.

        What comes out meanwhile belongs to no order: a printer may print what it called cancelled.
        """
        self._rooms.floor.unsettle()
        await self._settle()
        counter: int | None = None
        while True:
            try:
                await self._reckon()
                counter = self._expect(counter, (await self._printer.status()).impressions)
                counter = self._expect(counter, (await self._printer.ready()).impressions)
                self._hold(Code.PAPER_IN_EXIT if await self._exit.occupied() else None)
            except Refused as refused:
                _log.warning("not ready to serve", code=refused.code, detail=refused.detail)
                self._hold(refused.code)
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
