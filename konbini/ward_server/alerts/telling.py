"""Tells: reads the audit log on, and tells each receiver what it is owed, each beside the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.rows import NotStored
from konbini.process.tasks import until_one_fails
from konbini.ward_server.alerts.outbox import Outbox
from konbini.ward_server.alerts.receivers import NotTold, Receiver

__all__ = ["Telling"]

_LOOK_SECONDS = 1.0

_log = logger("konbini.ward_server.alerts")


class Telling:
    """The standing task. One receiver that does not answer keeps no other waiting."""

    def __init__(self, outbox: Outbox, receivers: Sequence[Receiver], clock: Clock) -> None:
        self._outbox = outbox
        self._receivers = tuple(receivers)
        self._clock = clock

    async def run(self) -> None:
        """Tell until cancelled."""
        await self._outbox.begin()
        await until_one_fails(
            self._again(self._look), *(self._again(partial(self._tell, one)) for one in self._receivers)
        )

    async def _again(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it each second; a store that takes nothing just now takes it at the next turn."""
        while True:
            try:
                await act()
            except NotStored:
                _log.warning("alerts wait for the store")
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        await self._outbox.look()

    async def _tell(self, receiver: Receiver) -> None:
        for owed in await self._outbox.claim(receiver.name, self._clock.now()):
            kind = owed.alert.kind
            try:
                await receiver.tell(owed.alert)
            except NotTold as fault:
                _log.warning("alert not told", kind=kind, attempt=owed.attempts, reason=fault.reason)
                await self._outbox.failed(receiver.name, owed, self._clock.now())
            else:
                _log.info("alert told", kind=kind, attempt=owed.attempts, number=owed.alert.position)
                await self._outbox.told(receiver.name, owed.alert)
