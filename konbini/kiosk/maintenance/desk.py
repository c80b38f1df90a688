"""What a maintainer may do, and the cabinet that is watched meanwhile. Attempts and acts are written down first.

Invariants: nothing is done for whoever is not signed in; a forced cabinet stays so across restarts, and so does a
service that a maintainer stopped; attempts are judged one at a time.
"""

from __future__ import annotations

import asyncio

from konbini.kiosk.maintenance.cabinet import Cabinet, after, code_of, confirmed
from konbini.kiosk.maintenance.cabinet_switch import CabinetSwitch, Door
from konbini.kiosk.maintenance.events import Entry, ServiceEvent, ServiceLog
from konbini.kiosk.maintenance.passwords import Maintainers
from konbini.kiosk.maintenance.ports import Machine, Standing
from konbini.kiosk.maintenance.sessions import Session, Sessions
from konbini.kiosk.maintenance.throttle import Throttle
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused

__all__ = ["MaintenanceDesk"]

_LOOK_SECONDS = 0.5
_SHOWN = 40

_log = logger("konbini.kiosk.maintenance")


class MaintenanceDesk:
    """The desk of one kiosk. Without maintainers nobody signs in; without a switch the cabinet is taken as shut."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        maintainers: Maintainers | None,
        sessions: Sessions,
        log: ServiceLog,
        machine: Machine,
        switch: CabinetSwitch | None,
        clock: Clock,
    ) -> None:
        self._maintainers = maintainers
        self._sessions = sessions
        self._log = log
        self._machine = machine
        self._switch = switch
        self._clock = clock
        self._throttle = Throttle()
        self._said_throttled = False
        self._turn = asyncio.Lock()
        self._cabinet = Cabinet.SHUT
        self._open = False
        self._paused = False

    async def resume(self) -> None:
        """Go on where the journal says that the last process stopped."""
        now = self._clock.monotonic()
        self._throttle = Throttle.resumed(await self._log.failures(), now)
        cabinet = await self._log.last_of(ServiceEvent.CABINET_FORCED, ServiceEvent.CABINET_CONFIRMED)
        if cabinet is ServiceEvent.CABINET_FORCED:
            self._cabinet = Cabinet.FORCED
        paused = await self._log.last_of(ServiceEvent.PAUSED, ServiceEvent.RESUMED)
        self._paused = paused is ServiceEvent.PAUSED
        self._apply()

    async def sign_in(self, name: str, password: str) -> Session:
        """Let a maintainer in.

        Raises:
            Refused: `SIGN_IN_REFUSED`, `SIGN_IN_THROTTLED`.
        """
        async with self._turn:
            if self._maintainers is None:
                raise Refused(Code.SIGN_IN_REFUSED, "nobody may sign in here")
            known = name if self._maintainers.knows(name) else ""
            if self._throttle.wait(self._clock.monotonic()) > 0:
                await self._throttled(known)
            right = await asyncio.to_thread(self._maintainers.verify, name, password)
            now = self._clock.monotonic()
            if not right:
                self._throttle = self._throttle.failed(now)
                self._said_throttled = False
                await self._record(ServiceEvent.SIGN_IN_REFUSED, known)
                raise Refused(Code.SIGN_IN_REFUSED)
            self._throttle = Throttle()
            await self._record(ServiceEvent.SIGNED_IN, name)
            session = self._sessions.begin(name, self._clock.monotonic())
            self._apply()
            return session

    def session(self, token: str) -> Session:
        """Give the session of a token.

        Raises:
            Refused: `SESSION_OVER`.
        """
        return self._sessions.of(token, self._clock.monotonic())

    async def sign_out(self, session: Session) -> None:
        """End a session."""
        await self._record(ServiceEvent.SIGNED_OUT, session.name)
        self._sessions.end()

    async def standing(self) -> Standing:
        """Give how the kiosk is."""
        return await self._machine.standing(cabinet=self._cabinet, paused=self._paused)

    async def entries(self) -> tuple[Entry, ...]:
        """Give the newest entries."""
        return tuple(await self._log.newest(_SHOWN))

    async def pause(self, session: Session, *, paused: bool) -> None:
        """Stop the service politely, or let it go on."""
        if paused != self._paused:
            await self._record(ServiceEvent.PAUSED if paused else ServiceEvent.RESUMED, session.name)
            self._paused = paused
            self._apply()

    async def print_test(self, session: Session) -> bool:
        """Print the test page; whether it came out.

        Raises:
            Refused: `VISIT_UNDER_WAY`, or why the printer cannot print.
        """
        await self._record(ServiceEvent.TEST_BEGUN, session.name)
        try:
            printed = await self._machine.print_test()
        except Refused:
            await self._record(ServiceEvent.TEST_FAILED, session.name)
            raise
        await self._record(ServiceEvent.TEST_PRINTED if printed else ServiceEvent.TEST_FAILED, session.name)
        return printed

    async def confirm_cabinet(self, session: Session) -> None:
        """Say that a forced cabinet was looked at, and is shut.

        Raises:
            Refused: `CABINET_OPEN`: it stands open.
        """
        cabinet = confirmed(self._cabinet, is_open=self._open)
        if cabinet is Cabinet.FORCED:
            raise Refused(Code.CABINET_OPEN)
        if cabinet is not self._cabinet:
            await self._record(ServiceEvent.CABINET_CONFIRMED, session.name)
            self._cabinet = cabinet
            self._apply()

    async def run(self) -> None:
        """Watch the cabinet's switch, and lock what is idle, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Look once at the session and at the switch."""
        whose = self._sessions.lock(self._clock.monotonic())
        if whose is not None:
            await self._record(ServiceEvent.SESSION_LOCKED, whose)
        if self._switch is not None:
            door = await self._switch.door()
            if door is Door.OPENED:
                await self._moved(is_open=True)
            await self._moved(is_open=door is Door.OPEN)
        self._apply()

    async def _moved(self, *, is_open: bool) -> None:
        who = self._attended()
        cabinet = after(self._cabinet, is_open=is_open, attended=bool(who))
        self._open = is_open
        if cabinet is self._cabinet:
            return
        # Out of service before it is written down: a full disk must not let a thief work in peace.
        before, self._cabinet = self._cabinet, cabinet
        self._apply()
        event = {Cabinet.SERVICED: ServiceEvent.CABINET_SERVICED, Cabinet.FORCED: ServiceEvent.CABINET_FORCED}.get(
            cabinet, ServiceEvent.CABINET_SHUT
        )
        _log.warning("cabinet", state=cabinet, reason=before)
        await self._log.record(event, who)

    def _attended(self) -> str:
        session = self._sessions.live(self._clock.monotonic())
        return "" if session is None else session.name

    def _apply(self) -> None:
        """Hold or free the kiosk, and sound or still the alarm, as everything here says."""
        paused = Code.UNDER_MAINTENANCE if self._paused else None
        self._machine.hold(code_of(self._cabinet) or paused)
        self._machine.alarm(sounding=self._cabinet is Cabinet.FORCED and not self._attended())

    async def _throttled(self, known: str) -> None:
        if not self._said_throttled:
            self._said_throttled = True
            await self._record(ServiceEvent.SIGN_IN_THROTTLED, known)
        raise Refused(Code.SIGN_IN_THROTTLED)

    async def _record(self, event: ServiceEvent, who: str) -> None:
        _log.info("maintenance", kind=event)
        await self._log.record(event, who)
